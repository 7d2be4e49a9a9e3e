#include "journal/audit_log.h"
#include "place.h"

#include <inttypes.h>

/* The chain of records as an exported file and as rows: whatever is changed,
 * removed, swapped or cut is found, with its place; what is whole is not. */

enum { RECORDS = 120, PLACES = 1000 };

static const char id[] = "00112233445566aa";

/* An exported log: its lines, each with its LF. */
struct log {
    char *lines[RECORDS + 1]; /* owned; the first one is the start */
    size_t count;
    struct audit_record rows[RECORDS + 1]; /* [n]; they own their texts */
    struct audit_head head;
};

static void add_record(struct log *log, int number)
{
    static const char *const kinds[] = {"set", "alarms", "run", "step", "end"};
    struct audit_record *row = &log->rows[number];
    struct buf line = {0};
    char *body = alloc_printf("{\"run\":\"r%d\",\"text\":\"%0*d \\\" } é\"}",
                              number, number % 7, number);

    audit_extend(&log->head, kinds[number % 5], 1700000000000 + number % 50,
                 str_of(body));
    *row = (struct audit_record){
        .n = number,
        .time = 1700000000000 + number % 50,
        .kind = kinds[number % 5],
        .body = str_of(body),
        .hash = alloc_text(log->head.hash),
    };
    audit_put_record(&line, row);
    log->lines[log->count++] = buf_take(&line);
}

static int make_log(void **state)
{
    struct log *log = ALLOC(struct log);
    struct buf line = {0};

    snprintf(log->head.hash, sizeof log->head.hash, "%s", id);
    audit_put_start(&line, id, &log->head);
    log->lines[log->count++] = buf_take(&line);
    for (int i = 1; i <= RECORDS; i++)
        add_record(log, i);
    *state = log;
    return 0;
}

static int free_log(void **state)
{
    struct log *log = *state;

    for (size_t i = 0; i < log->count; i++)
        free(log->lines[i]);
    for (int i = 1; i <= RECORDS; i++) {
        free((char *)log->rows[i].body.data);
        free((char *)log->rows[i].hash);
    }
    free(log);
    return 0;
}

/* What is said of lines; kept: a head or NULL. */
static struct chain look(char *const *lines, size_t count,
                         const struct audit_head *kept)
{
    struct audit_head start;
    struct chain chain = {0};
    char found[AUDIT_ID_MAX];

    if (!audit_take_start((struct str){lines[0], strlen(lines[0]) - 1}, found,
                          &start)) {
        chain.fault = CHAIN_CHANGED; /* said of line 1 */
        return chain;
    }
    chain_begin(&chain, &start, kept);
    for (size_t i = 1; i < count; i++) {
        struct audit_line line;
        size_t len = strlen(lines[i]);

        if (len && lines[i][len - 1] == '\n' &&
            audit_take_record((struct str){lines[i], len - 1}, &line))
            chain_add(&chain, &line.record);
        else
            chain_add_junk(&chain);
    }
    chain_end(&chain);
    return chain;
}

static struct chain look_rows(const struct audit_record *rows, size_t count,
                              const struct audit_head *kept)
{
    struct audit_head start = {0};
    struct chain chain;

    snprintf(start.hash, sizeof start.hash, "%s", id);
    chain_begin(&chain, &start, kept);
    for (size_t i = 0; i < count; i++)
        chain_add(&chain, &rows[i]);
    chain_end(&chain);
    return chain;
}

static void found(struct chain chain, enum chain_fault fault, int64_t n,
                  int64_t other)
{
    if (chain.fault != fault || chain.n != n || (other && chain.other != other))
        fail_msg("fault %d at %" PRId64 ", %" PRId64 "; not %d at %" PRId64
                 ", %" PRId64,
                 (int)chain.fault, chain.n, chain.other, (int)fault, n, other);
}

static void what_is_whole_is_never_an_alarm(void **state)
{
    struct log *log = *state;
    char *saved = log->lines[0];

    for (size_t i = 1; i <= log->count; i++)
        found(look(log->lines, i, NULL), CHAIN_WHOLE, 0, 0);
    /* From any record on, with any head that was kept. */
    for (int from = 1; from <= RECORDS; from++) {
        struct audit_head head = {from, ""};
        char *own = log->lines[from];
        struct buf line = {0};

        snprintf(head.hash, sizeof head.hash, "%s", log->rows[from].hash);
        found(look(log->lines, log->count, &head), CHAIN_WHOLE, 0, 0);
        audit_put_start(&line, id, &head);
        log->lines[from] = line.data;
        found(look(log->lines + from, log->count - (size_t)from, &head),
              CHAIN_WHOLE, 0, 0);
        buf_free(&line);
        log->lines[from] = own;
    }
    assert_ptr_equal(log->lines[0], saved);
}

