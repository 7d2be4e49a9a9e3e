#ifndef RIPOSTE_GATE_OUTCOME_H
#define RIPOSTE_GATE_OUTCOME_H

#include "exec/frame.h"
#include "model/step.h"

/*
 * From what the executor says about a job to the answer of a step: the
 * action's overlay decides what counts as success.
 */

/* The caller owns it. The slot has hidden secrets in the output already. */
struct answer *outcome_answer(const struct action *action,
                              const struct result *result);

#endif
