#include "base/buf.h"
#include "place.h"

/* What is written is what is read back after the next opening. */

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

    place_shut(place);
    assert_int_equal(place->fatals, 0);
    place_check_integrity(place);
    place_remove(place);
    free(place);
    return 0;
}

/* ---- what is there, as text ------------------------------------------- */

static void add_bytes(struct buf *buf, struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.data[i] > ' ' && bytes.data[i] <= '~')
            buf_add_byte(buf, bytes.data[i]);
        else
            buf_printf(buf, "\\x%02x", (unsigned char)bytes.data[i]);
}

static int show_alarm(void *arg, const struct journal_alarm_row *row)
{
    struct buf *buf = arg;

    buf_printf(buf, "%s %s ", row->id, row->source);
    add_bytes(buf, row->raw);
    buf_printf(buf, " %lld %lld %lld\n", (long long)row->time,
               (long long)row->received, (long long)row->count);
    return 0;
}

static int show_run(void *arg, const struct journal_run_row *row)
{
    struct buf *buf = arg;

    buf_printf(buf, "r%lld %s %s: ", (long long)row->run,
               row->policy ? row->policy : "(manual)", row->set);
    if (row->alarm)
        return show_alarm(arg, row->alarm);
    buf_add_text(buf, "no alarm\n");
    return 0;
}

static int show_step(void *arg, const struct journal_step_row *row)
{
    struct buf *buf = arg;

    buf_printf(buf, "r%lld.%u %s %llx ", (long long)row->run, row->step,
               row->kind, (unsigned long long)row->incarnation);
    add_bytes(buf, row->request);
    buf_add_text(buf, " -> ");
    add_bytes(buf, row->answer);
    buf_add_byte(buf, '\n');
    return 0;
}

static int show_threshold(void *arg, const struct journal_threshold_row *row)
{
    struct buf *buf = arg;

    buf_printf(buf, "%s ", row->counter);
    add_bytes(buf, row->key);
    buf_add_byte(buf, '=');
    add_bytes(buf, row->state);
    buf_add_byte(buf, '\n');
    return 0;
}

static int show_file(void *arg, const char *path, struct str body)
{
    struct buf *buf = arg;

    buf_printf(buf, "%s:", path);
    add_bytes(buf, body);
    buf_add_byte(buf, '\n');
    return 0;
}

static void buf_is(struct buf *buf, const char *want)
{
    assert_string_equal(buf->data ? buf->data : "", want);
    buf_free(buf);
}

static void new_alarms_are(struct place *place, const char *want)
{
    struct buf buf = {0};

    assert_int_equal(
        journal_read_new_alarms(place->journal, show_alarm, &buf, NULL), 0);
    buf_is(&buf, want);
}

static void open_runs_are(struct place *place, const char *want)
{
    struct buf buf = {0};

    assert_int_equal(
        journal_read_open_runs(place->journal, show_run, &buf, NULL), 0);
    buf_is(&buf, want);
}

static void steps_are(struct place *place, int64_t run, const char *want)
{
    struct buf buf = {0};

    assert_int_equal(
        journal_read_steps(place->journal, run, show_step, &buf, NULL), 0);
    buf_is(&buf, want);
}

static int show_unknown(void *arg, const struct journal_unknown_row *row)
{
    buf_printf(arg, "r%d.%u %s %s\n", (int)row->run, row->step,
               row->policy ? row->policy : "-", row->alarm ? row->alarm : "-");
    return 0;
}

static void unknown_are(struct place *place, const char *want)
{
    struct buf buf = {0};

    assert_int_equal(
        journal_read_unknown(place->journal, show_unknown, &buf, NULL), 0);
    buf_is(&buf, want);
}

static void thresholds_are(struct place *place, const char *want)
{
    struct buf buf = {0};

    assert_int_equal(
        journal_read_thresholds(place->journal, show_threshold, &buf, NULL), 0);
    buf_is(&buf, want);
}

/* ---- sets -------------------------------------------------------------- */

#define STR(text) ((struct str){text, sizeof(text) - 1})