/* Line 0 has no record's number: it is named as the line. */
static void byte_is_found(struct log *log, size_t line, size_t at, char byte)
{
    char *text = log->lines[line];
    char saved = text[at];

    if (saved == byte)
        return;
    text[at] = byte;
    if (line)
        found(look(log->lines, log->count, NULL), CHAIN_CHANGED, (int64_t)line,
              0);
    else if (at < strlen(text))
        assert_int_equal(look(log->lines, log->count, NULL).fault,
                         CHAIN_CHANGED);
    text[at] = saved;
}

static void every_byte_of_a_record_counts(void **state)
{
    struct log *log = *state;
    const size_t line = RECORDS / 2;

    /* Its LF is the next line's: without one, two lines are one. */
    for (size_t at = 0; log->lines[line][at + 1]; at++)
        for (int byte = 1; byte < 256; byte += at % 3 ? 17 : 1)
            if (byte != '\n')
                byte_is_found(log, line, at, (char)byte);
}

static void a_byte_anywhere_counts(void **state)
{
    struct log *log = *state;

    seed_of("bytes of an audit");
    for (int i = 0; i < PLACES; i++) {
        size_t line = (size_t)random() % log->count;
        size_t at = (size_t)random() % (strlen(log->lines[line]) - 1);
        char byte = (char)(1 + random() % 255);

        if (byte != '\n')
            byte_is_found(log, line, at, byte);
    }
}

static void a_removed_line_is_missing(void **state)
{
    struct log *log = *state;

    for (size_t gone = 1; gone + 1 < log->count; gone++)
        for (size_t more = 0; more < 3 && gone + more + 1 < log->count;
             more++) {
            char *lines[RECORDS + 1];
            size_t count = 0;

            for (size_t i = 0; i < log->count; i++)
                if (i < gone || i > gone + more)
                    lines[count++] = log->lines[i];
            found(look(lines, count, NULL), CHAIN_MISSING, (int64_t)gone,
                  (int64_t)(gone + more));
        }
}

static void swapped_lines_are_both_named(void **state)
{
    struct log *log = *state;

    for (size_t a = 1; a < log->count; a++)
        for (size_t b = a + 1; b < log->count; b += 7) {
            char *saved = log->lines[a];

            log->lines[a] = log->lines[b];
            log->lines[b] = saved;
            found(look(log->lines, log->count, NULL), CHAIN_SWAPPED, (int64_t)a,
                  (int64_t)b);
            log->lines[b] = log->lines[a];
            log->lines[a] = saved;
        }
}

static void a_cut_end_shows_against_a_kept_head(void **state)
{
    struct log *log = *state;

    for (size_t left = 1; left < log->count; left++) {
        found(look(log->lines, left, &log->head), CHAIN_CUT, (int64_t)left,
              RECORDS);
        found(look(log->lines, left, NULL), CHAIN_WHOLE, 0, 0);
    }
}

static void a_log_written_anew_is_not_the_kept_one(void **state)
{
    struct log *log = *state;
    struct audit_head kept = {RECORDS / 2, ""};
    struct audit_record rows[RECORDS + 1];

    memcpy(rows, log->rows, sizeof rows);
    memset(kept.hash, 'a', HASH_HEX - 1);
    found(look_rows(rows + 1, RECORDS, &kept), CHAIN_NOT_KEPT, RECORDS / 2, 0);
    kept.n = 0;
    found(look_rows(rows + 1, RECORDS, &kept), CHAIN_NOT_KEPT, 0, 0);
}

static void a_head_before_the_first_record_says_nothing(void **state)
{
    struct log *log = *state;
    struct audit_head start = {10, ""}, kept = {9, ""};
    struct chain chain;

    snprintf(start.hash, sizeof start.hash, "%s", log->rows[10].hash);
    chain_begin(&chain, &start, &kept);
    chain_add(&chain, &log->rows[11]);
    assert_int_equal(chain_end(&chain), CHAIN_UNREACHED);
}

/* ---- rows: what somebody with SQL can do -------------------------------- */

static void a_changed_column_counts(void **state)
{
    struct log *log = *state;

    for (int n = 1; n <= RECORDS; n++) {
        struct audit_record saved = log->rows[n];
        struct audit_record *row = &log->rows[n];

        row->time++;
        found(look_rows(log->rows + 1, RECORDS, NULL), CHAIN_CHANGED, n, 0);
        *row = saved;
        row->kind = "other";
        found(look_rows(log->rows + 1, RECORDS, NULL), CHAIN_CHANGED, n, 0);
        *row = saved;
        row->body.len--;
        found(look_rows(log->rows + 1, RECORDS, NULL), CHAIN_CHANGED, n, 0);
        *row = saved;
        row->hash = "";
        found(look_rows(log->rows + 1, RECORDS, NULL), CHAIN_CHANGED, n, 0);
        *row = saved;
        row->n += 1000;
        found(look_rows(log->rows + 1, RECORDS, NULL), CHAIN_CHANGED, n, 0);
        *row = saved;
    }
}

