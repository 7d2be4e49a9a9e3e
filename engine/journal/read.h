#ifndef RIPOSTE_JOURNAL_READ_H
#define RIPOSTE_JOURNAL_READ_H

#include "journal/db.h"
#include "journal/journal.h"

/* read.c: for journal_open. */
int read_next_run(struct db *db, int64_t *run, struct error *error);
int read_id(struct db *db, char id[JOURNAL_ID], struct error *error);

/* read.c: one integer; fallback where there is no row, or NULL. */
int read_integer(struct db *db, const char *sql, struct db_row row,
                 int64_t fallback, int64_t *out, struct error *error);

/* read.c: rows, for whoever reads them in another way. */
#define READ_ALARM "id, source, raw, time, received, count"
struct journal_alarm_row read_alarm(sqlite3_stmt *statement, int column);
#define READ_RUN                                                               \
    "run, policy, set_hash, " READ_ALARM                                       \
    ", request, due, cause, lease, runs.started"
enum { READ_RUN_COLUMNS = 14 };
#define READ_RUNS                                                              \
    "runs LEFT JOIN alarms ON seq = alarm LEFT JOIN waiting USING (run)"
struct journal_run_row read_run(sqlite3_stmt *statement,
                                struct journal_alarm_row *alarm);
#define READ_STEPS                                                             \
    "SELECT run, step, kind, request, answer, incarnation, argv, due, attempt" \
    " FROM steps LEFT JOIN dues USING (run, step)"                             \
    " WHERE run = ? ORDER BY step"
struct journal_step_row read_step(sqlite3_stmt *statement);

/* Ids and hashes are hex digits, behind which 'g' comes: the index ends the
 * search. */
#define READ_BEGINS(column) column " >= ?1 AND " column " < ?1 || 'g'"

/* borrow.c: the connection until it is returned, which every journal_read does
 * before it returns. Waits for the group that is being committed, and for one
 * more where some are queued; in the loop's thread before the first write
 * only. Nests. */
struct db *journal_borrow(struct journal *journal);
void journal_return(struct journal *journal);

#endif
