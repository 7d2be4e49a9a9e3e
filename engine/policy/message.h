#ifndef RIPOSTE_POLICY_MESSAGE_H
#define RIPOSTE_POLICY_MESSAGE_H

#include "base/error.h"
#include "base/str.h"

#include <lua.h>

/* Between Lua's errors ("policies/x.lua:12: text") and ours. */

/* Pushes the file as a function: text only, its chunk named after the file,
 * `<close>` and the name _ENV refused (Lua 5.4.4 miscompiles around both).
 * Raises what is wrong. */
void message_load(lua_State *L, struct str text, const char *where);

/* Turns what was raised into an error, its place taken from its text. A
 * stopped budget gives its reason. Raises nothing. Returns the code, which is
 * negative. */
int message_error(lua_State *L, int index, const char *where,
                  struct error *error);

/* Does the text begin with a place, "policies/x.lua:12: "? Gives its parts. */
bool message_place(const char *text, size_t *file_len, unsigned *line,
                   const char **rest);

/* Pushes what was raised as text: strings as they are, anything else by its
 * type, since its __tostring is code of others. thread tells the place where
 * the text has none; NULL: it cannot. */
void message_text(lua_State *L, int index, lua_State *thread);

#endif
