#include "journal/audit_log.h"
#include "place.h"
#include "shim.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* Writes that fail: want of room delays them; else one fatal call, nothing
 * after it, and everything that was called back is there at the next opening.
 */

enum { WRITES = 8, LARGE = 1 << 20 };

/* A row of writes, each of which says what it has done. */
struct writes {
    struct place *place;
    char ids[WRITES][16];
    struct journal_alarm alarms[WRITES];
    int done;  /* callbacks so far */
    bool late; /* one came after the fatal call */
    char *raw; /* owned: or NULL for short alarms */
};

static void on_write(void *arg)
{
    struct writes *writes = arg;

    writes->done++;
    if (writes->place->fatals)
        writes->late = true;
}

static void write_set(struct writes *writes)
{
    const struct journal_file file = {"policies/p.lua", str_of("return {}")};

    journal_write_set(writes->place->journal, "s1", &file, 1, on_write, writes);
}

/* Alarm and run of the same number; the first write is the set. */
static void write_one(struct writes *writes, int number)
{
    struct journal *journal = writes->place->journal;
    const struct journal_run run = {.run = number, .policy = "p", .set = "s1"};
    const struct journal_match match = {
        .alarm = writes->ids[number], .runs = &run, .nruns = 1};
    const struct journal_step step = {.run = number,
                                      .step = 1,
                                      .kind = "action",
                                      .request = str_of("{}"),
                                      .status = "Pending"};

    snprintf(writes->ids[number], sizeof writes->ids[number], "id%d", number);
    writes->alarms[number] = alarm_with(writes->ids[number], "a line");
    if (writes->raw)
        writes->alarms[number].row.raw = (struct str){writes->raw, LARGE};
    journal_write_alarms(journal, &writes->alarms[number], 1, on_write, writes);
    if (number % 2)
        return;
    journal_write_match(journal, &match, on_write, writes);
    journal_write_step(journal, &step, on_write, writes);
    journal_write_answer(journal, number, 1, str_of("{}"), "Executed", 1,
                         on_write, writes);
}

/* Writes until all is done or something fails. */
static void write_all(struct writes *writes)
{
    write_set(writes);
    for (int i = 1; i < WRITES && !writes->place->fatals; i++) {
        write_one(writes, i);
        place_settle(writes->place);
    }
}

/* The callbacks came in order, so their number says what is acknowledged:
 * the set, then per number one write, and three more where it is even. */
static void check_acknowledged(const struct writes *writes)
{
    char sql[256];
    int left = writes->done - 1;

    if (writes->done)
        assert_int_equal(
            place_query(writes->place, "SELECT count(*) FROM sets"), 1);
    for (int i = 1; i < WRITES; i++) {
        static const char *const rows[] = {
            "SELECT count(*) FROM alarms WHERE id = 'id%d'",
            "SELECT count(*) FROM runs JOIN alarms ON seq = alarm"
            " WHERE run = %d AND seq NOT IN (SELECT seq FROM new_alarms)",
            "SELECT count(*) FROM steps WHERE run = %d",
            "SELECT count(*) FROM steps WHERE run = %d AND answer = '{}'",
        };

        for (int row = 0; row < (i % 2 ? 1 : 4) && left > 0; row++, left--) {
            snprintf(sql, sizeof sql, rows[row], i);
            assert_int_equal(place_query(writes->place, sql), 1);
        }
    }
}

/* ---- the audit ----------------------------------------------------------- */

static int add_record(void *arg, const struct audit_record *record)
{
    chain_add(arg, record);
    return 0;
}

static void check_audit(const struct place *place)
{
    struct audit_log *log;
    struct audit_head start;
    struct chain chain;
    struct error error;

    assert_int_equal(audit_log_open(&log, place->path, &error), 0);
    assert_int_equal(audit_log_before(log, 1, &start, &error), 0);
    chain_begin(&chain, &start, NULL);
    assert_int_equal(audit_log_read(log, 0, add_record, &chain, &error), 0);
    assert_int_equal(chain_end(&chain), CHAIN_WHOLE);
    audit_log_close(log);
}

/* ---- every operation ------------------------------------------------------
 */

/* How operations fail. */
static const struct way {
    const char *name;
    int failure;
    bool once;  /* the Nth alone, or all from it on */
    bool whole; /* nothing of a write was written, or half of it */
} ways[] = {
    {"EIO once", SQLITE_IOERR_WRITE, true, true},
    {"EIO for ever", SQLITE_IOERR_WRITE, false, true},
    {"short write and EIO once", SQLITE_IOERR_WRITE, true, false},
    {"short write and EIO for ever", SQLITE_IOERR_WRITE, false, false},
    {"ENOSPC once", SQLITE_FULL, true, true},
    {"ENOSPC for ever", SQLITE_FULL, false, true},
    {"short write and ENOSPC once", SQLITE_FULL, true, false},
    {"short write and ENOSPC for ever", SQLITE_FULL, false, false},
};
enum { WAYS = sizeof ways / sizeof *ways };

