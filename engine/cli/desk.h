#ifndef RIPOSTE_CLI_DESK_H
#define RIPOSTE_CLI_DESK_H

#include "base/buf.h"
#include "cli/command.h"
#include "cli/held.h"
#include "flow/flow.h"
#include "flow/person.h"

/*
 * Commands that work on the journal: each reads, then perhaps changes
 * something, and says what came of it. The journal is the command's own while
 * no engine has it; else the engine does the same at its own desk, for
 * whoever asks on its control socket (control.c). So a part must not rely on
 * whose process it is in: what it says goes into out, not to stdout.
 */
struct serve;
struct desk {
    const struct args *args;
    const struct desk_work *work;
    char *site;           /* owned: its absolute path */
    struct set *set;      /* owned reference, where the work wants one */
    struct person caller; /* owned: who asks */
    bool root;            /* and may decide in another's name */
    struct journal *journal;
    struct flow *flow;   /* the engine that works on the journal, or NULL */
    struct serve *serve; /* what that engine is in, or NULL */
    struct buf out;      /* owned: for stdout, once all is on the disk */
    struct buf notes;    /* owned: for stderr, lines */
    struct error error;
    int status; /* of the exit, where there is no error */
    void *mine; /* owned: what the work keeps between its parts */
};

/* Each returns 0, or negative with desk->error filled. One that is NULL does
 * nothing. In this order, as far as none fails; end in any case. */
struct desk_work {
    size_t size; /* of mine, zeroed; 0: none */
    int flags;   /* of set_load, where set is wanted */
    bool wants_set;
    bool of_engine;                  /* DESK_PASS where no engine works on it */
    bool may_lack;                   /* nothing is said where there is no
                                        journal yet */
    int (*begin)(struct desk *desk); /* the arguments */
    int (*look)(struct desk *desk);  /* reads; in any thread */
    int (*change)(struct desk *desk); /* queues writes, and tells desk->flow */
    void (*say)(struct desk *desk);   /* the last words, when all is written */
    void (*end)(struct desk *desk);
};

/* All of it, with the journal of the site: an exit status; or DESK_PASS, with
 * nothing said: the command's run has the next word. */
enum { DESK_PASS = -1 };
int desk_run(const struct args *args, const struct desk_work *work);

/* The parts, for an engine that has the journal open. Zeroed, with args, work,
 * site, set, caller, root, journal and flow filled, which it owns then. */
int desk_begin(struct desk *desk);
int desk_look(struct desk *desk);
int desk_change(struct desk *desk);
/* What came of it: the exit status. out and notes are complete. */
int desk_end(struct desk *desk, int code);
void desk_clear(struct desk *desk);

#endif
