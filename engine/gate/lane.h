#ifndef RIPOSTE_GATE_LANE_H
#define RIPOSTE_GATE_LANE_H

#include "model/catalogue.h"

/*
 * Lanes: how many actions run at once, in total, per action, and one at a
 * time per target. A ticket waits for its target, then for its action, then
 * for a place in total, first come first served at each; what it holds it
 * keeps until lane_leave. Every step costs the same however many wait.
 */
struct lanes;

enum { LANES_TOTAL = 64 /* default; each running action is two processes */ };

struct ticket {
    void (*enter)(void *arg); /* called once: it may start */
    void *arg;
    struct lane *lanes[3]; /* the lanes' own affair from here on */
    struct ticket *prev, *next;
    int stage;
};

struct lanes *lanes_new(unsigned total);
void lanes_free(struct lanes *lanes); /* nobody may be in them */

/* target: canonical text, or NULL. The action's target lane is its plugin's,
 * so that an action, its Undo and its Verify share it. enter may be called
 * before this returns, and may call lane_enter and lane_leave. The ticket is
 * the caller's and must live until lane_leave returned. */
void lane_enter(struct lanes *lanes, struct ticket *ticket,
                const struct action *action, const char *target,
                void (*enter)(void *arg), void *arg);
/* It is inside already, however full its lanes are: an action that an earlier
 * engine left running. */
void lane_hold(struct lanes *lanes, struct ticket *ticket,
               const struct action *action, const char *target);
/* Gives everything back, or gives up waiting (then enter is not called). */
void lane_leave(struct lanes *lanes, struct ticket *ticket);

size_t lanes_inside(const struct lanes *lanes);  /* have entered */
size_t lanes_waiting(const struct lanes *lanes); /* have not yet */

#endif
