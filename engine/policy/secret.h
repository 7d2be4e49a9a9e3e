#ifndef RIPOSTE_POLICY_SECRET_H
#define RIPOSTE_POLICY_SECRET_H

#include <lua.h>

/* A secret as a Lua value: a name, and never what is behind it. */

/* core.secret, added to the table on top of the stack. */
void secret_open(lua_State *L);

/* The name, which lives as long as the value at index; NULL where that is no
 * secret. */
const char *secret_name(lua_State *L, int index);

#endif
