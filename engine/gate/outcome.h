#ifndef RIPOSTE_GATE_OUTCOME_H
#define RIPOSTE_GATE_OUTCOME_H

#include "exec/frame.h"
#include "model/step.h"

/*
 * From what the executor says about a job to the answer of a step: the
 * action's overlay decides what counts as success.
 */

enum {
    SECRET_MIN = 4, /* bytes: hiding a shorter one would blot out output that
                       has nothing to do with it, and show where it stands */
};

/* The values are those that the job was started with: where an encrypted one
 * stands in its output, *** stands in the answer. The caller owns it. */
struct answer *outcome_answer(const struct action *action,
                              const struct values *values,
                              const struct result *result);

#endif
