#ifndef RIPOSTE_POLICY_MODULES_H
#define RIPOSTE_POLICY_MODULES_H

#include <lua.h>
#include <stdbool.h>

/* Pushes `require`: own is that of the files of lua/riposte/. */
void modules_require(lua_State *L, bool own);

/* Takes the table on top of the stack: what files see as their globals. */
void modules_set_env(lua_State *L, bool own);

#endif
