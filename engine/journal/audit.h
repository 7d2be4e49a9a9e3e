#ifndef RIPOSTE_JOURNAL_AUDIT_H
#define RIPOSTE_JOURNAL_AUDIT_H

#include "journal/db.h"
#include "journal/journal.h"

/*
 * The audit: one row for everything that was decided or done, in the
 * transaction of what it is about. Each row's hash covers the one before, as
 * chain.h says.
 */

/* Reads the last row; an empty audit has n 0 and the journal's id. */
int audit_open(struct db *db, struct audit_head *head, struct error *error);

/* Appends a row in the transaction under way. body is a JSON object. */
int audit_append(struct db *db, const char *kind, int64_t time, struct str body,
                 struct error *error);

/* audit_log.c: its connection. */
struct audit_log;
struct db *audit_log_db(struct audit_log *log);
/* The same: makes the table "gone" of what retention removed. */
int audit_log_gone(struct audit_log *log, struct error *error);

#endif
