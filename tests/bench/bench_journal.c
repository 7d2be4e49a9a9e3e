#include "base/alloc.h"
#include "base/hash.h"
#include "journal/past.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * How many alarms a second become durable: through the journal, whose groups
 * are what queues up, and by bare prepared INSERTs into one table with the
 * same columns, in batches of the size that those groups had. Both with the
 * same pragmas and checkpoints of 16 MiB; each round from an empty file.
 *
 * What it costs that alarms are found by two of their fields: the same with two
 * keys an alarm, all different, which is the dearest.
 *
 * And what the audit costs: a run of one action makes four records, run, step,
 * answer and end; four notes of their size are the same records alone.
 */

enum {
    ALARMS = 60000,
    WRITE = 64,  /* alarms a write, as from 64 KiB of input */
    KEYS = 2,    /* an alarm, where it is indexed */
    FLYING = 32, /* writes on their way at once */
    RAW = 900,   /* bytes of an alarm */
    ROUNDS = 5,
    RUNS = 20000,
    FLYING_RUNS = 512,
};

static char raw[RAW];
static char (*ids)[HASH_HEX];
static struct journal_key (*keys)[KEYS];

static void fail(const char *text)
{
    fprintf(stderr, "bench_journal: %s\n", text);
    exit(1);
}

static void fill(void)
{
    ids = alloc_zeroed(ALARMS, sizeof *ids);
    keys = alloc_zeroed(ALARMS, sizeof *keys);
    for (int i = 0; i < ALARMS; i++) {
        struct str bytes = {(const char *)&i, sizeof i};

        hash_hex(bytes, ids[i]);
        journal_key_of("SIP", bytes, &keys[i][0]);
        journal_key_of("Login", bytes, &keys[i][1]);
    }
    for (size_t i = 0; i < RAW; i++)
        raw[i] = (char)('a' + i % 26);
}

static double since(uint64_t start)
{
    return (double)(uv_hrtime() - start) / 1e9;
}

/* ---- the journal --------------------------------------------------------- */

struct flight {
    struct journal *journal;
    struct journal_alarm alarms[WRITE];
    int *next; /* the next alarm's number, shared */
    size_t nkeys;
};

static void write_next(void *arg)
{
    struct flight *flight = arg;
    size_t count = 0;

    for (; count < WRITE && *flight->next < ALARMS; count++) {
        flight->alarms[count].keys = keys[*flight->next];
        flight->alarms[count].nkeys = flight->nkeys;
        flight->alarms[count].row = (struct journal_alarm_row){
            .id = ids[(*flight->next)++],
            .source = "sshd",
            .raw = {raw, RAW},
            .time = 1,
            .received = 1,
            .count = 1,
        };
    }
    if (count)
        journal_write_alarms(flight->journal, flight->alarms, count, write_next,
                             flight);
}

static void on_fatal(void *arg, const struct error *error)
{
    (void)arg;
    fail(error->text);
}

/* Alarms a second; says the mean group. */
static double by_journal(const char *path, size_t nkeys, int *batch)
{
    uv_loop_t loop;
    struct journal *journal;
    struct journal_config config = {
        .path = path, .loop = &loop, .fatal = on_fatal};
    struct flight *flights = alloc_zeroed(FLYING, sizeof *flights);
    struct error error;
    uint64_t start;
    int next = 0;
    double seconds;

    uv_loop_init(&loop);
    if (journal_open(&journal, &config, &error))
        fail(error.text);
    start = uv_hrtime();
    for (int i = 0; i < FLYING; i++) {
        flights[i] =
            (struct flight){.journal = journal, .next = &next, .nkeys = nkeys};
        write_next(&flights[i]);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    seconds = since(start);
    *batch = (int)(ALARMS / journal_commits(journal));
    journal_close(journal);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    free(flights);
    return ALARMS / seconds;
}

/* ---- bare SQLite ----------------------------------------------------------
 */

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        fail(sqlite3_errmsg(db));
}

static void insert(sqlite3 *db, sqlite3_stmt *statement, int number)
{
    sqlite3_bind_text(statement, 1, ids[number], -1, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 2, raw, RAW, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_DONE)
        fail(sqlite3_errmsg(db));
    sqlite3_reset(statement);
}

static double by_sqlite(const char *path, int batch)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    uint64_t start;
    double seconds;

    if (sqlite3_open(path, &db))
        fail(sqlite3_errmsg(db));
    run(db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -32768;"
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "PRAGMA wal_autocheckpoint = 4096;"
            "CREATE TABLE alarms (seq INTEGER PRIMARY KEY,"
            " id TEXT NOT NULL UNIQUE, source TEXT NOT NULL,"
            " time INTEGER NOT NULL, received INTEGER NOT NULL,"
            " count INTEGER NOT NULL, raw BLOB NOT NULL) STRICT");
    if (sqlite3_prepare_v2(db,
                           "INSERT INTO alarms (id, source, time, received,"
                           " count, raw) VALUES (?, 'sshd', 1, 1, 1, ?)",
                           -1, &statement, NULL))
        fail(sqlite3_errmsg(db));
    start = uv_hrtime();
    for (int i = 0; i < ALARMS; i += batch) {
        run(db, "BEGIN");
        for (int j = i; j < i + batch && j < ALARMS; j++)
            insert(db, statement, j);
        run(db, "COMMIT");
    }
    seconds = since(start);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return ALARMS / seconds;
}

