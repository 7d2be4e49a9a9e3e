#ifndef RIPOSTE_FLOW_TELL_H
#define RIPOSTE_FLOW_TELL_H

#include "flow/flow_inner.h"
#include "gate/lease.h"
#include "model/event.h"

/*
 * Events (model/event.h), raised: the alarm is written between the
 * journal_hold and the journal_release of what it tells of, so that there is
 * either both or neither. Where no policy that may run listens, in a dry run,
 * and for what an event led to itself nothing is written.
 */

/* Is the alarm an event? */
bool event_made(const struct alarm *alarm);

/* Of no run. Fills in the time. */
void flow_tell(struct flow *flow, struct event event);
/* The same about a run that somebody asked for, or that puts a drift right;
 * fills in what is the run's. */
void run_tell(struct run *run, struct event event);
/* About a step that asks for that action; NULL: nobody knows which. */
void run_tell_step(struct run *run, unsigned step, const struct action *action,
                   struct event event);
/* About an approval, for that action or none. */
void approval_tell(const struct approval *approval, const struct action *action,
                   enum event_kind kind, const char *text);
/* That it was opened, and which budgets are used up where it is for those. */
void approval_tell_opened(const struct approval *approval,
                          const struct action *action, struct str question);
/* About a lease. */
void lease_tell(struct flow *flow, const struct lease *lease,
                struct event event);
/* The run ends; it is said where it did not go well. */
void run_tell_end(struct run *run);

#endif
