#ifndef RIPOSTE_FLOW_SCHEDULE_H
#define RIPOSTE_FLOW_SCHEDULE_H

#include "flow/flow_inner.h"

/*
 * Policies that time starts. At each due instant of such a policy one alarm
 * of the source "schedule" is made, which only the engine has, and goes the
 * usual way: journalled by an id that names policy and instant, so that no
 * instant runs twice, whatever is killed and however clocks are set. How far
 * each policy has come is journalled beside it, so that the latest instant
 * that was missed can be made up for at the next start.
 */
struct schedule;

struct schedule *schedule_new(struct flow *flow);
void schedule_free(struct schedule *schedule); /* its timer is closed */
void schedule_close(struct schedule *schedule, uv_close_cb closed);

/* Reads what the journal has; before the first write. */
int schedule_read(struct schedule *schedule, struct error *error);
/* From now on instants are run; driven by a timer where drive is set, else by
 * whoever calls schedule_turn (tests). */
void schedule_start(struct schedule *schedule, int64_t now, bool drive);
/* The set in force is another one. Policies that it has for the first time
 * start with their next instant. */
void schedule_swap(struct schedule *schedule, int64_t now);
void schedule_stop(struct schedule *schedule);
/* Runs what is due by now. Returns when it wants to be called again, at most
 * SCHEDULE_NAP from now. */
int64_t schedule_turn(struct schedule *schedule, int64_t now);
enum {
    SCHEDULE_NAP =
        60 * 1000, /* ms: so late is noticed that the clock was set */
};

/* Is the alarm one of the engine's own? */
bool schedule_made(const struct alarm *alarm);
/* The only policy in force that such an alarm starts, or FLOW_NO_POLICY. */
size_t schedule_policy(const struct set *set, const struct alarm *alarm);
/* The alarm is committed; it may be one of the engine's own. */
void schedule_taken(struct schedule *schedule, const struct alarm *alarm);

#endif
