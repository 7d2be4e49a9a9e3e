#ifndef RIPOSTE_POLICY_REQUEST_H
#define RIPOSTE_POLICY_REQUEST_H

#include "model/step.h"

#include <lua.h>

/* Requests as Lua values: userdata that cannot be changed, asked as often as
 * a policy likes. All of these may raise. */

/* The functions of riposte.core that make them and tell about them, added to
 * the table on top of the stack. */
void request_open(lua_State *L);

/* The request at index, which keeps it. */
const struct request *request_check(lua_State *L, int index);
struct request *request_copy(const struct request *request);

#endif
