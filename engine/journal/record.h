#ifndef RIPOSTE_JOURNAL_RECORD_H
#define RIPOSTE_JOURNAL_RECORD_H

#include "journal/audit.h"
#include "model/json_out.h"

/*
 * The bodies of the audit's records: what each write says of itself, in the
 * transaction that carries it out.
 */
struct record {
    struct buf buf;
    struct json_out out;
};

enum {
    /* Bytes of JSON that stand in a record: a request is far shorter, an
     * answer may have two outputs. */
    RECORD_INLINE_MAX = 16384,
};

/* Begins a body; add members to out, then append it. */
void record_begin(struct record *record);
int record_append(struct record *record, struct db *db, const char *kind,
                  int64_t time, struct error *error);

/* The member "run" or "step": "r17", "r17.3". */
void record_run(struct record *record, int64_t run);
void record_step(struct record *record, int64_t run, unsigned step);
/* A member that is JSON; where it is long, its hash and size instead. Nothing
 * where it is empty. */
void record_json(struct record *record, const char *key, struct str json);
/* A member that is a text, or nothing where it is NULL. */
void record_text(struct record *record, const char *key, const char *text);

#endif