/* The later ones numbered anew, so that there is no gap. */
static void a_removed_row_is_missing(void **state)
{
    struct log *log = *state;

    for (int gone = 1; gone < RECORDS - 1; gone++)
        for (int more = 0; more < 3 && gone + more < RECORDS - 1; more++) {
            struct audit_record rows[RECORDS];
            size_t count = 0;

            for (int n = 1; n <= RECORDS; n++) {
                if (n >= gone && n <= gone + more)
                    continue;
                rows[count] = log->rows[n];
                count++;
                rows[count - 1].n = (int64_t)count;
            }
            found(look_rows(rows, count, NULL), CHAIN_MISSING, gone,
                  gone + more);
        }
}

static void swap_rows(struct log *log, int a, int b, bool hashes)
{
    struct audit_record *left = &log->rows[a], *right = &log->rows[b];
    struct audit_record saved = *left;

    *left = *right;
    *right = saved;
    left->n = a;
    right->n = b;
    if (!hashes) {
        right->hash = left->hash;
        left->hash = saved.hash;
    }
}

static void swapped_rows_are_both_named(void **state)
{
    struct log *log = *state;

    for (int a = 1; a <= RECORDS; a++)
        for (int b = a + 1; b <= RECORDS; b += 7)
            for (int hashes = 0; hashes < 2; hashes++) {
                swap_rows(log, a, b, hashes);
                found(look_rows(log->rows + 1, RECORDS, NULL), CHAIN_SWAPPED, a,
                      b);
                swap_rows(log, a, b, hashes);
            }
    found(look_rows(log->rows + 1, RECORDS, NULL), CHAIN_WHOLE, 0, 0);
}

/* ---- lines -------------------------------------------------------------- */

static void there_is_one_way_to_write_a_line(void **state)
{
    static const char *const wrong[] = {
        "",
        "{}",
        "{\"n\":1}",
        "{\"n\":99999999999999999999,\"time\":\"2023-11-14T22:13:20.001Z\","
        "\"kind\":\"run\",\"hash\":\"00\",\"body\":{}}",
        "{\"n\":01,\"time\":\"2023-11-14T22:13:20.001Z\","
        "\"kind\":\"run\",\"hash\":\"00\",\"body\":{}}",
        "{\"n\":1,\"time\":\"2023-11-14 22:13:20.001Z\","
        "\"kind\":\"run\",\"hash\":\"00\",\"body\":{}}",
        "{\"n\":1,\"time\":\"2023-11-14T22:13:20.001Z\","
        "\"kind\":\"run\",\"hash\":\"00\",\"body\":}",
        "{\"n\":1,\"time\":\"2023-11-14T22:13:20.001Z\","
        "\"kind\":\"0123456789012345678901234567890123456789\","
        "\"hash\":\"00\",\"body\":{}}",
    };
    struct audit_line line;

    (void)state;
    for (size_t i = 0; i + 2 < sizeof wrong / sizeof *wrong; i++)
        assert_false(audit_take_record(str_of(wrong[i]), &line));
    assert_true(audit_take_record(
        str_of("{\"n\":1,\"time\":\"2023-11-14T22:13:20.001Z\","
               "\"kind\":\"run\",\"hash\":\"00\",\"body\":{}}"),
        &line));
    assert_int_equal(line.record.time, 1700000000001);
    assert_true(str_is(line.record.body, "{}"));
}

#define LOG_TEST(f) cmocka_unit_test_setup_teardown(f, make_log, free_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(what_is_whole_is_never_an_alarm),
        LOG_TEST(every_byte_of_a_record_counts),
        LOG_TEST(a_byte_anywhere_counts),
        LOG_TEST(a_removed_line_is_missing),
        LOG_TEST(swapped_lines_are_both_named),
        LOG_TEST(a_cut_end_shows_against_a_kept_head),
        LOG_TEST(a_log_written_anew_is_not_the_kept_one),
        LOG_TEST(a_head_before_the_first_record_says_nothing),
        LOG_TEST(a_changed_column_counts),
        LOG_TEST(a_removed_row_is_missing),
        LOG_TEST(swapped_rows_are_both_named),
        cmocka_unit_test(there_is_one_way_to_write_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
