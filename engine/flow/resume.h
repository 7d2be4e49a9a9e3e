#ifndef RIPOSTE_FLOW_RESUME_H
#define RIPOSTE_FLOW_RESUME_H

#include "flow/flow_inner.h"
#include "gate/lease.h"

/*
 * What becomes of actions that were under way when an engine died. Where the
 * executor is still the one that they were sent to, they are asked of it
 * again. Where it is another one, context actions are started once more, and
 * remediations are looked at by their Verify. Where that cannot tell, the
 * step is Unknown, its run is parked, and a person decides (riposte resolve).
 */

/* asked.c: one action that the gate has, that a Verify is about, or that waits
 * for a person; answered once, or freed with its run. */
struct asked {
    struct asked *prev, *next; /* of its list */
    struct asked **list;       /* of the run: asked, or parked */
    struct run *run;           /* owned reference */
    unsigned step;
    struct request *request; /* owned */
    struct agreed agreed;
    struct gate_ask ask;
    struct lease *lease; /* that it is of, while a Verify looks; or NULL */
    bool doubtful;       /* it ran into its time-out, and its Verify looks */
};
/* Takes the request; the gate is not asked yet. */
struct asked *asked_new(struct run *run, unsigned step,
                        struct request *request);
/* The answer, which is taken, is on its way into the journal. asked is gone. */
void asked_end(void *asked, struct answer *answer, const struct argv *argv);

/* again.c */
/* The action that a recorded request asks for, or NULL where the set has no
 * such one. whole: are all its values in the record? */
struct request *request_again(const struct json *root, const struct set *set,
                              bool *whole);
/* An action with values as a record has them (an object, or NULL). */
struct request *request_with(const struct action *action,
                             const struct json *params, bool *whole);
/* Another action with the values that have the same names in both. */
struct request *request_like(const struct request *request,
                             const struct action *action);

/* resume.c */
/* All that the run has under way. set: its set could be had. */
void run_take_up(struct run *run, bool set);
/* One of them. Takes the request. */
void run_resume(struct run *run, unsigned step, struct request *request);
/* The run ends: what it has not asked again becomes Unknown. */
void run_give_up_left(struct run *run);
/* It ran into its time-out. */
void run_verify_doubtful(struct asked *asked);
/* The Verify in that run has answered. */
void run_verified(struct run *run, const struct answer *answer);
/* The step was answered Unknown. request may be NULL. */
void run_park_unknown(struct run *run, unsigned step,
                      const struct request *request);

#endif
