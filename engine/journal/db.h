#ifndef RIPOSTE_JOURNAL_DB_H
#define RIPOSTE_JOURNAL_DB_H

#include "base/error.h"
#include "base/str.h"
#include "journal/chain.h"
#include "journal/schema.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The one SQLite connection: opened with what durability and safety ask for,
 * its statements prepared once. It knows no threads: whoever owns the
 * connection calls, one at a time. No error pointer here may be NULL.
 */
struct db {
    char *path; /* owned: for messages */
    sqlite3 *handle;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    int wal_pages;          /* in the write-ahead log after the last commit */
    struct audit_head head; /* of the audit's last row */
    bool forgotten;         /* retention removed alarms */
    bool full;              /* the last failure was that there is no room */
    bool failed; /* the log is left as it is, for recovery at the next open */
};

/* open.c. Opens or creates the file (mode 0600), or ":memory:", and brings it
 * to JOURNAL_SCHEMA. Where it fails nothing is left open, and db_close may
 * be called or not. */
int db_open(struct db *db, const char *path, struct error *error);
void db_close(struct db *db);

/* A value for a statement; what it points to must live until the statement
 * was run. */
struct db_value {
    int type; /* SQLITE_NULL, SQLITE_INTEGER, SQLITE_TEXT, SQLITE_BLOB */
    int64_t integer;
    struct str bytes;
};
struct db_value db_integer(int64_t integer);
struct db_value db_text(const char *text); /* NULL is NULL */
struct db_value db_json(struct str json);  /* text; empty is NULL */
struct db_value db_blob(struct str bytes); /* empty is an empty blob */

struct db_row {
    const struct db_value *values;
    size_t count;
};
#define DB_ROW(...)                                                            \
    ((struct db_row){(const struct db_value[]){__VA_ARGS__},                   \
                     sizeof((const struct db_value[]){__VA_ARGS__}) /          \
                         sizeof(struct db_value)})

/* Runs SQL text without values. */
int db_exec(struct db *db, const char *sql, struct error *error);
/* Runs a statement that gives no rows. Returns how many rows it changed, or
 * a negative code. */
int db_run(struct db *db, enum statement which, struct db_row row,
           struct error *error);
/* Runs a statement that gives at most one row of one integer: 1 and the
 * integer, 0 where there is none, or a negative code. */
int db_find(struct db *db, enum statement which, struct db_row row,
            int64_t *found, struct error *error);

/* For reading: NULL, or a statement for sqlite3_finalize. */
sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct db_row row,
                         struct error *error);
/* 1: a row; 0: no more; negative: failed. */
int db_step(struct db *db, sqlite3_stmt *statement, struct error *error);
/* A column's bytes, valid until the next step; never a NULL pointer. */
struct str db_column(sqlite3_stmt *statement, int column);
/* A column's text, NULL where it is NULL. */
const char *db_column_text(sqlite3_stmt *statement, int column);

bool db_in_use(struct db *db); /* is a statement between its rows? */

int db_begin(struct db *db, struct error *error);
int db_commit(struct db *db, struct error *error);
void db_rollback(struct db *db);
/* After a failure that was rolled back: true where it was want of room, so
 * that it may be tried again. Nothing else may: what an fsync could not write
 * may be gone from the page cache. */
bool db_go_on(struct db *db);
/* Moves the write-ahead log into the database. */
int db_checkpoint(struct db *db, struct error *error);

/* Fills the error from what SQLite said last and returns its code. */
int db_failed(struct db *db, struct error *error);

#endif
