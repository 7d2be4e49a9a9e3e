#ifndef RIPOSTE_GATE_WEIGH_H
#define RIPOSTE_GATE_WEIGH_H

#include "gate/budget.h"
#include "gate/judge.h"

/*
 * The rules that a person can agree to: budgets, and what always needs an
 * approval.
 */

/* The rule that refuses, with the reason in error, or NULL; then need, zeroed
 * before, has what a person would have to agree to: no rules, nothing. */
const char *weigh(const struct gate *gate, const struct gate_ask *ask,
                  const struct judged *judged, struct gate_need *need,
                  struct error *error);

/* Does it have to wait for a person because policies are paused? */
bool weigh_paused(const struct gate *gate, const struct gate_ask *ask);

/* What the ask would use of the budgets. */
struct budget_what weigh_what(const struct gate_ask *ask,
                              const struct judged *judged);

#endif
