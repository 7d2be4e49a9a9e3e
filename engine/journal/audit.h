#ifndef RIPOSTE_JOURNAL_AUDIT_H
#define RIPOSTE_JOURNAL_AUDIT_H

#include "journal/db.h"
#include "journal/journal.h"

/*
 * The audit: one row for everything that was decided or done, in the
 * transaction of what it is about. Each row's hash covers the one before:
 *
 *   hash(n) = SHA-256(part(hash(n-1)) part(n) part(time) part(kind)
 *                     part(body))
 *
 * where part(x) is x as text behind its length (64 bits, big-endian), numbers
 * are decimal, time is in milliseconds since 1970, and hash(0) is the
 * journal's id.
 */

/* Reads the last row; an empty audit has n 0 and the journal's id. */
int audit_open(struct db *db, struct audit_head *head, struct error *error);

/* Appends a row in the transaction under way. body is a JSON object. */
int audit_append(struct db *db, const char *kind, int64_t time, struct str body,
                 struct error *error);

/* The hash of the row that follows head, into its hash; head->n moves on. */
void audit_extend(struct audit_head *head, const char *kind, int64_t time,
                  struct str body);

#endif
