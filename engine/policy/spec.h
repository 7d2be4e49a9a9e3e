#ifndef RIPOSTE_POLICY_SPEC_H
#define RIPOSTE_POLICY_SPEC_H

#include "policy/shell.h"

#include <lua.h>

/* Pushes riposte.host, the C part of riposte.test: sites, policies, runs as
 * the engine does them, inside the Lua state of specs. */
void spec_open(lua_State *L, const struct shell_site *site);

#endif
