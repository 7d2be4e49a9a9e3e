#ifndef RIPOSTE_JOURNAL_FIND_H
#define RIPOSTE_JOURNAL_FIND_H

#include "journal/chain.h"
#include "journal/journal.h"

/*
 * What people look for in the journal: the newest of a kind, by time, policy
 * and state; and all that belongs to one alarm, run, step or lease. All of it
 * before the first write only, and by indexes.
 */
enum journal_kind {
    JOURNAL_ALARMS,
    JOURNAL_RUNS,
    JOURNAL_STEPS,
    JOURNAL_LEASES,
    JOURNAL_APPROVALS,
    JOURNAL_SETS,
};

struct journal_filter {
    int64_t since, until; /* from, and up to but not at; INT64_MIN, INT64_MAX:
                             any */
    const char *policy;   /* NULL: any */
    const char *state;    /* a journal_state; NULL: any */
    int64_t limit;
};
/* The states that such a thing may have; NULL behind the last. */
const char *journal_state(enum journal_kind kind, size_t index);
/* Has such a thing a policy? */
bool journal_of_policy(enum journal_kind kind);

/* The newest that fit, the newest first, at most filter->limit; by number, or
 * by time where the filter has one. What each is given lives during the call; a
 * negative return ends the reading and is returned. */
struct journal_alarm_found {
    struct journal_alarm_row row;
    bool fresh; /* it is not matched yet */
    int64_t runs;
};
int journal_find_alarms(struct journal *journal,
                        const struct journal_filter *filter,
                        int (*each)(void *arg,
                                    const struct journal_alarm_found *row),
                        void *arg, struct error *error);
int journal_find_runs(struct journal *journal,
                      const struct journal_filter *filter,
                      int (*each)(void *arg,
                                  const struct journal_history_row *row),
                      void *arg, struct error *error);

struct journal_step_found {
    struct journal_step_row row;
    const char *status;
    const char *policy, *alarm; /* of its run; or NULL */
    int64_t started, ended;     /* ended 0: it is not */
    int64_t attempt;            /* how often it was sent */
};
int journal_find_steps(struct journal *journal,
                       const struct journal_filter *filter,
                       int (*each)(void *arg,
                                   const struct journal_step_found *row),
                       void *arg, struct error *error);

struct journal_set_found {
    const char *hash;
    int64_t created; /* when it was stored */
    int64_t files, runs;
    int64_t since; /* when it came into force last; 0: no alarm was matched */
    int64_t until; /* 0: until now, or it never was */
};
int journal_find_sets(struct journal *journal,
                      const struct journal_filter *filter,
                      int (*each)(void *arg,
                                  const struct journal_set_found *row),
                      void *arg, struct error *error);
/* journal_find_approvals, journal_find_leases: approval.h, lease.h. */

/* Those whose id, or hash, begins so: at most two. */
int journal_find_alarm(struct journal *journal, const char *prefix,
                       int (*each)(void *arg,
                                   const struct journal_alarm_found *row),
                       void *arg, struct error *error);
int journal_find_set(struct journal *journal, const char *prefix,
                     int (*each)(void *arg,
                                 const struct journal_set_found *row),
                     void *arg, struct error *error);

/* ---- what belongs to one -------------------------------------------------
 */

/* Every run of an alarm; of a lease. By number. */
int journal_read_runs_of_alarm(
    struct journal *journal, const char *alarm,
    int (*each)(void *arg, const struct journal_history_row *row), void *arg,
    struct error *error);
/* Of the verifies, which a timer may start, the newest alone: */
#define JOURNAL_VERIFIES_SHOWN "20"
int journal_read_runs_of_lease(
    struct journal *journal, int64_t lease,
    int (*each)(void *arg, const struct journal_history_row *row), void *arg,
    struct error *error);
/* A run's steps, or (step not 0) that one. */
int journal_read_steps_of(struct journal *journal, int64_t run, unsigned step,
                          int (*each)(void *arg,
                                      const struct journal_step_found *row),
                          void *arg, struct error *error);
/* What the audit has of a step beside asking and answer: budgets that it
 * used, a lease that it held, that it was sent again, a person's decision. */
int journal_read_traces(struct journal *journal, int64_t run, unsigned step,
                        int (*each)(void *arg,
                                    const struct audit_record *record),
                        void *arg, struct error *error);

#endif
