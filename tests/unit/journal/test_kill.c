#include "base/buf.h"
#include "place.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * kill -9 at random points. A child writes alarms, matches, steps, answers
 * and ends, and says in a pipe what was called back; after it was killed,
 * whatever it said must be in the journal, and nothing half.
 */

enum {
    ROUNDS = 40,
    BATCHES = 4,   /* on their way at once */
    BATCH = 16,    /* alarms, at most */
    RUN_EVERY = 3, /* every third alarm begins a run */
};

/* ---- the child ----------------------------------------------------------- */

struct child {
    struct place *place;
    int out; /* the pipe */
    int round;
    int next;    /* the next alarm's number */
    int64_t run; /* the next run's number */
};

/* The alarms of one write, until they are called back. */
struct batch {
    struct child *child;
    size_t count;
    int first;
    char ids[BATCH][24];
    struct journal_alarm alarms[BATCH];
};

/* A run's way: match, intent, answer, end. */
struct way {
    struct child *child;
    char id[24];
    int64_t run; /* 0: the alarm begins none */
};

/* One line; short enough to be written whole. */
static void say(const struct child *child, const char *what, const char *id,
                int64_t run)
{
    char line[64];
    int len =
        snprintf(line, sizeof line, "%s %s %lld\n", what, id, (long long)run);

    if (write(child->out, line, (size_t)len) != len)
        _exit(1);
}

static void on_end(void *arg)
{
    struct way *way = arg;

    say(way->child, "end", way->id, way->run);
    free(way);
}

static void on_answer(void *arg)
{
    struct way *way = arg;

    say(way->child, "answer", way->id, way->run);
    journal_write_end(way->child->place->journal, way->run, "done", NULL, 3,
                      on_end, way);
}

static void on_intent(void *arg)
{
    struct way *way = arg;

    say(way->child, "intent", way->id, way->run);
    journal_write_answer(way->child->place->journal, way->run, 1, str_of("{}"),
                         "Executed", 2, on_answer, way);
}

static void on_match(void *arg)
{
    struct way *way = arg;
    const struct journal_step step = {.run = way->run,
                                      .step = 1,
                                      .kind = "action",
                                      .request = str_of("{}"),
                                      .status = "Pending"};

    say(way->child, "match", way->id, way->run);
    if (way->run)
        journal_write_step(way->child->place->journal, &step, on_intent, way);
    else
        free(way);
}

static void match(struct child *child, const char *id, int number)
{
    struct way *way = ALLOC(struct way);
    const struct journal_threshold threshold = {
        "counter", {id, strlen(id)}, str_of("1")};
    struct journal_run run = {.policy = "p", .set = "s1"};
    struct journal_match record = {.alarm = way->id,
                                   .runs = &run,
                                   .thresholds = &threshold,
                                   .nthresholds = 1};

    way->child = child;
    snprintf(way->id, sizeof way->id, "%s", id);
    if (number % RUN_EVERY == 0) {
        run.run = way->run = child->run++;
        record.nruns = 1;
    }
    journal_write_match(child->place->journal, &record, on_match, way);
}

static void write_batch(struct batch *batch);

static void on_alarms(void *arg)
{
    struct batch *batch = arg;

    for (size_t i = 0; i < batch->count; i++) {
        say(batch->child, "alarm", batch->ids[i], 0);
        match(batch->child, batch->ids[i], batch->first + (int)i);
    }
    write_batch(batch);
}

static void write_batch(struct batch *batch)
{
    struct child *child = batch->child;

    batch->count = 1 + (size_t)random() % BATCH;
    batch->first = child->next;
    child->next += (int)batch->count;
    for (size_t i = 0; i < batch->count; i++) {
        snprintf(batch->ids[i], sizeof batch->ids[i], "%d-%d", child->round,
                 batch->first + (int)i);
        batch->alarms[i] = alarm_with(batch->ids[i], batch->ids[i]);
    }
    journal_write_alarms(child->place->journal, batch->alarms, batch->count,
                         on_alarms, batch);
}

/* Writes until it is killed. */
static void run_child(struct place *place, int round, int out)
{
    struct child child = {.place = place, .out = out, .round = round};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    place_open(place);
    child.run = journal_read_next_run(place->journal);
    journal_write_set(place->journal, "s1", NULL, 0, NULL, NULL);
    for (int i = 0; i < BATCHES; i++) {
        struct batch *batch = ALLOC(struct batch);

        batch->child = &child;
        write_batch(batch);
    }
    place_settle(place);
    _exit(1);
}

