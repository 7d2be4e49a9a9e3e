#ifndef RIPOSTE_FLOW_RECOVER_INNER_H
#define RIPOSTE_FLOW_RECOVER_INNER_H

#include "flow/flow_inner.h"

/*
 * What recover.c and recover_run.c share, and replay.c with them: a run as the
 * journal has it. All is read before anything is written (see journal.h).
 */
struct left_alarm { /* a row, with its texts owned */
    char *id, *source, *raw;
    size_t raw_len;
    int64_t time, received, count;
};
struct left_approval {
    int64_t number;
    unsigned step;
    bool question;
    enum approval_state state;
    int64_t expires;
    char *request, *argv, *target, *rules, *said;
};
struct left_run { /* all owned */
    int64_t number;
    char *policy; /* NULL: a manual run */
    char *set;
    bool has_alarm;
    struct left_alarm alarm;
    struct buf request; /* empty, or what it asks when it is due */
    int64_t due;
    int64_t started;
    enum run_cause cause;
    int64_t lease;
    struct step *steps;
    size_t nsteps, cap;
    struct left_approval *approvals; /* by number */
    size_t napprovals, approvals_cap;
    char *unreadable; /* why a step cannot be read, or NULL */
};

/* The row, without its steps; one step (arg: the run), in their order. */
void left_run_take(struct left_run *run, const struct journal_run_row *row);
int left_run_add_step(void *arg, const struct journal_step_row *row);
void left_run_clear(struct left_run *run); /* and zeroes it */

/* The alarm as it was, by its source in that set; NULL and the reason. */
struct alarm *alarm_again(const struct journal_alarm_row *row,
                          const struct set *set, struct error *error);
struct alarm *left_alarm_again(const struct left_alarm *left,
                               const struct set *set, struct error *error);

/* A set of the journal's, for a site's path; flags as for set_build. NULL and
 * the reason. Reads the journal. */
struct set *left_set(struct journal *journal, const char *site,
                     const char *hash, int flags, struct error *error);

/* The home of the set in which the run began; NULL and the reason. Reads the
 * journal. */
struct home *left_run_home(struct flow *flow, const char *hash,
                           struct error *error);

/* recover_approve.c: what people have to decide for runs that are open, or
 * agreed to. Reads the journal. */
int left_read_approvals(struct flow *flow, struct left_run *runs, size_t count,
                        struct error *error);
/* Hands them to the run, and marks the steps that wait for them. */
void left_take_approvals(struct run *run, struct left_run *left);
void left_free_approvals(struct left_run *left);

/* Goes on with the run, or parks it. home: NULL, and why. */
void left_run_resume(struct flow *flow, struct left_run *left,
                     struct home *home, const struct error *why);

#endif
