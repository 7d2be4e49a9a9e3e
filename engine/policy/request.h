#ifndef RIPOSTE_POLICY_REQUEST_H
#define RIPOSTE_POLICY_REQUEST_H

#include "model/step.h"

#include <lua.h>

/* Requests as Lua values: userdata that cannot be changed, asked as often as
 * a policy likes. All of these may raise. */

/* The functions of riposte.core that make them and tell about them, added to
 * the table on top of the stack. */
void request_open(lua_State *L);

/* question_lua.c: those that ask for no action. */
void question_open(lua_State *L);

/* Pushes an empty request. */
struct request *request_push(lua_State *L, enum request_kind kind);
/* Pops a string and returns it, kept as long as the request at index is. */
char *request_keep(lua_State *L, int index, size_t *len);
/* The duration at index, ms, over 0; what: for the error. */
int64_t request_duration(lua_State *L, int index, const char *what);

/* The request at index, which keeps it. */
const struct request *request_check(lua_State *L, int index);

#endif
