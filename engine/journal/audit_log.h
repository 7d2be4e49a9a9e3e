#ifndef RIPOSTE_JOURNAL_AUDIT_LOG_H
#define RIPOSTE_JOURNAL_AUDIT_LOG_H

#include "base/buf.h"
#include "base/error.h"
#include "journal/chain.h"

/*
 * The audit, read by whoever has the state folder's lock; and its records as
 * lines of text, for those who have no journal.
 */
struct audit_log;

/* ERROR_NOT_FOUND where there is no journal yet. */
int audit_log_open(struct audit_log **log, const char *path,
                   struct error *error);
void audit_log_close(struct audit_log *log); /* NULL is fine */

const char *audit_log_id(const struct audit_log *log);
/* Of the last record, whose time goes into *time (0: there is none yet). */
struct audit_head audit_log_head(const struct audit_log *log, int64_t *time);
/* The number of the first record of that time or later, or of the one that
 * would come next. */
int audit_log_since(struct audit_log *log, int64_t time, int64_t *n,
                    struct error *error);
/* The head that a log has which begins with record n; INT64_MIN: with the first
 * that there is, behind those that retention removed. */
int audit_log_before(struct audit_log *log, int64_t n, struct audit_head *head,
                     struct error *error);

/* Every record from n on, in slices. What it is given lives during the call;
 * a negative return ends the reading and is returned. */
typedef int (*audit_log_fn)(void *arg, const struct audit_record *record);
int audit_log_read(struct audit_log *log, int64_t n, audit_log_fn each,
                   void *arg, struct error *error);

/* Did retention remove that run, after record n? 1, 0, or negative. */
int audit_log_removed(struct audit_log *log, int64_t run, int64_t n,
                      struct error *error);

/* audit_tables.c: does what the record says of a run or a step stand in the
 * tables? 1: yes, or a later record is about the same, or it says nothing of
 * them; 0: no, and difference is said in words. */
int audit_log_compare(struct audit_log *log, const struct audit_record *record,
                      struct buf *difference, struct error *error);

/* audit_rows.c: has every row of the tables a record, and is it as its last
 * one says? Once; 1, 0 or negative as above. */
int audit_log_rows(struct audit_log *log, struct buf *difference,
                   struct error *error);

/* ---- as text ------------------------------------------------------------ */

/* The first line: which journal, and which head the first record follows.
 *   {"journal":"ID","n":0,"hash":"ID"}
 * A record: the body stands last, as its own bytes.
 *   {"n":1,"time":"2026-11-24T…Z","kind":"set","hash":"HEX","body":{…}} */
void audit_put_start(struct buf *buf, const char *id,
                     const struct audit_head *head);
void audit_put_record(struct buf *buf, const struct audit_record *record);

enum {
    AUDIT_KIND_MAX = 32,
    AUDIT_ID_MAX = 17,
    /* A line: a body has three parts of 16 KiB at most, and names. */
    AUDIT_LINE_MAX = 1024 * 1024,
};
struct audit_line {
    struct audit_record record; /* body points into the line */
    char kind[AUDIT_KIND_MAX], hash[HASH_HEX];
};
/* A line without its LF: true where it is, byte for byte, what the functions
 * above put. */
bool audit_take_start(struct str line, char id[AUDIT_ID_MAX],
                      struct audit_head *head);
bool audit_take_record(struct str line, struct audit_line *out);

#endif
