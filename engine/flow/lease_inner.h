#ifndef RIPOSTE_FLOW_LEASE_INNER_H
#define RIPOSTE_FLOW_LEASE_INNER_H

#include "flow/lease.h"

/* What the files of leases share: what keeps one lease. */
struct keeper {
    struct keeper *prev, *next; /* of the flow's list */
    struct flow *flow;
    struct lease *lease; /* the gate's; it goes first */
    struct home *home;   /* held: its set, or that in force */
    struct due due;
    struct run *run;     /* its undo or verify, while it is open */
    struct run *restore; /* what puts its drift right, while that is open */
    enum lease_state before;
    bool fresh;  /* to be verified: its action has just ended */
    bool looked; /* verified, and now to be undone */
    bool stale;  /* its action was started since its verify began */
    bool timed;  /* its verify is the timer's */
    bool queued; /* its time has come; it waits in flow->looks */
    struct keeper *earlier, *later; /* there */
};

/* Rings when something is to be done about it. */
void keeper_arm(struct keeper *keeper);
/* lease_run.c: the action that is asked for that cause, or NULL. */
const struct action *keeper_action(const struct keeper *keeper,
                                   enum run_cause cause);
/* The same with the lease's values. whole: they are all in the journal. */
struct request *keeper_request(const struct keeper *keeper,
                               const struct action *action, bool *whole);
/* A run of the engine's own. Takes the request. */
struct run *keeper_begin(struct keeper *keeper, struct request *request,
                         enum run_cause cause);
/* Why it did not go well, in words. answer: or NULL. */
const char *keeper_reason(const struct run *run, const struct answer *answer);
/* Starts a run. Where there is no such action, what follows from that. */
void keeper_verify(struct keeper *keeper);
void keeper_undo(struct keeper *keeper);

/* lease_look.c: when its Verify is due by the timer; -1: never. */
int64_t keeper_next_look(const struct keeper *keeper);
/* Now, or as soon as there is room for it. */
void keeper_look(struct keeper *keeper);
void keeper_unqueue(struct keeper *keeper);
/* Its verify is over. */
void keeper_looked(struct keeper *keeper);

/* lease_drift.c: what follows from what Verify said, in the transaction of
 * that. */
void keeper_found(struct keeper *keeper);
void keeper_missed(struct keeper *keeper);
/* The run that was to put it right is over. answer: or NULL. */
void keeper_restored(struct keeper *keeper, struct run *run,
                     const struct answer *answer);
/* Is it still to be asked for? */
bool restore_wanted(const struct run *run);
/* It is undone, or in force again: its restore ends in a turn of the loop. */
void keeper_drop_restore(struct keeper *keeper);

#endif
