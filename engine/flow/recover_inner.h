#ifndef RIPOSTE_FLOW_RECOVER_INNER_H
#define RIPOSTE_FLOW_RECOVER_INNER_H

#include "flow/flow_inner.h"

/*
 * What recover.c and recover_run.c share. All is read before anything is
 * written (see journal.h).
 */
struct left_alarm { /* a row, with its texts owned */
    char *id, *source, *raw;
    size_t raw_len;
    int64_t time, received, count;
};
struct left_run { /* an open run, all owned */
    int64_t number;
    char *policy; /* NULL: a manual run */
    char *set;
    bool has_alarm;
    struct left_alarm alarm;
    struct buf request; /* empty, or what it asks when it is due */
    int64_t due;
    enum run_cause cause;
    int64_t lease;
    struct step *steps;
    size_t nsteps, cap;
    char *unreadable; /* why a step cannot be read, or NULL */
};

/* The alarm as it was, by its source in that set; NULL and the reason. */
struct alarm *left_alarm_again(const struct left_alarm *left,
                               const struct set *set, struct error *error);

/* The home of the set in which the run began; NULL and the reason. Reads the
 * journal. */
struct home *left_run_home(struct flow *flow, const char *hash,
                           struct error *error);

/* Goes on with the run, or parks it. home: NULL, and why. */
void left_run_resume(struct flow *flow, struct left_run *left,
                     struct home *home, const struct error *why);

#endif