/* ---- the parent ---------------------------------------------------------- */

/* Reads until there are so many lines, then kills, then reads the rest. */
static void kill_after(pid_t child, int in, int lines, struct buf *said)
{
    ssize_t len;
    int status;

    while (lines > 0 && (len = read(in, buf_room(said, 4096), 4096)) > 0) {
        for (ssize_t i = 0; i < len; i++)
            lines -= said->data[said->len + (size_t)i] == '\n';
        said->len += (size_t)len;
    }
    usleep((useconds_t)(random() % 3000));
    kill(child, SIGKILL);
    while ((len = read(in, buf_room(said, 4096), 4096)) > 0)
        said->len += (size_t)len;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    buf_add_byte(said, '\0');
}

static int64_t bound(sqlite3 *db, const char *sql, const char *id, int64_t run)
{
    sqlite3_stmt *statement;
    int64_t value;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), 0);
    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, run);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

/* What must be there for one line: 1. */
static const struct {
    const char *what;
    const char *sql;
} proofs[] = {
    {"alarm", "SELECT count(*) FROM alarms WHERE id = ?1 AND raw = "
              "CAST(id AS BLOB) AND ?2 = 0"},
    {"match", "SELECT seq NOT IN (SELECT seq FROM new_alarms) AND (?2 = 0 OR "
              "(SELECT alarm FROM runs WHERE run = ?2) = seq)"
              " FROM alarms WHERE id = ?1"},
    {"intent", "SELECT count(*) AND ?1 IS NOT NULL FROM steps WHERE run = ?2"},
    {"answer", "SELECT count(*) AND ?1 IS NOT NULL FROM steps WHERE run = ?2"
               " AND answer = '{}'"},
    {"end", "SELECT count(*) AND ?1 IS NOT NULL FROM runs WHERE run = ?2"
            " AND outcome = 'done'"},
};

static void check_line(sqlite3 *db, const char *line)
{
    char what[16], id[24];
    long long run;
    bool proved = false;

    assert_int_equal(sscanf(line, "%15s %23s %lld", what, id, &run), 3);
    for (size_t i = 0; i < sizeof proofs / sizeof *proofs; i++)
        if (strcmp(proofs[i].what, what) == 0)
            proved = bound(db, proofs[i].sql, id, run) == 1;
    if (!proved)
        fail_msg("lost: %s", line);
}

/* Returns how many lines there were. */
static int check_said(const struct place *place, char *said)
{
    sqlite3 *db;
    char *end;
    int lines = 0;

    assert_int_equal(sqlite3_open(place->path, &db), 0);
    for (; (end = strchr(said, '\n')); said = end + 1, lines++) {
        *end = '\0';
        check_line(db, said);
    }
    sqlite3_close(db);
    return lines;
}

/* Nothing half, whether it was acknowledged or not: an alarm is new and has
 * neither run nor count, or is matched and has both as its number says. */
static void check_whole(const struct place *place)
{
    place_check_integrity(place);
    assert_int_equal(
        place_query(place,
                    "SELECT count(*) FROM alarms"
                    " WHERE (seq IN (SELECT seq FROM new_alarms)) ="
                    " (CAST(id AS BLOB) IN (SELECT key FROM thresholds))"),
        0);
    assert_int_equal(
        place_query(place,
                    "SELECT count(*) FROM alarms LEFT JOIN"
                    " (SELECT alarm, count(*) AS n FROM runs GROUP BY alarm)"
                    " ON alarm = seq WHERE coalesce(n, 0) <>"
                    " (seq NOT IN (SELECT seq FROM new_alarms)"
                    "  AND substr(id, instr(id, '-') + 1) % 3 = 0)"),
        0);
}

static void what_was_acknowledged_survives(void **state)
{
    struct place place;
    int total = 0;

    (void)state;
    place_make(&place);
    seed_of("kill");
    for (int round = 0; round < ROUNDS; round++) {
        struct buf said = {0};
        int ends[2];
        pid_t child;

        assert_int_equal(pipe(ends), 0);
        fflush(NULL);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(ends[0]);
            srandom((unsigned)(round + total));
            run_child(&place, round, ends[1]);
        }
        close(ends[1]);
        kill_after(child, ends[0], (int)(random() % 600), &said);
        close(ends[0]);
        place_open(&place);
        place_shut(&place);
        total += check_said(&place, said.data);
        check_whole(&place);
        buf_free(&said);
    }
    print_message("%d acknowledgements in %d rounds\n", total, ROUNDS);
    assert_true(total > ROUNDS);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_survives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
