#ifndef RIPOSTE_JOURNAL_CHAIN_H
#define RIPOSTE_JOURNAL_CHAIN_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The chain of the audit's records: each one's hash covers the one before.
 *
 *   hash(n) = SHA-256(part(hash(n-1)) part(n) part(time) part(kind)
 *                     part(body))
 *
 * where part(x) is x as text behind its length (64 bits, big-endian), numbers
 * are decimal, time is in milliseconds since 1970, and hash(0) is the
 * journal's id. docs/audit.md says it to others.
 */
struct audit_head { /* of a record; of none yet: n 0 and the journal's id */
    int64_t n;
    char hash[HASH_HEX];
};

struct audit_record {
    int64_t n;
    int64_t time;
    const char *kind;
    struct str body; /* a JSON object */
    const char *hash;
};

/* The hash of the record that follows head, into its hash; head->n moves on. */
void audit_extend(struct audit_head *head, const char *kind, int64_t time,
                  struct str body);

/* ---- checking ---------------------------------------------------------- */

enum chain_fault {
    CHAIN_WHOLE,
    CHAIN_CHANGED,   /* record n is not what was written */
    CHAIN_MISSING,   /* records n to other are not there */
    CHAIN_SWAPPED,   /* record n stands where record other belongs */
    CHAIN_CUT,       /* the log ends before n; the kept head is record other */
    CHAIN_NOT_KEPT,  /* record n is another than the kept head's: the log was
                        written anew, from n or from before it */
    CHAIN_UNREACHED, /* the kept head lies before the first record */
};

/*
 * Looks for the first break. Records are given in the order of the log; after
 * a break the rest is looked through once more for what belongs there, so
 * that the fault can be named. Holds nothing of a record.
 */
struct chain {
    struct audit_head start; /* what the first record follows */
    struct audit_head head;  /* the last record that is whole */
    struct audit_head kept;  /* n -1: none */
    bool kept_seen;
    enum chain_fault fault;
    int64_t n, other;
    /* After a break: the record that stands there. */
    struct audit_head stood;
    bool first; /* none came since */
    bool ended; /* the fault is known for certain */
};

/* kept: a head that somebody kept, or NULL. */
void chain_begin(struct chain *chain, const struct audit_head *start,
                 const struct audit_head *kept);
/* The next record. */
void chain_add(struct chain *chain, const struct audit_record *record);
/* What is in the place of the next record is no record at all. */
void chain_add_junk(struct chain *chain);
/* There are no more. */
enum chain_fault chain_end(struct chain *chain);

#endif
