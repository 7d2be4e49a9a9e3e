#include "base/alloc.h"
#include "base/hash.h"
#include "journal/journal.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * How many alarms a second become durable: through the journal, whose groups
 * are what queues up, and by bare prepared INSERTs into one table with the
 * same columns, in batches of the size that those groups had. Both with the
 * same pragmas and checkpoints of 16 MiB; each round from an empty file.
 */

enum {
    ALARMS = 60000,
    WRITE = 64,  /* alarms a write, as from 64 KiB of input */
    FLYING = 32, /* writes on their way at once */
    RAW = 900,   /* bytes of an alarm */
    ROUNDS = 5,
};

static char raw[RAW];
static char (*ids)[HASH_HEX];

static void fail(const char *text)
{
    fprintf(stderr, "bench_journal: %s\n", text);
    exit(1);
}

static void fill(void)
{
    ids = alloc_zeroed(ALARMS, sizeof *ids);
    for (int i = 0; i < ALARMS; i++)
        hash_hex((struct str){(const char *)&i, sizeof i}, ids[i]);
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
};

static void write_next(void *arg)
{
    struct flight *flight = arg;
    size_t count = 0;

    for (; count < WRITE && *flight->next < ALARMS; count++)
        flight->alarms[count].row = (struct journal_alarm_row){
            .id = ids[(*flight->next)++],
            .source = "sshd",
            .raw = {raw, RAW},
            .time = 1,
            .received = 1,
            .count = 1,
        };
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
static double by_journal(const char *path, int *batch)
{
    uv_loop_t loop;
    struct journal *journal;
    struct journal_config config = {path, &loop, on_fatal, NULL};
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
        flights[i] = (struct flight){.journal = journal, .next = &next};
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
    double journal[ROUNDS], sqlite[ROUNDS], ratio[ROUNDS];
    char path[64];
    int batch = 1;

    if (!mkdtemp(folder))
        fail("cannot make a folder in /tmp");
    snprintf(path, sizeof path, "%s/journal.db", folder);
    fill();
    for (int i = 0; i < ROUNDS; i++) {
        journal[i] = by_journal(path, &batch);
        unlink(path);
        sqlite[i] = by_sqlite(path, batch);
        unlink(path);
        ratio[i] = journal[i] / sqlite[i];
    }
    rmdir(folder);
    free(ids);
    printf("journal: %.0f alarms/s durable, mean group %d; bare SQLite with "
           "that batch %.0f/s; ratio %.2f (medians of %d rounds)\n",
           median(journal), batch, median(sqlite), median(ratio), ROUNDS);
    return 0;
}
