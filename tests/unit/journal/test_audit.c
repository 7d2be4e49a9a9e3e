#include "base/buf.h"
#include "place.h"

#include <inttypes.h>

/* Every write leaves a record, and each record's hash covers the one before:
 * computed here as audit.h says it, from what SQLite itself reads. */

static int make_place(void **state)
{
    struct place *place = ALLOC(struct place);

    place_make(place);
    place_open(place);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;

    place_remove(place);
    free(place);
    return 0;
}

static void add_part(struct buf *buf, const char *text)
{
    size_t len = strlen(text);

    for (int shift = 56; shift >= 0; shift -= 8)
        buf_add_byte(buf, (char)((uint64_t)len >> shift & 0xff));
    buf_add_text(buf, text);
}

/* The records as lines "kind body", their hashes checked. */
static void read_audit(const struct place *place, struct buf *lines)
{
    char head[HASH_HEX] = "";
    sqlite3 *db;
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT id FROM journal", -1, &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    snprintf(head, sizeof head, "%s",
             (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT n, time, kind, body, hash"
                                        " FROM audit ORDER BY n",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    for (int n = 1; sqlite3_step(statement) == SQLITE_ROW; n++) {
        struct buf all = {0};

        assert_int_equal(sqlite3_column_int(statement, 0), n);
        add_part(&all, head);
        for (int i = 0; i < 4; i++)
            add_part(&all, (const char *)sqlite3_column_text(statement, i));
        hash_hex(buf_str(&all), head);
        buf_free(&all);
        assert_string_equal(sqlite3_column_text(statement, 4), head);
        buf_printf(lines, "%s %s\n", sqlite3_column_text(statement, 2),
                   sqlite3_column_text(statement, 3));
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void write_everything(struct place *place)
{
    struct journal *journal = place->journal;
    static struct journal_alarm alarms[] = {
        {.row = {.id = "a1", .source = "s", .raw = {"{}", 2}, .count = 1}},
        {.row = {.id = "a1", .source = "s", .raw = {"{}", 2}, .count = 1}},
        {.row = {.id = "a1", .source = "s", .raw = {"[]", 2}, .count = 1}},
    };
    struct journal_run run = {.run = 1, .policy = "p", .set = "set"};
    struct journal_step step = {.run = 1,
                                .step = 1,
                                .kind = "action",
                                .status = "Pending",
                                .request = str_of("{\"kind\":\"action\"}"),
                                .argv = str_of("[\"x\"]"),
                                .time = 5};

    journal_write_set(journal, "set", NULL, 0, NULL, NULL);
    journal_write_alarms(journal, alarms, 3, NULL, NULL);
    journal_write_match(
        journal,
        &(struct journal_match){.alarm = "a1", .runs = &run, .nruns = 1}, NULL,
        NULL);
    journal_write_step(journal, &step, NULL, NULL);
    journal_write_answer(journal, 1, 1, str_of("{\"status\":\"Executed\"}"),
                         "Executed", 6, NULL, NULL);
    journal_write_end(journal, 1, "failed", "why", 7, NULL, NULL);
    journal_write_note(journal, "reload", str_of("{\"set\":\"other\"}"), 8,
                       NULL, NULL);
}

static const char everything[] =
    "set {\"set\":\"set\",\"files\":0}\n"
    "alarms {\"new\":1,\"duplicates\":1,\"reused\":1,\"sha256\":"
    "\"ea8302f6c243523c874d9d81d07ca1db2f3660cf16a7399d71ed7d6b00cbd85a\"}\n"
    "run {\"run\":\"r1\",\"alarm\":\"a1\",\"policy\":\"p\",\"set\":\"set\"}\n"
    "step {\"step\":\"r1.1\",\"kind\":\"action\",\"status\":\"Pending\","
    "\"request\":{\"kind\":\"action\"},\"argv\":[\"x\"]}\n"
    "answer {\"step\":\"r1.1\",\"status\":\"Executed\","
    "\"answer\":{\"status\":\"Executed\"}}\n"
    "end {\"run\":\"r1\",\"outcome\":\"failed\",\"error\":\"why\"}\n"
    "reload {\"set\":\"other\"}\n";

static void every_write_is_recorded(void **state)
{
    struct place *place = *state;
    struct buf lines = {0};

    write_everything(place);
    place_shut(place);
    read_audit(place, &lines);
    assert_string_equal(lines.data, everything);
    buf_free(&lines);
}

static void the_chain_goes_on_in_the_next_process(void **state)
{
    struct place *place = *state;
    struct buf lines = {0};

    for (int i = 0; i < 3; i++) {
        journal_write_note(place->journal, "note", str_of("{}"), i, NULL, NULL);
        if (i < 2)
            place_reopen(place);
    }
    place_shut(place);
    read_audit(place, &lines);
    assert_string_equal(lines.data, "note {}\nnote {}\nnote {}\n");
    buf_free(&lines);
}

static void what_is_long_is_recorded_by_its_hash(void **state)
{
    struct place *place = *state;
    struct buf lines = {0}, answer = {0};
    struct journal_run run = {.run = 1, .set = "set"};
    struct journal_step step = {
        .run = 1, .kind = "now", .status = "Executed", .request = str_of("{}")};

    journal_write_set(place->journal, "set", NULL, 0, NULL, NULL);
    journal_write_match(place->journal,
                        &(struct journal_match){.runs = &run, .nruns = 1}, NULL,
                        NULL);
    for (int i = 0; i < 2; i++) {
        buf_free(&answer);
        buf_add_byte(&answer, '"');
        for (int k = 0; k < 16382 + i; k++)
            buf_add_byte(&answer, 'x');
        buf_add_byte(&answer, '"');
        step.step++;
        step.answer = buf_str(&answer);
        journal_write_step(place->journal, &step, NULL, NULL);
    }
    place_shut(place);
    read_audit(place, &lines);
    assert_non_null(strstr(lines.data, "xxx\"}\n"));
    assert_non_null(strstr(lines.data, "\"bytes\":16385}}\n"));
    buf_free(&lines);
    buf_free(&answer);
}

struct seen {
    struct place *place;
    uint64_t commits[3];
    int count;
};

static void seen_commit(void *arg)
{
    struct seen *seen = arg;

    seen->commits[seen->count++] = journal_commits(seen->place->journal);
}

/* A group ends at 512 records; what is held together does not end there. */
static void what_is_held_is_one_transaction(void **state)
{
    struct place *place = *state;
    struct seen seen = {.place = place};

    journal_hold(place->journal);
    for (int i = 0; i < 3 * JOURNAL_GROUP; i++)
        journal_write_note(place->journal, "note", str_of("{}"), i,
                           i % JOURNAL_GROUP ? NULL : seen_commit, &seen);
    assert_int_equal(journal_commits(place->journal), 0);
    journal_release(place->journal);
    place_settle(place);
    assert_int_equal(seen.count, 3);
    assert_int_equal(journal_commits(place->journal), 1);
    journal_hold(place->journal);
    journal_release(place->journal);
    place_shut(place);
}

#define PLACE_TEST(f)                                                          \
    cmocka_unit_test_setup_teardown(f, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(every_write_is_recorded),
        PLACE_TEST(the_chain_goes_on_in_the_next_process),
        PLACE_TEST(what_is_long_is_recorded_by_its_hash),
        PLACE_TEST(what_is_held_is_one_transaction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