/* Of write_all: the set, and four or one a number. */
enum { ALL_WRITES = 1 + WRITES / 2 + 4 * ((WRITES - 1) / 2) };

/* One journal whose Nth operation fails. Says whether there were that many.
 * After want of room it goes on; where there never is room, it ends when it
 * is closed. */
static bool fail_at(int nth, const struct way *way, char *raw)
{
    struct place place;
    struct writes writes = {.place = &place, .raw = raw};
    bool failed, opened;

    place_make(&place);
    shim_fail(nth, way->failure);
    shim.once = way->once;
    shim.whole = way->whole;
    place.full_ends = !way->once;
    opened = place_try(&place, place.path) == 0;
    if (opened) {
        write_all(&writes);
        place_shut(&place);
    } else {
        assert_true(place.error.text[0] != '\0');
    }
    failed = shim.failed > 0;
    shim_fail(0, 0);
    assert_in_range(place.fatals, 0, 1);
    assert_false(writes.late);
    assert_true(failed || !place.fatals);
    if (opened && !place.fatals)
        assert_int_equal(writes.done, ALL_WRITES);
    place.error.text[0] = '\0';
    place_open(&place);
    place_shut(&place);
    check_acknowledged(&writes);
    place_check_integrity(&place);
    check_audit(&place);
    place_remove(&place);
    return failed;
}

static void any_operation_may_fail(void **state)
{
    int before;

    (void)state;
    fail_at(1, &ways[0], NULL); /* libuv keeps a pipe from its first loop */
    before = descriptors();
    for (size_t i = 0; i < WAYS; i++) {
        int nth = 1;

        while (fail_at(nth, &ways[i], NULL))
            nth++;
        print_message("%s: %d operations failed\n", ways[i].name, nth - 1);
        assert_true(nth > WRITES);
    }
    assert_int_equal(descriptors(), before);
}

/* With alarms of a MiB there are some thousand operations, a few hundred of
 * a checkpoint among them: a choice. */
static void large_writes_and_checkpoints_may_fail(void **state)
{
    char *raw = alloc_zeroed(1, LARGE);

    (void)state;
    seed_of("large writes");
    for (int i = 0; i < 40; i++)
        fail_at(1 + (int)(random() % 6000), &ways[i % WAYS], raw);
    free(raw);
}

/* What waits for room is written once there is some, in order; the checkpoint
 * that found none is made up for. */
static void what_waits_for_room_is_written(void **state)
{
    struct place place;
    struct writes writes = {.place = &place};

    (void)state;
    place_make(&place);
    place_open(&place);
    write_set(&writes);
    place_settle(&place);
    shim_fail(1, SQLITE_FULL);
    write_one(&writes, 1);
    write_one(&writes, 2);
    while (!place.fulls)
        uv_run(&place.loop, UV_RUN_ONCE);
    assert_int_equal(writes.done, 1);
    write_one(&writes, 3);
    shim_fail(0, 0);
    place_settle(&place);
    assert_int_equal(writes.done, 1 + 1 + 4 + 1);
    assert_int_equal(place.fulls, 1);
    assert_int_equal(place.fatals, 0);
    place_shut(&place);
    check_acknowledged(&writes);
    check_audit(&place);
    assert_int_equal(place_query(&place, "SELECT count(*) FROM alarms"), 3);
    place_remove(&place);
}

/* After the fatal call writes are taken and dropped. */
static void nothing_follows_a_fatal_call(void **state)
{
    struct place place;
    struct writes writes = {.place = &place};
    char log[128];

    (void)state;
    place_make(&place);
    place_open(&place);
    write_set(&writes);
    place_settle(&place);
    shim_fail(1, SQLITE_IOERR_WRITE);
    write_one(&writes, 1);
    write_one(&writes, 3);
    place_settle(&place);
    assert_int_equal(place.fatals, 1);
    shim_fail(0, 0);
    write_one(&writes, 5);
    place_settle(&place);
    assert_int_equal(writes.done, 1);
    assert_int_equal(place.fatals, 1);
    place_shut(&place);
    assert_int_equal(writes.done, 1);
    assert_int_equal(place.fatals, 1);
    snprintf(log, sizeof log, "%s-wal", place.path);
    assert_int_equal(access(log, F_OK), 0); /* left for recovery */
    assert_int_equal(place_query(&place, "SELECT count(*) FROM alarms"), 0);
    place_remove(&place);
}

static void close_in_fatal(void *arg, const struct error *error)
{
    struct place *place = arg;

    place_fatal(place, error);
    journal_close(place->journal);
}