static void write_small_set(struct place *place, const char *hash)
{
    const struct journal_file files[] = {
        {"policies/b.lua", STR("return {}")},
        {"lists/empty", STR("")},
        {"policies/a.lua", STR("a\0b\xff")},
    };

    journal_write_set(place->journal, hash, files, 3, NULL, NULL);
}

static void a_set_comes_back_by_path(void **state)
{
    struct place *place = *state;
    struct error error;
    struct buf buf = {0};

    write_small_set(place, "s1");
    journal_write_set(place->journal, "nothing", NULL, 0, NULL, NULL);
    place_reopen(place);
    assert_int_equal(
        journal_read_set(place->journal, "s1", show_file, &buf, &error), 0);
    buf_is(&buf, "lists/empty:\n"
                 "policies/a.lua:a\\x00b\\xff\n"
                 "policies/b.lua:return\\x20{}\n");
    assert_int_equal(
        journal_read_set(place->journal, "nothing", show_file, &buf, &error),
        0);
    assert_null(buf.data);
    assert_int_equal(
        journal_read_set(place->journal, "s2", show_file, &buf, &error),
        ERROR_NOT_FOUND);
    assert_non_null(strstr(error.text, "no set s2"));
}

static void a_set_is_stored_once_and_files_are_shared(void **state)
{
    struct place *place = *state;
    const struct journal_file other[] = {{"x", STR("return {}")}};

    write_small_set(place, "s1");
    journal_write_set(place->journal, "s1", other, 1, NULL, NULL);
    journal_write_set(place->journal, "s2", other, 1, NULL, NULL);
    place_shut(place);
    assert_int_equal(place_query(place, "SELECT count(*) FROM sets"), 2);
    assert_int_equal(place_query(place, "SELECT count(*) FROM set_files"), 4);
    assert_int_equal(place_query(place, "SELECT count(*) FROM files"), 3);
    place_open(place);
}

/* ---- alarms ------------------------------------------------------------ */

static void new_alarms_come_back_in_their_order(void **state)
{
    struct place *place = *state;
    struct journal_alarm alarms[] = {
        alarm_with("z", ""),
        alarm_with("a", "{}"),
        alarm_with("m", "line"),
    };

    alarms[0].row.raw = STR("a\0\xff'\"");
    alarms[1].row.raw = STR("");
    alarms[1].row.time = -5;
    alarms[2].row.received = INT64_MAX;
    alarms[2].row.count = 7;
    journal_write_alarms(place->journal, alarms, 3, NULL, NULL);
    place_reopen(place);
    new_alarms_are(place, "z sshd a\\x00\\xff'\" 1000 2000 1\n"
                          "a sshd  -5 2000 1\n"
                          "m sshd line 1000 9223372036854775807 7\n");
}

static void an_alarm_is_recognised_by_id_source_and_bytes(void **state)
{
    struct place *place = *state;
    struct journal_alarm alarms[] = {
        alarm_with("a", "x"), /* new */
        alarm_with("a", "x"), /* the same, in one batch */
        alarm_with("a", "y"), alarm_with("a", "x"),
        alarm_with("a", ""),  alarm_with("b", "x"), /* new: its id is */
    };
    struct journal_alarm again[2];

    alarms[3].row.source = "eve";
    again[0] = alarms[0];
    again[0].row.time = 9; /* times do not make it another */
    again[0].row.received = 9;
    again[1] = alarms[2];
    journal_write_alarms(place->journal, alarms, 6, NULL, NULL);
    place_reopen(place);
    assert_int_equal(alarms[0].verdict, JOURNAL_NEW);
    assert_int_equal(alarms[1].verdict, JOURNAL_DUPLICATE);
    assert_int_equal(alarms[2].verdict, JOURNAL_REUSED);
    assert_int_equal(alarms[3].verdict, JOURNAL_REUSED);
    assert_int_equal(alarms[4].verdict, JOURNAL_REUSED);
    assert_int_equal(alarms[5].verdict, JOURNAL_NEW);
    journal_write_alarms(place->journal, again, 2, NULL, NULL);
    place_reopen(place);
    assert_int_equal(again[0].verdict, JOURNAL_DUPLICATE);
    assert_int_equal(again[1].verdict, JOURNAL_REUSED);
    new_alarms_are(place, "a sshd x 1000 2000 1\nb sshd x 1000 2000 1\n");
}