/* ---- the audit's share ------------------------------------------------------
 */

struct runs {
    struct journal *journal;
    int next;
    bool notes; /* the records alone */
};

static const char request[] =
    "{\"kind\":\"action\",\"plugin\":\"Host Firewall\",\"action\":\"Block "
    "address\",\"parameters\":{\"Address\":\"198.51.100.7\"}}";
static const char argv[] = "[\"./block.sh\",\"--address\",\"198.51.100.7\"]";
static const char answer[] =
    "{\"status\":\"Executed\",\"exit\":0,\"seconds\":0.012,\"stdout\":"
    "\"{\\\"blocked\\\":true}\",\"stderr\":\"\"}";

static void next_run(void *arg);

static void write_notes(struct runs *runs)
{
    static const int sizes[] = {150, 330, 190, 40};
    static char body[512];

    memset(body, 'x', sizeof body);
    for (int i = 0; i < 4; i++)
        journal_write_note(runs->journal, "note",
                           (struct str){body, (size_t)sizes[i]}, 1,
                           i == 3 ? next_run : NULL, runs);
}

static void write_run(struct runs *runs, int number)
{
    const struct journal_run run = {
        .run = number, .policy = "ssh-brute-force", .set = "set"};
    const struct journal_step step = {.run = number,
                                      .step = 1,
                                      .kind = "action",
                                      .request = str_of(request),
                                      .argv = str_of(argv),
                                      .status = "Pending",
                                      .time = 1};

    journal_write_match(
        runs->journal,
        &(struct journal_match){.time = 1, .runs = &run, .nruns = 1}, NULL,
        NULL);
    journal_write_step(runs->journal, &step, NULL, NULL);
    journal_write_answer(runs->journal, number, 1, str_of(answer), "Executed",
                         2, NULL, NULL);
    journal_write_end(runs->journal, number, "done", NULL, 2, next_run, runs);
}

static void next_run(void *arg)
{
    struct runs *runs = arg;

    if (runs->next > RUNS)
        return;
    if (runs->notes)
        runs->next++, write_notes(runs);
    else
        write_run(runs, runs->next++);
}

/* Microseconds of the processor a run: what it costs, whatever the disk does.
 */
static double by_runs(const char *path, bool notes)
{
    uv_loop_t loop;
    struct runs runs = {.next = 1, .notes = notes};
    struct journal_config config = {
        .path = path, .loop = &loop, .fatal = on_fatal};
    struct error error;
    clock_t start;
    double seconds;

    uv_loop_init(&loop);
    if (journal_open(&runs.journal, &config, &error))
        fail(error.text);
    journal_write_set(runs.journal, "set", NULL, 0, NULL, NULL);
    start = clock();
    for (int i = 0; i < FLYING_RUNS; i++)
        next_run(&runs);
    uv_run(&loop, UV_RUN_DEFAULT);
    seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    journal_close(runs.journal);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    unlink(path);
    return 1e6 * seconds / RUNS;
}

/* ---- rounds ----------------------------------------------------------------
 */

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_size);
    return values[ROUNDS / 2];
}

int main(void)
{
    char folder[] = "/tmp/riposte-bench-XXXXXX";
    double journal[ROUNDS], sqlite[ROUNDS], ratio[ROUNDS], runs[ROUNDS],
        records[ROUNDS], indexed[ROUNDS];
    char path[64];
    int batch = 1;

    if (!mkdtemp(folder))
        fail("cannot make a folder in /tmp");
    snprintf(path, sizeof path, "%s/journal.db", folder);
    fill();
    for (int i = 0; i < ROUNDS; i++) {
        journal[i] = by_journal(path, 0, &batch);
        unlink(path);
        indexed[i] = by_journal(path, KEYS, &batch) / journal[i];
        unlink(path);
        sqlite[i] = by_sqlite(path, batch);
        unlink(path);
        ratio[i] = journal[i] / sqlite[i];
        runs[i] = by_runs(path, false);
        records[i] = by_runs(path, true);
    }
    rmdir(folder);
    free(ids);
    free(keys);
    printf("journal: %.0f alarms/s durable, mean group %d; bare SQLite with "
           "that batch %.0f/s; ratio %.2f (medians of %d rounds)\n",
           median(journal), batch, median(sqlite), median(ratio), ROUNDS);
    printf("journal: with %d keys an alarm %.2f of that\n", KEYS,
           median(indexed));
    printf("journal: %.0f us of the processor a run of one action; its four "
           "records "
           "in the audit, written alone, %.0f us\n",
           median(runs), median(records));
    return 0;
}
