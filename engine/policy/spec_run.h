#ifndef RIPOSTE_POLICY_SPEC_RUN_H
#define RIPOSTE_POLICY_SPEC_RUN_H

#include "model/alarm.h"
#include "policy/policy.h"

#include <lua.h>

/*
 * One run of a policy in a state of its own, for a spec. On the stack: at 3
 * the function that answers (request table → answer table), at 4 nil or what
 * was recorded: a list of { text = …, answer = … } by step. Pushes the trace:
 * { outcome, error, steps = { { step, kind, …, text, answer }, … } }, where
 * steps are those that were asked of the function.
 */
void spec_run(lua_State *L, const struct policy *policy, struct alarm *alarm);

void spec_run_open(lua_State *L); /* once, before */

#endif