/* ---- runs -------------------------------------------------------------- */

static void write_alarm(struct place *place, struct journal_alarm *alarm)
{
    journal_write_alarms(place->journal, alarm, 1, NULL, NULL);
}

static void a_match_takes_the_alarm_and_begins_its_runs(void **state)
{
    struct place *place = *state;
    struct journal_alarm a = alarm_with("a", "x"), b = alarm_with("b", "y"),
                         c = alarm_with("c", "z");
    const struct journal_run runs[] = {
        {.run = 1, .policy = "block", .set = "s1"},
        {.run = 2, .policy = "tell", .set = "s1"}};
    const struct journal_run manual[] = {{.run = 3, .set = "s1"}};
    const struct journal_match both = {
        .alarm = "a", .time = 5, .runs = runs, .nruns = 2};
    const struct journal_match none = {.alarm = "b", .time = 6};
    const struct journal_match alone = {.time = 7, .runs = manual, .nruns = 1};

    write_small_set(place, "s1");
    write_alarm(place, &a);
    write_alarm(place, &b);
    write_alarm(place, &c);
    journal_write_match(place->journal, &both, NULL, NULL);
    journal_write_match(place->journal, &none, NULL, NULL);
    journal_write_match(place->journal, &alone, NULL, NULL);
    place_reopen(place);
    new_alarms_are(place, "c sshd z 1000 2000 1\n");
    open_runs_are(place, "r1 block s1: a sshd x 1000 2000 1\n"
                         "r2 tell s1: a sshd x 1000 2000 1\n"
                         "r3 (manual) s1: no alarm\n");
    assert_int_equal(journal_read_next_run(place->journal), 4);
    /* What was matched is still a duplicate. */
    write_alarm(place, &a);
    place_reopen(place);
    assert_int_equal(a.verdict, JOURNAL_DUPLICATE);
    new_alarms_are(place, "c sshd z 1000 2000 1\n");
}

static void begin_run(struct place *place, int64_t number)
{
    const struct journal_run run = {.run = number, .policy = "p", .set = "s1"};
    const struct journal_match match = {.runs = &run, .nruns = 1};

    journal_write_match(place->journal, &match, NULL, NULL);
}

static void an_ended_run_is_no_longer_open(void **state)
{
    struct place *place = *state;
    static const char *const outcomes[] = {"done", "failed", "parked",
                                           "aborted"};

    write_small_set(place, "s1");
    for (int i = 0; i < 5; i++)
        begin_run(place, 11 + i);
    for (int i = 0; i < 4; i++)
        journal_write_end(place->journal, 11 + i, outcomes[i],
                          i ? "because" : NULL, 50, NULL, NULL);
    place_reopen(place);
    open_runs_are(place, "r15 p s1: no alarm\n");
    assert_int_equal(journal_read_next_run(place->journal), 16);
    place_shut(place);
    assert_int_equal(place_query(place, "SELECT count(*) FROM runs WHERE "
                                        "error = 'because' AND ended = 50"),
                     3);
    place_open(place);
}

static void steps_come_back_with_and_without_answers(void **state)
{
    struct place *place = *state;
    struct journal_step intent = {
        .run = 1,
        .step = 10,
        .kind = "action",
        .request = STR("{\"action\":1}"),
        .argv = STR("[\"ls\"]"),
        .status = "Pending",
        .incarnation = UINT64_MAX - 1,
        .time = 5,
    };
    struct journal_step second = intent, at_once = intent;

    second.step = 2;
    at_once.step = 3;
    at_once.kind = "now";
    at_once.answer = STR("{\"time\":1}");
    at_once.status = "Executed";
    write_small_set(place, "s1");
    begin_run(place, 1);
    begin_run(place, 2);
    journal_write_step(place->journal, &intent, NULL, NULL);
    journal_write_step(place->journal, &second, NULL, NULL);
    journal_write_step(place->journal, &at_once, NULL, NULL);
    journal_write_answer(place->journal, 1, 2, STR("{\"exit\":0}"), "Executed",
                         9, NULL, NULL);
    place_reopen(place);
    steps_are(place, 1,
              "r1.2 action fffffffffffffffe {\"action\":1} -> {\"exit\":0}\n"
              "r1.3 now fffffffffffffffe {\"action\":1} -> {\"time\":1}\n"
              "r1.10 action fffffffffffffffe {\"action\":1} -> \n");
    steps_are(place, 2, "");
    steps_are(place, 99, "");
    place_shut(place);
    assert_int_equal(place_query(place,
                                 "SELECT count(*) FROM steps WHERE status = "
                                 "'Executed' AND ended - started IN (0, 4)"),
                     2);
    assert_int_equal(
        place_query(place, "SELECT count(*) FROM steps WHERE status = "
                           "'Pending' AND ended IS NULL AND argv = '[\"ls\"]'"),
        1);
    place_open(place);
}

