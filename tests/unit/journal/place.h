#ifndef RIPOSTE_TESTS_JOURNAL_PLACE_H
#define RIPOSTE_TESTS_JOURNAL_PLACE_H

#include "base/alloc.h"
#include "journal/journal.h"

#include <dirent.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder for one test, a loop, and a journal in it. */
struct place {
    char folder[64];
    char path[96];
    uv_loop_t loop;
    struct journal *journal;
    int fatals;
    int fulls;          /* how often the disk was said to be full */
    bool full_ends;     /* then the journal is closed */
    struct error error; /* the last one, of opening or fatal */
};

static inline void place_make(struct place *place)
{
    memset(place, 0, sizeof *place);
    snprintf(place->folder, sizeof place->folder, "/tmp/riposte-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/journal.db", place->folder);
    assert_int_equal(uv_loop_init(&place->loop), 0);
}

static inline void place_fatal(void *arg, const struct error *error)
{
    struct place *place = arg;

    place->fatals++;
    place->error = *error;
}

static inline void place_full(void *arg, bool full)
{
    struct place *place = arg;

    place->fulls += full;
    if (!full || !place->full_ends)
        return;
    journal_close(place->journal);
    place->journal = NULL;
}

static inline int place_try(struct place *place, const char *path)
{
    struct journal_config config = {
        .path = path,
        .loop = &place->loop,
        .fatal = place_fatal,
        .full = place_full,
        .arg = place,
    };

    return journal_open(&place->journal, &config, &place->error);
}

static inline void place_open(struct place *place)
{
    if (place_try(place, place->path))
        print_error("%s: %s\n", place->error.where, place->error.text);
    assert_non_null(place->journal);
}

/* Runs the loop until nothing is pending. */
static inline void place_settle(struct place *place)
{
    uv_run(&place->loop, UV_RUN_DEFAULT);
}

static inline void place_shut(struct place *place)
{
    journal_close(place->journal);
    place->journal = NULL;
    place_settle(place);
}

static inline void place_reopen(struct place *place)
{
    place_shut(place);
    place_open(place);
}

/* The loop must have nothing left: a handle that leaks fails here. */
static inline void place_remove(struct place *place)
{
    DIR *dir = opendir(place->folder);
    struct dirent *entry;

    assert_int_equal(uv_loop_close(&place->loop), 0);
    assert_non_null(dir);
    while ((entry = readdir(dir)))
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    assert_int_equal(rmdir(place->folder), 0);
}

/* One integer from the closed journal's file, by SQLite alone. */
static inline int64_t place_query(const struct place *place, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    int64_t value;

    assert_int_equal(
        sqlite3_open_v2(place->path, &db, SQLITE_OPEN_READWRITE, "unix"),
        SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL))
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

static inline void place_check_integrity(const struct place *place)
{
    assert_int_equal(place_query(place, "SELECT count(*) = 1 AND "
                                        "min(integrity_check) = 'ok' "
                                        "FROM pragma_integrity_check"),
                     1);
    assert_int_equal(
        place_query(place, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
}

static inline int descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static inline struct journal_alarm alarm_with(const char *id, const char *raw)
{
    return (struct journal_alarm){
        .row = {.id = id,
                .source = "sshd",
                .raw = str_of(raw),
                .time = 1000,
                .received = 2000,
                .count = 1},
    };
}

static inline void count_done(void *arg)
{
    ++*(int *)arg;
}

/* The seed of a randomised test: SEED, or a new one; printed. */
static inline unsigned seed_of(const char *test)
{
    const char *text = getenv("SEED");
    unsigned seed = text ? (unsigned)strtoul(text, NULL, 10)
                         : (unsigned)uv_hrtime() ^ (unsigned)getpid();

    print_message("%s: SEED=%u\n", test, seed);
    srandom(seed);
    return seed;
}

#endif
