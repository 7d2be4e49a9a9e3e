#include "base/clock.h"
#include "journal/audit_log.h"
#include "journal/in_force.h"
#include "journal/keep.h"
#include "journal/lease.h"
#include "journal/past.h"
#include "journal/resume.h"
#include "place.h"

/* Retention: what goes, what stays, and what is known of what went. */

enum { OLD = 1000, NEW = 5000, CUT = 3000 };

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

static struct journal_alarm received(const char *id, int64_t time)
{
    struct journal_alarm alarm = alarm_with(id, id);

    alarm.row.received = time;
    return alarm;
}

static void match(struct place *place, const char *alarm, int64_t run,
                  int64_t time)
{
    const struct journal_run row = {.run = run, .policy = "p", .set = "s"};

    journal_write_match(
        place->journal,
        &(struct journal_match){
            .alarm = alarm, .time = time, .runs = &row, .nruns = run ? 1 : 0},
        NULL, NULL);
}

static void end(struct place *place, int64_t run, int64_t time)
{
    journal_write_end(place->journal, run, "done", NULL, time, NULL, NULL);
}

static void pass_over(struct place *place, struct keep_pass *pass)
{
    int slices = 0, done = 0;

    do {
        journal_write_keep(place->journal, pass, count_done, &done);
        place_settle(place);
        assert_int_equal(done, ++slices);
    } while (!pass->over);
}

static void keep(struct place *place)
{
    struct keep_pass pass = {
        .before = CUT, .size = INT64_MAX, .now = NEW, .sets = "[\"now\"]"};

    pass_over(place, &pass);
}

static void count_is(struct place *place, const char *sql, int64_t want)
{
    int64_t got = place_query(place, sql);

    if (got != want)
        fail_msg("%s: %lld, not %lld", sql, (long long)got, (long long)want);
}

/* What the audit says of itself and of the tables. */
struct looked {
    struct audit_log *log;
    struct chain chain;
    struct buf difference;
};

static int look_at(void *arg, const struct audit_record *record)
{
    struct looked *looked = arg;
    struct error error;

    chain_add(&looked->chain, record);
    if (!looked->difference.len)
        assert_true(audit_log_compare(looked->log, record, &looked->difference,
                                      &error) >= 0);
    return 0;
}

static void look_through(struct place *place, struct looked *looked)
{
    struct audit_head start;
    struct error error;

    *looked = (struct looked){0};
    assert_int_equal(audit_log_open(&looked->log, place->path, &error), 0);
    assert_int_equal(audit_log_before(looked->log, INT64_MIN, &start, &error),
                     0);
    chain_begin(&looked->chain, &start, NULL);
    assert_int_equal(
        audit_log_read(looked->log, INT64_MIN, look_at, looked, &error), 0);
    chain_end(&looked->chain);
    if (!looked->difference.len)
        assert_true(audit_log_rows(looked->log, &looked->difference, &error) >=
                    0);
    audit_log_close(looked->log);
}

/* Every record follows the one before, and the tables are as they say. Returns
 * after which record the audit begins. */
static int64_t audit_is_whole(struct place *place)
{
    struct looked looked;

    look_through(place, &looked);
    if (looked.difference.len)
        fail_msg("%s", looked.difference.data);
    assert_int_equal(looked.chain.fault, CHAIN_WHOLE);
    return looked.chain.start.n;
}

static void audit_lacks(struct place *place, const char *what)
{
    struct looked looked;

    look_through(place, &looked);
    if (!looked.difference.len || !strstr(looked.difference.data, what))
        fail_msg("\"%s\" lacks \"%s\"",
                 looked.difference.len ? looked.difference.data : "", what);
    buf_free(&looked.difference);
}