static void what_is_unknown_is_found(void **state)
{
    struct place *place = *state;
    struct journal_step step = {.run = 1,
                                .step = 10,
                                .kind = "action",
                                .request = STR("{}"),
                                .status = "Pending"};

    write_small_set(place, "s1");
    begin_run(place, 1);
    journal_write_step(place->journal, &step, NULL, NULL);
    place_reopen(place);
    unknown_are(place, "");
    journal_write_answer(place->journal, 1, 10, STR("{}"), "Unknown", 9, NULL,
                         NULL);
    place_reopen(place);
    unknown_are(place, "r1.10 p -\n");
}

/* ---- thresholds -------------------------------------------------------- */

static void move_threshold(struct place *place, const char *counter,
                           struct str key, struct str state)
{
    const struct journal_threshold threshold = {counter, key, state};
    const struct journal_match match = {.thresholds = &threshold,
                                        .nthresholds = 1};

    journal_write_match(place->journal, &match, NULL, NULL);
}

static void thresholds_are_set_changed_and_taken_away(void **state)
{
    struct place *place = *state;

    move_threshold(place, "p/2", STR("k"), STR("1"));
    move_threshold(place, "p/1", STR("b\0x"), STR("1"));
    move_threshold(place, "p/1", STR("b"), STR("\0\1"));
    move_threshold(place, "p/1", STR(""), STR("5"));
    move_threshold(place, "p/1", STR("gone"), STR("5"));
    place_reopen(place);
    move_threshold(place, "p/1", STR("b"), STR("2"));
    move_threshold(place, "p/1", STR("gone"), STR(""));
    move_threshold(place, "p/1", STR("never"), STR(""));
    place_reopen(place);
    thresholds_are(place, "p/1 =5\np/1 b=2\np/1 b\\x00x=1\np/2 k=1\n");
}

/* ---- schedules --------------------------------------------------------- */

static int show_schedule(void *arg, const struct journal_schedule_row *row)
{
    buf_printf(arg, "%s %s %lld\n", row->policy, row->every,
               (long long)row->due);
    return 0;
}

static void schedules_are(struct place *place, const char *want)
{
    struct buf buf = {0};

    assert_int_equal(
        journal_read_schedules(place->journal, show_schedule, &buf, NULL), 0);
    buf_is(&buf, want);
}

static void move_schedule(struct place *place, const char *policy,
                          const char *every, int64_t due)
{
    const struct journal_schedule_row row = {policy, every, due};

    journal_write_schedule(place->journal, &row, NULL, NULL);
}

static void a_schedule_takes_the_place_of_the_last(void **state)
{
    struct place *place = *state;

    schedules_are(place, "");
    move_schedule(place, "b", "1h", 3600000);
    move_schedule(place, "a", "0 6 * * *", 1);
    move_schedule(place, "b", "1h", 7200000);
    place_reopen(place);
    schedules_are(place, "a 0 6 * * * 1\nb 1h 7200000\n");
    move_schedule(place, "b", "2h", 0);
    place_reopen(place);
    schedules_are(place, "a 0 6 * * * 1\nb 2h 0\n");
}

/* ---- the callers' memory, and their verdict ---------------------------- */