/* Closing tells of a failure that nobody has heard of; the fatal call may
 * close. */
static void a_fatal_call_may_close(void **state)
{
    (void)state;
    for (int closing = 0; closing < 2; closing++) {
        struct place place;
        struct writes writes = {.place = &place};
        struct journal_config config = {.fatal = close_in_fatal, .arg = &place};

        place_make(&place);
        config.path = place.path;
        config.loop = &place.loop;
        assert_int_equal(journal_open(&place.journal, &config, NULL), 0);
        shim_fail(1, SQLITE_IOERR_WRITE);
        write_one(&writes, 1);
        if (closing)
            journal_close(place.journal);
        place_settle(&place);
        shim_fail(0, 0);
        assert_int_equal(place.fatals, 1);
        assert_int_equal(writes.done, 0);
        place_remove(&place);
    }
}

static void close_when_done(void *arg)
{
    struct place *place = arg;

    assert_int_equal(place->fatals, 0);
    journal_close(place->journal);
}

/* The commit is called back; then the checkpoint that follows it fails. */
static void closing_tells_of_a_failed_checkpoint(void **state)
{
    enum { COUNT = 20 };
    struct place place;
    struct journal_alarm alarms[COUNT];
    char *raw = alloc_zeroed(1, LARGE);
    char ids[COUNT][12];

    (void)state;
    place_make(&place);
    place_open(&place);
    for (int i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof ids[i], "%d", i);
        alarms[i] = alarm_with(ids[i], "");
        alarms[i].row.raw = (struct str){raw, LARGE};
    }
    shim.main_only = true;
    shim_fail(1, SQLITE_IOERR_WRITE);
    journal_write_alarms(place.journal, alarms, COUNT, close_when_done, &place);
    place_settle(&place);
    shim_fail(0, 0);
    shim.main_only = false;
    assert_int_equal(place.fatals, 1);
    place_open(&place);
    place_shut(&place);
    assert_int_equal(place_query(&place, "SELECT count(*) FROM alarms"), COUNT);
    place_remove(&place);
    free(raw);
}

/* ---- real limits -------------------------------------------------------- */

/* Writes alarms of a MiB, in order, until the journal fails. */
static void write_until_it_fails(struct writes *writes, const char *text)
{
    struct place *place = writes->place;

    writes->raw = alloc_zeroed(1, LARGE);
    write_all(writes);
    assert_int_equal(place->fatals, 1);
    assert_true(writes->done > 1);
    assert_false(writes->late);
    if (!strstr(place->error.text, text))
        fail_msg("\"%s\" does not say \"%s\"", place->error.text, text);
    place_shut(place);
    free(writes->raw);
}

static void check_after(struct writes *writes)
{
    place_open(writes->place);
    place_shut(writes->place);
    check_acknowledged(writes);
    place_check_integrity(writes->place);
}

static void a_file_size_limit_is_fatal(void **state)
{
    struct place place;
    struct writes writes = {.place = &place};
    struct rlimit old, small;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);

    (void)state;
    place_make(&place);
    place_open(&place);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 5 * LARGE;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    write_until_it_fails(&writes, "File too large");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    check_after(&writes);
    place_remove(&place);
}

/* Something on the same disk that can be given up, large enough for the
 * checkpoint that comes then. */
static void make_ballast(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (int i = 0; i < 5 * LARGE; i++)
        fputc('x', file);
    assert_int_equal(fclose(file), 0);
}

static void a_full_disk_says_so(void **state)
{
    struct place place;
    struct writes writes = {.place = &place};
    char ballast[128];

    (void)state;
    if (unshare(CLONE_NEWNS) ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
        print_message("skipped: no mounts here: %s\n", strerror(errno));
        skip();
    }
    place_make(&place);
    assert_int_equal(
        mount("none", place.folder, "tmpfs", MS_NOSUID, "size=10m"), 0);
    snprintf(ballast, sizeof ballast, "%s/ballast", place.folder);
    make_ballast(ballast);
    place_open(&place);
    place.full_ends = true;
    write_until_it_fails(&writes, "the disk is full: free space");
    assert_int_equal(place.fulls, 1);
    unlink(ballast);
    check_after(&writes);
    assert_int_equal(umount(place.folder), 0);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_operation_may_fail),
        cmocka_unit_test(what_waits_for_room_is_written),
        cmocka_unit_test(large_writes_and_checkpoints_may_fail),
        cmocka_unit_test(nothing_follows_a_fatal_call),
        cmocka_unit_test(a_fatal_call_may_close),
        cmocka_unit_test(closing_tells_of_a_failed_checkpoint),
        cmocka_unit_test(a_file_size_limit_is_fatal),
        cmocka_unit_test(a_full_disk_says_so),
    };

    shim_install();
    shim.hollow = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
