#ifndef RIPOSTE_JOURNAL_JOURNAL_INNER_H
#define RIPOSTE_JOURNAL_JOURNAL_INNER_H

#include "journal/db.h"
#include "journal/journal.h"
#include "journal/write_list.h"

/*
 * The loop's thread queues; the writer's takes a group, commits it, and moves
 * it to `committed`; the loop's moves it on to `delivering` and calls back.
 * A write belongs to one list, or to the thread that took it out of one.
 */
struct journal {
    /* The loop's thread's. */
    uv_async_t async; /* something was committed, or failed */
    void (*fatal)(void *arg, const struct error *error);
    void (*tell_full)(void *arg, bool full); /* or NULL */
    void *arg;
    struct write_list delivering;
    size_t pending;
    int64_t next_run;
    char id[JOURNAL_ID];
    bool writing;           /* a write was queued: db is the writer's */
    struct write_list held; /* between journal_hold and journal_release */
    bool holding;
    bool fatal_told;
    bool full_told;
    bool closing;
    uv_thread_t home; /* the loop's */

    uv_thread_t thread;
    /* The loop's thread's until the first write and after the writer's end,
     * the writer's between, unless somebody has borrowed it. */
    struct db db;
    _Atomic uint64_t commits;

    uv_mutex_t lock;       /* over all that follows */
    uv_cond_t has_work;    /* for the writer: queued, or stopping */
    uv_cond_t has_room;    /* for the writer, while it waits: hasty */
    uv_cond_t has_results; /* for journal_close: committed, or failed */
    uv_cond_t is_free;     /* for journal_borrow: the connection may be */
    struct write_list queued;
    struct write_list committed;
    bool stopping;
    bool working;         /* the writer has the connection */
    unsigned borrowed;    /* somebody else has it: how deep */
    uv_thread_t borrower; /* where borrowed is not 0 */
    bool full;            /* the disk is: the writer waits for room */
    bool hasty;           /* closing: it does not wait any more */
    bool failed;          /* nothing is committed any more */
    struct error error;
};

/* writer.c: the writer's thread; arg is the journal. */
void journal_writer(void *arg);

#endif
