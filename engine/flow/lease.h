#ifndef RIPOSTE_FLOW_LEASE_H
#define RIPOSTE_FLOW_LEASE_H

#include "flow/flow_inner.h"
#include "gate/lease.h"

/*
 * Keeps what is in force: verifies it, and undoes it when nobody holds it any
 * more. Each undo and each verify is a run of its own of one step. What is
 * owed follows from the lease's row alone, so that an engine that starts
 * after a crash goes on with it.
 */
enum {
    LEASE_RETRY_FIRST = 10 * 1000,    /* ms: a device that restarts is back */
    LEASE_RETRY_FACTOR = 3,           /* so that a long outage is not hurried */
    LEASE_RETRY_MAX = 60 * 60 * 1000, /* ms */
    LEASE_TRIES = 8, /* undos that fail, over about two hours: then a person */
    LEASE_TOLD_MAX = 20, /* lines at a start: more are not read */
    LEASE_LOOKS_MAX = 4, /* verified by the timer at once: lanes stay free for
                            what alarms ask, however many are overdue */
    LEASE_SPREAD = 4,    /* the time between two is longer by up to this part,
                            so that leases that began together part */
};

/* ms between two of the timer's verifies of that lease. */
int64_t lease_pause(int64_t lease, int64_t every);
/* ms until an undo is tried again that failed so often. */
int64_t lease_retry_after(int64_t attempts);

/* Reads the sets of the leases: before the journal's first write. */
void lease_recover(struct flow *flow);
/* From now on they are kept. */
void lease_keep(struct flow *flow);
void lease_rearm(struct flow *flow);  /* the settings have changed */
void lease_forget(struct flow *flow); /* none any more; the gate may go */
void lease_free_keepers(struct flow *flow);
/* The run was the engine's own, and is over: what comes of it, in the
 * transaction of its end. */
void lease_run_over(struct run *run);
/* An open run that an earlier process left. */
void lease_adopt(struct run *run);
/* Is its lease still to be undone? */
bool lease_run_due(const struct run *run);
/* The run is to put a drift right, and its action is not to be asked for
 * (again): it has been, or is not wanted any more; then the run ends. */
bool lease_run_idle(struct run *run);
/* The gate has a lane for its step: is it still to be started? */
bool lease_run_wanted(void *run);

#endif