/* Behind the journal's back. */
static void change(struct place *place, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void what_is_over_goes_at_its_age(void **state)
{
    struct place *place = *state;
    struct journal_alarm alarms[] = {
        received("old", OLD),  received("below", CUT - 1),
        received("open", OLD), received("fresh", OLD),
        received("edge", CUT), received("last", NEW)};

    journal_write_set(place->journal, "s", NULL, 0, NULL, NULL);
    journal_write_alarms(place->journal, alarms, 6, NULL, NULL);
    match(place, "old", 1, OLD);
    end(place, 1, CUT - 1);
    match(place, "edge", 2, OLD);
    end(place, 2, CUT);
    match(place, "below", 0, OLD);
    match(place, "open", 3, OLD); /* stays open */
    match(place, "last", 4, OLD);
    end(place, 4, OLD); /* the highest number */
    keep(place);
    place_shut(place);
    count_is(place, "SELECT count(*) FROM runs WHERE run = 1", 0);
    count_is(place, "SELECT count(*) FROM runs WHERE run IN (2, 3, 4)", 3);
    count_is(place, "SELECT count(*) FROM alarms WHERE id IN ('old', 'below')",
             0);
    count_is(place,
             "SELECT count(*) FROM alarms WHERE id IN ('edge', 'open',"
             " 'fresh', 'last')",
             4);
    count_is(place, "SELECT count(*) FROM forgotten", 2);
    /* In one slice, or, where the machine is slow, in several. */
    count_is(place,
             "SELECT sum(json_extract(body, '$.alarms')) FROM audit"
             " WHERE kind = 'removed' AND body LIKE"
             " '{\"until\":3000,\"why\":\"age\",\"alarms\":%'",
             2);
    count_is(place,
             "SELECT count(*) FROM audit WHERE json_extract(body, '$.runs')"
             " = '[[1,1]]'",
             1);
    audit_is_whole(place);
    place_open(place);
}

static void what_went_is_still_a_duplicate(void **state)
{
    struct place *place = *state;
    struct journal_alarm alarms[] = {received("a", OLD), received("b", OLD)};
    struct journal_alarm again[] = {received("a", NEW), received("a", NEW)};
    struct error error;

    again[1].row.raw = str_of("other");
    journal_write_alarms(place->journal, alarms, 2, NULL, NULL);
    match(place, "a", 0, OLD);
    match(place, "b", 0, OLD);
    keep(place);
    for (int i = 0; i < 2; i++) {
        journal_write_alarms(place->journal, again, 2, NULL, NULL);
        place_reopen(place);
        assert_int_equal(again[0].verdict, JOURNAL_DUPLICATE);
        assert_int_equal(again[1].verdict, JOURNAL_REUSED);
    }
    place_shut(place);
    count_is(place, "SELECT count(*) FROM alarms", 1);
    place_open(place);
    assert_int_equal(
        journal_read_alarm(place->journal, "ffff", NULL, NULL, &error),
        ERROR_NOT_FOUND);
    assert_non_null(strstr(error.text, "has no alarm"));
}

static void keys_go_with_their_alarm(void **state)
{
    struct place *place = *state;
    struct journal_alarm alarms[] = {received("a", OLD), received("b", OLD)};
    struct journal_key keys[2];

    journal_key_of("SIP", str_of("x"), &keys[0]);
    journal_key_of("Login", str_of("x"), &keys[1]);
    for (int i = 0; i < 2; i++) {
        alarms[i].keys = keys;
        alarms[i].nkeys = 2;
    }
    journal_write_alarms(place->journal, alarms, 2, NULL, NULL);
    match(place, "a", 0, OLD);
    match(place, "b", 0, OLD);
    keep(place);
    place_shut(place);
    count_is(place, "SELECT count(*) FROM past", 2);
    count_is(place, "SELECT count(*) FROM past JOIN alarms ON seq = alarm", 2);
    place_open(place);
}

static void a_lease_in_force_keeps_its_run(void **state)
{
    struct place *place = *state;
    struct journal_alarm alarms[] = {received("a", OLD), received("b", OLD)};
    struct journal_lease lease = {.lease = 1,
                                  .plugin = "p",
                                  .action = "a",
                                  .same = "x",
                                  .params = str_of("{}"),
                                  .set = "s",
                                  .started = OLD,
                                  .state = "held"};

    journal_write_set(place->journal, "s", NULL, 0, NULL, NULL);
    journal_write_alarms(place->journal, alarms, 2, NULL, NULL);
    match(place, "a", 1, OLD);
    journal_write_lease(place->journal, &lease, NULL, OLD);
    journal_write_owner(
        place->journal,
        &(struct journal_owner){.lease = 1, .run = 1, .step = 1}, OLD);
    end(place, 1, OLD);
    match(place, "b", 2, OLD);
    end(place, 2, OLD);
    keep(place);
    lease.ended = OLD;
    journal_write_lease(place->journal, &lease, NULL, OLD);
    place_shut(place);
    count_is(place, "SELECT count(*) FROM runs", 2);
    place_open(place);
    keep(place);
    place_shut(place);
    count_is(place, "SELECT min(run) FROM runs", 2);
    audit_is_whole(place);
    place_open(place);
}

static void write_lease(struct place *place, int64_t number, int64_t run,
                        int64_t ended)
{
    const struct journal_lease lease = {.lease = number,
                                        .plugin = "p",
                                        .action = "a",
                                        .same = "x",
                                        .params = str_of("{}"),
                                        .set = "s",
                                        .started = OLD,
                                        .ended = ended,
                                        .state = ended ? "ended" : "held"};
    const struct journal_owner owner = {
        .lease = number, .run = run, .step = run ? 1 : number};

    journal_write_lease(place->journal, &lease, NULL, OLD);
    journal_write_owner(place->journal, &owner, OLD);
}

static void ended_leases_go_behind_their_runs(void **state)
{
    struct place *place = *state;
    struct journal_alarm alarm = received("a", OLD);

    journal_write_set(place->journal, "s", NULL, 0, NULL, NULL);
    journal_write_alarms(place->journal, &alarm, 1, NULL, NULL);
    for (int64_t run = 1; run <= 3; run++)
        match(place, run == 1 ? "a" : NULL, run, OLD);
    end(place, 1, OLD);
    end(place, 3, NEW); /* 2 stays open */
    write_lease(place, 1, 1, OLD);
    write_lease(place, 2, 2, OLD);
    write_lease(place, 3, 0, OLD);     /* a person's */
    write_lease(place, 4, 0, CUT);     /* just not old enough */
    write_lease(place, 5, 0, CUT - 1); /* just */
    write_lease(place, 6, 0, 0);       /* in force */
    write_lease(place, 7, 0, OLD);     /* the highest number */
    keep(place);
    place_shut(place);
    count_is(place, "SELECT count(*) FROM leases WHERE lease IN (1, 3, 5)", 0);
    count_is(place, "SELECT count(*) FROM leases", 4);
    count_is(place, "SELECT count(*) FROM owners", 4);
    assert_int_equal(audit_is_whole(place), 0);
    change(place, "DELETE FROM owners WHERE lease = 4");
    audit_lacks(place, "owner l4 of lease l4, of which record");
    change(place, "DELETE FROM leases WHERE lease = 4");
    audit_lacks(place, "lease l4, of which record");
    place_open(place);
}

static void write_set(struct place *place, const char *hash)
{
    const struct journal_file files[] = {{"same", str_of("same")},
                                         {"own", str_of(hash)}};

    journal_write_set(place->journal, hash, files, 2, NULL, NULL);
}

static void in_force(struct place *place, const char *set)
{
    journal_write_in_force(
        place->journal, &(struct journal_in_force){.set = set, .since = OLD});
}

/* Sets are stored at the time of the clock, so all here is older than that. */
static void sets_stay_while_they_are_needed(void **state)
{
    struct place *place = *state;
    const int64_t now = clock_now() + 60000;
    struct journal_alarm alarms[] = {received("a", OLD), received("b", OLD),
                                     received("c", now)};
    struct keep_pass pass = {
        .before = now, .size = INT64_MAX, .now = now, .sets = "[\"now\"]"};

    write_set(place, "gone");
    in_force(place, "gone");
    journal_write_alarms(place->journal, &alarms[0], 1, NULL, NULL);
    match(place, "a", 0, OLD);
    write_set(place, "s");
    in_force(place, "s");
    journal_write_alarms(place->journal, &alarms[1], 1, NULL, NULL);
    match(place, "b", 1, OLD); /* open */
    write_set(place, "matched");
    in_force(place, "matched");
    journal_write_alarms(place->journal, &alarms[2], 1, NULL, NULL);
    match(place, "c", 0, now);
    write_set(place, "idle");
    in_force(place, "idle");
    write_set(place, "now");
    pass_over(place, &pass);
    place_shut(place);
    count_is(place, "SELECT count(*) FROM sets WHERE hash IN ('gone', 'idle')",
             0);
    count_is(place, "SELECT count(*) FROM sets", 3);
    count_is(place, "SELECT count(*) FROM set_files", 6);
    count_is(place, "SELECT count(*) FROM files", 4);
    count_is(place, "SELECT count(*) FROM in_force", 4);
    audit_is_whole(place);
    place_open(place);
    write_set(place, "gone"); /* and may come again */
    place_shut(place);
    count_is(place, "SELECT count(*) FROM set_files", 8);
    place_open(place);
}

static void note(struct place *place, int count, int64_t time)
{
    for (int i = 0; i < count; i++)
        journal_write_note(place->journal, "reload", str_of("{\"a\":1}"), time,
                           NULL, NULL);
}

/* Records go 256 at once, and only where all of those are old. */
static void the_front_of_the_audit_goes(void **state)
{
    struct place *place = *state;

    note(place, 255, CUT - 1);
    note(place, 1, CUT);
    keep(place);
    place_shut(place);
    assert_int_equal(audit_is_whole(place), 0);
    count_is(place, "SELECT count(*) FROM audit", 256);
    change(place, "DELETE FROM audit WHERE n = 256");
    place_open(place);
    note(place, 1, CUT - 1);
    note(place, 300, NEW);
    keep(place);
    place_shut(place);
    assert_int_equal(audit_is_whole(place), 256);
    count_is(place, "SELECT count(*) FROM audit", 301);
    place_open(place);
    keep(place);
    place_shut(place);
    count_is(place, "SELECT count(*) FROM audit", 301);
    place_open(place);
}

/* What a row needs of the audit is said once more, and once only. */
static void what_is_there_keeps_its_record(void **state)
{
    struct place *place = *state;
    struct journal_alarm alarm = received("a", OLD);
    struct keep_pass again = {
        .before = NEW + 1, .size = INT64_MAX, .now = NEW + 2, .sets = "[]"};

    journal_write_set(place->journal, "s", NULL, 0, NULL, NULL);
    place_settle(place);
    place_shut(place);
    change(place, "DELETE FROM audit"); /* it has the clock's time */
    place_open(place);
    match(place, NULL, 1, OLD);
    match(place, NULL, 2, OLD);
    end(place, 2, OLD);
    match(place, NULL, 3, OLD);
    write_lease(place, 1, 1, 0);
    note(place, 300, OLD);
    keep(place);
    place_shut(place);
    assert_int_equal(audit_is_whole(place), 256);
    /* Runs 1 and 3, the lease, its owner; run 2 is not there any more. */
    count_is(place,
             "SELECT group_concat(json_extract(body, '$.kept.n')) ="
             " '1,4,5,6' FROM audit WHERE body LIKE '%\"kept\"%'",
             1);
    count_is(place,
             "SELECT count(*) FROM audit WHERE body LIKE '%\"kept\"%'"
             " AND json_extract(body, '$.kept.time') = 1000 AND time = 5000",
             4);
    change(place, "DELETE FROM runs WHERE run = 3");
    audit_lacks(place, "run r3, of which record");
    place_open(place);
    match(place, NULL, 3, OLD);
    note(place, 300, NEW);
    pass_over(place, &again);
    pass_over(place, &again);
    place_shut(place);
    assert_int_equal(audit_is_whole(place), 512);
    count_is(place,
             "SELECT count(*) FROM audit WHERE body LIKE '%\"kept\"%'"
             " AND json_extract(body, '$.kept.time') = 1000",
             5);
    change(place, "INSERT INTO runs (run, set_hash, started)"
                  " VALUES (2, 's', 1)");
    audit_lacks(place, "run r2 has no record");
    place_open(place);
    (void)alarm;
}

static void a_large_file_loses_the_oldest(void **state)
{
    struct place *place = *state;
    enum { COUNT = 2000, RAW = 4000 };
    static char raw[RAW];
    char id[16];
    struct keep_pass pass = {
        .before = 0, .size = 4ll << 20, .now = NEW, .sets = "[]"};

    memset(raw, 'x', RAW);
    for (int i = 0; i < COUNT; i++) {
        struct journal_alarm alarm = received(id, i);

        snprintf(id, sizeof id, "%d", i);
        alarm.row.raw = (struct str){raw, RAW};
        journal_write_alarms(place->journal, &alarm, 1, NULL, NULL);
        match(place, id, 0, i);
        place_settle(place);
    }
    pass_over(place, &pass);
    assert_true(pass.used <= pass.size);
    place_shut(place);
    assert_true(place_query(place, "SELECT min(received) FROM alarms") > 0);
    count_is(place, "SELECT max(seq) - min(seq) + 1 - count(*) FROM alarms", 0);
    assert_true(place_query(place, "SELECT count(*) FROM alarms") > 500);
    place_open(place);
}

/* Times of records need not follow one another; a pass ends all the same. */
static void a_pass_ends_whatever_the_times(void **state)
{
    struct place *place = *state;
    struct keep_pass pass = {.before = 0, .size = 1, .now = NEW, .sets = "[]"};

    for (int i = 0; i < 10; i++) {
        note(place, 99, OLD + i);
        note(place, 1, i % 3 ? NEW - 1 : NEW + i);
    }
    pass_over(place, &pass);
    place_shut(place);
    assert_true(audit_is_whole(place) % 256 == 0);
    place_open(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_place, remove_place)
        TEST(what_is_over_goes_at_its_age),
        TEST(what_went_is_still_a_duplicate),
        TEST(keys_go_with_their_alarm),
        TEST(a_lease_in_force_keeps_its_run),
        TEST(ended_leases_go_behind_their_runs),
        TEST(sets_stay_while_they_are_needed),
        TEST(the_front_of_the_audit_goes),
        TEST(what_is_there_keeps_its_record),
        TEST(a_large_file_loses_the_oldest),
        TEST(a_pass_ends_whatever_the_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
