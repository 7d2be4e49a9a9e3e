#ifndef RIPOSTE_POLICY_STATE_H
#define RIPOSTE_POLICY_STATE_H

#include "model/alarm.h"
#include "model/step.h"
#include "policy/policy.h"

/*
 * A Lua state in which the runs of one policy live, as coroutines. It is a
 * cache: a run can always be started again in a fresh state and is then fed
 * its recorded answers. lua/riposte/run.lua is the only place that resumes.
 *
 * All callbacks may come from inside policy_state_start and
 * policy_state_answer. From inside a callback none of this file's functions
 * may be called for the same state: queue it.
 */
struct policy_state;

enum {
    POLICY_MEMORY_MAX = 16 * 1024 * 1024, /* bounds the longest single C
                                             call in Lua to under a second */
    POLICY_SLICE_MAX = 10 * 1000 * 1000,  /* instructions between two
                                             requests of a run */
    POLICY_STEPS_MAX = 1000,              /* steps of a run */
};

struct policy_events {
    /* Was this step asked before? 0: never; 1: yes, *answer is what came
     * (the callee's, valid until the run's next event); -1: something else
     * was asked at that step: the run is parked by the state. An intent
     * whose answer is not known is answered by ask, not here. */
    int (*past)(void *run, unsigned step, const struct request *request,
                const struct answer **answer);
    /* The run asks; the request is the callee's now. It must be answered
     * once, later, by policy_state_answer. */
    void (*ask)(void *run, unsigned step, struct request *request);
    /* The run is over: RUN_DONE, RUN_FAILED (error: the policy's file:line
     * and what was raised), or RUN_PARKED (budget, memory, or divergence;
     * error says which). */
    void (*done)(void *run, enum run_outcome outcome, const char *error);
};

int policy_state_new(struct policy_state **state, const struct policy *policy,
                     const struct policy_events *events, struct error *error);
/* Drops every run in it without any callback. NULL is fine. */
void policy_state_free(struct policy_state *state);

/* run names the run in callbacks; the alarm is referenced while it lasts. */
void policy_state_start(struct policy_state *state, void *run,
                        struct alarm *alarm);
void policy_state_answer(struct policy_state *state, void *run, unsigned step,
                         const struct answer *answer);

/* Forgets a run, without a callback; whatever it waits for. */
void policy_state_drop(struct policy_state *state, void *run);

/* True once memory or budget ran out: the run on the CPU was parked; free the
 * state and start the other runs that live in it again elsewhere. Nothing may
 * be started or answered in it any more. */
bool policy_state_spent(const struct policy_state *state);
/* True where the runs in it hold so much memory that one of them may soon run
 * out of it because of the others: let all that wait go, as above. */
bool policy_state_full(struct policy_state *state);

/* Lua's version. Returns 0. */
int policy_library(const char **version, struct error *error);

#endif