static void what_is_given_is_copied(void **state)
{
    struct place *place = *state;
    char text[] = "aaaa";
    struct journal_file file = {text, {text, 4}};
    struct journal_run run = {.run = 1, .policy = text, .set = text};
    struct journal_threshold threshold = {text, {text, 4}, {text, 4}};
    struct journal_match match = {
        .runs = &run, .nruns = 1, .thresholds = &threshold, .nthresholds = 1};
    struct journal_step step = {.run = 1,
                                .kind = text,
                                .request = {text, 4},
                                .answer = {text, 4},
                                .status = text};
    struct buf buf = {0};

    journal_write_set(place->journal, text, &file, 1, NULL, NULL);
    journal_write_match(place->journal, &match, NULL, NULL);
    journal_write_step(place->journal, &step, NULL, NULL);
    memset(text, 'b', 4);
    memset(&file, 0, sizeof file);
    memset(&run, 0, sizeof run);
    memset(&threshold, 0, sizeof threshold);
    memset(&step, 0, sizeof step);
    place_reopen(place);
    assert_int_equal(
        journal_read_set(place->journal, "aaaa", show_file, &buf, NULL), 0);
    buf_is(&buf, "aaaa:aaaa\n");
    open_runs_are(place, "r1 aaaa aaaa: no alarm\n");
    steps_are(place, 1, "r1.0 aaaa 0 aaaa -> aaaa\n");
    thresholds_are(place, "aaaa aaaa=aaaa\n");
}

static int stop_at_once(void *arg, const struct journal_threshold_row *row)
{
    (void)row;
    ++*(int *)arg;
    return -77;
}

static void a_reader_may_stop(void **state)
{
    struct place *place = *state;
    int calls = 0;

    move_threshold(place, "p", STR("a"), STR("1"));
    move_threshold(place, "p", STR("b"), STR("1"));
    place_reopen(place);
    assert_int_equal(
        journal_read_thresholds(place->journal, stop_at_once, &calls, NULL),
        -77);
    assert_int_equal(calls, 1);
}

static int read_in_reading(void *arg, const struct journal_run_row *row)
{
    steps_are(arg, row->run, "");
    return 0;
}

static void a_reader_may_read(void **state)
{
    struct place *place = *state;

    write_small_set(place, "s1");
    begin_run(place, 1);
    begin_run(place, 2);
    place_reopen(place);
    assert_int_equal(
        journal_read_open_runs(place->journal, read_in_reading, place, NULL),
        0);
}

static void a_value_may_be_as_long_as_its_limit(void **state)
{
    struct place place;
    char *bytes = alloc_zeroed(1, JOURNAL_VALUE_MAX + 1);
    struct journal_file file = {"f", {bytes, JOURNAL_VALUE_MAX}};
    int done = 0;

    (void)state;
    place_make(&place);
    assert_int_equal(place_try(&place, ":memory:"), 0);
    journal_write_set(place.journal, "s1", &file, 1, count_done, &done);
    place_settle(&place);
    assert_int_equal(done, 1);
    assert_int_equal(place.fatals, 0);
    file.body.len++;
    journal_write_set(place.journal, "s2", &file, 1, count_done, &done);
    place_shut(&place);
    assert_int_equal(done, 1);
    assert_int_equal(place.fatals, 1);
    assert_int_equal(place.error.code, ERROR_LIMIT);
    assert_non_null(strstr(place.error.text, "67108865 bytes"));
    free(bytes);
    place_remove(&place);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_set_comes_back_by_path),
        TEST(a_set_is_stored_once_and_files_are_shared),
        TEST(new_alarms_come_back_in_their_order),
        TEST(an_alarm_is_recognised_by_id_source_and_bytes),
        TEST(a_match_takes_the_alarm_and_begins_its_runs),
        TEST(an_ended_run_is_no_longer_open),
        TEST(steps_come_back_with_and_without_answers),
        TEST(what_is_unknown_is_found),
        TEST(thresholds_are_set_changed_and_taken_away),
        TEST(a_schedule_takes_the_place_of_the_last),
        TEST(what_is_given_is_copied),
        TEST(a_reader_may_stop),
        TEST(a_reader_may_read),
        cmocka_unit_test(a_value_may_be_as_long_as_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
