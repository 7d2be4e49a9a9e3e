#ifndef RIPOSTE_POLICY_PUSH_H
#define RIPOSTE_POLICY_PUSH_H

#include "model/alarm.h"
#include "model/step.h"

#include <lua.h>

/* Between Lua values and the engine's. All of these may raise. */

/* Objects become tables, arrays sequences, null nil; a natural number above
 * 2^63 - 1 its digits, since Lua has no such integer. */
void push_json(lua_State *L, const struct json *value);

/* Pushes the text as JSON, or nil where it is none. */
void push_json_text(lua_State *L, struct str text);

/* The answer to an action, a list look-up or `now` as policies see it. */
void push_answer(lua_State *L, const struct request *request,
                 const struct answer *answer);

/* The other way round, for answers that a spec gives: the table at index. */
struct answer *push_take_answer(lua_State *L, int index);

/* A scalar of a policy as the text that a plugin is given; it is pushed.
 * what names it in errors. */
struct str push_scalar(lua_State *L, int index, const char *what);

/* The alarm as a policy sees it: fields by name or path, read-only. It holds
 * a reference of its own. */
void push_alarm(lua_State *L, struct alarm *alarm);

#endif
