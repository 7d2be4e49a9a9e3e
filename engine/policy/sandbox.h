#ifndef RIPOSTE_POLICY_SANDBOX_H
#define RIPOSTE_POLICY_SANDBOX_H

#include "policy/budget.h"
#include "policy/policy.h"
#include "policy/state.h"

#include <lua.h>

/*
 * One Lua state in which a policy's file can run: names by allow-list, a
 * budget, modules. Lua functions that begin with sandbox_ and take only a
 * lua_State may raise; call them protected.
 */
struct patterns;

struct sandbox {
    struct budget budget;
    lua_State *L;
    const struct policy_world *world; /* the set's */
    const char *file;                 /* the policy's, for messages */
    /* Loading to check: what is wrong with actions and lists is added here,
     * and loading goes on. NULL: it is raised. */
    struct problems *problems;
    const struct policy_events *events; /* NULL: no runs */
    void *current;                      /* the run that was entered and is
                                           not over, or NULL */
    struct patterns *patterns;          /* owned: re's compiled ones */
};

/* Fills the zeroed sandbox whose world, file, problems and events were set. */
int sandbox_open(struct sandbox *sandbox, struct error *error);
void sandbox_close(struct sandbox *sandbox);
struct sandbox *sandbox_of(lua_State *L);

/* Calls function(L) protected, with arg as light userdata. What it leaves on
 * the stack is dropped. Returns 0 or fills error. */
int sandbox_call(struct sandbox *sandbox, lua_CFunction function, void *arg,
                 struct error *error);

/* Pushes what the policy's file returned. */
void sandbox_run_file(lua_State *L, struct str text, const char *file);

/* Pushes a module of lua/riposte/ or a built-in one, loading it once. */
void sandbox_module(lua_State *L, const char *name);

/* True in a run, false while files are loaded. */
bool sandbox_in_run(lua_State *L);

/* Raises text with the place in the policy where the thread is. */
int sandbox_raise(lua_State *L, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts a read-only stand-in in place of the table on top of the stack. */
void sandbox_lock(lua_State *L);

/* Makes the metatable of that name for userdata of ours, locked, and leaves
 * it on the stack. */
void sandbox_type(lua_State *L, const char *name, lua_CFunction collect);

/* Pushes the table's keys as a list in the order of `pairs`. */
void sandbox_keys(lua_State *L, int index);
/* Pushes a value as text, without addresses. */
void sandbox_text(lua_State *L, int index);

/* One file for each Lua module. Each pushes its table; base fills the table
 * on top of the stack. */
void sandbox_base(lua_State *L);
void sandbox_string(lua_State *L);
void sandbox_table(lua_State *L);
void sandbox_re(lua_State *L);
void sandbox_core(lua_State *L); /* riposte.core: for lua/riposte/ only */

void re_patterns_free(struct patterns *patterns); /* NULL is fine */

#endif
