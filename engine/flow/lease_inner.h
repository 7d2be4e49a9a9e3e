#ifndef RIPOSTE_FLOW_LEASE_INNER_H
#define RIPOSTE_FLOW_LEASE_INNER_H

#include "flow/lease.h"

/* What lease.c and lease_run.c share: what keeps one lease. */
struct keeper {
    struct keeper *prev, *next; /* of the flow's list */
    struct flow *flow;
    struct lease *lease; /* the gate's; it goes first */
    struct home *home;   /* held: its set, or that in force */
    struct due due;
    struct run *run; /* its undo or verify, while it is open */
    enum lease_state before;
    bool fresh;  /* to be verified: its action has just ended */
    bool looked; /* verified, and now to be undone */
};

/* Rings when something is to be done about it. */
void keeper_arm(struct keeper *keeper);
/* Starts a run. Where there is no such action, what follows from that. */
void keeper_verify(struct keeper *keeper);
void keeper_undo(struct keeper *keeper);

#endif
