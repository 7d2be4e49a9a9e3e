#ifndef RIPOSTE_JOURNAL_KEEP_H
#define RIPOSTE_JOURNAL_KEEP_H

#include "journal/journal.h"

/*
 * Retention: what is over and was not touched for long goes, the oldest first,
 * in small transactions. docs/retention.md has the rules. What stays, however
 * old: open runs, and those with a step that is Unknown or that holds a lease
 * in force; alarms that are new or that have a run; leases in force, and those
 * that a run refers to; sets that any of these need; records of the audit
 * about any of these. The highest number of each kind stays too, since numbers
 * are never given twice.
 *
 * Of an alarm that went there remains what it takes to recognise it, of
 * records of the audit the hash that the next one follows.
 */
enum keep_kind { KEEP_RUNS, KEEP_ALARMS, KEEP_LEASES, KEEP_SETS, KEEP_KINDS };

/* A pass over the journal: the caller's, zeroed at first, the journal's while
 * a slice is under way. */
struct keep_pass {
    int64_t before; /* what ended, or came, before that time may go */
    int64_t size;   /* bytes in use above which the oldest goes anyway */
    int64_t now;
    const char
        *sets; /* JSON array: sets that are in use; must live until done */
    /* How far it has come. */
    struct keep_at {
        struct keep_place {
            int64_t time, number;
        } places[KEEP_KINDS];
        bool stuck; /* nothing of the audit is worth removing */
    } at;
    int64_t rows; /* that were looked at */
    int64_t used; /* bytes in use after the last slice */
    bool over;    /* the pass is */
    /* The journal's own. */
    struct keep_at next;
    int64_t looked;
    journal_done_fn done;
    void *arg;
};

/* A slice takes a few milliseconds, behind waiting commits. */
void journal_write_keep(struct journal *journal, struct keep_pass *pass,
                        journal_done_fn done, void *arg);

#endif
