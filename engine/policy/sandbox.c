#include "policy/sandbox.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "policy/message.h"
#include "policy/modules.h"

#include <assert.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdarg.h>
#include <stdlib.h>

/* For messages and for what the runner keeps, once the limit is reached. */
enum { SPARE = 512 * 1024 };

struct sandbox *sandbox_of(lua_State *L)
{
    return *(struct sandbox **)lua_getextraspace(L);
}

bool sandbox_in_run(lua_State *L)
{
    bool main_thread = lua_pushthread(L) == 1;

    lua_pop(L, 1);
    return !main_thread;
}

int sandbox_raise(lua_State *L, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    budget_where(L, L);
    lua_pushstring(L, text);
    lua_concat(L, 2);
    return lua_error(L);
}

static int refuse_change(lua_State *L)
{
    return sandbox_raise(L, "this table cannot be changed");
}

void sandbox_lock(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 3);
    lua_rotate(L, -3, -1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_change);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

void sandbox_type(lua_State *L, const char *name, lua_CFunction collect)
{
    luaL_newmetatable(L, name);
    if (collect) {
        lua_pushcfunction(L, collect);
        lua_setfield(L, -2, "__gc");
    }
    lua_pushcfunction(L, refuse_change);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
}

/* Copies functions of a stock library, so that its table is dropped. */
static void take(lua_State *L, lua_CFunction open, const char *const *names)
{
    lua_pushcfunction(L, open);
    lua_call(L, 0, 1);
    lua_newtable(L);
    for (; *names; names++) {
        lua_getfield(L, -2, *names);
        lua_setfield(L, -2, *names);
    }
    lua_remove(L, -2);
}

static void add_locked(lua_State *L, const char *name)
{
    sandbox_lock(L);
    lua_setfield(L, -2, name);
}

static void add_libraries(lua_State *L)
{
    /* No random, no randomseed: a run must replay the same. */
    static const char *const math[] = {
        "abs",        "acos",      "asin",       "atan", "ceil", "cos", "deg",
        "exp",        "floor",     "fmod",       "huge", "log",  "max", "min",
        "maxinteger", "modf",      "mininteger", "pi",   "rad",  "sin", "sqrt",
        "tan",        "tointeger", "type",       "ult",  NULL};
    static const char *const utf8[] = {"char", "codepoint", "len", "offset",
                                       NULL};

    take(L, luaopen_math, math);
    add_locked(L, "math");
    take(L, luaopen_utf8, utf8);
    add_locked(L, "utf8");
    sandbox_string(L);
    add_locked(L, "string");
    sandbox_table(L);
    add_locked(L, "table");
}

static int unknown_name(lua_State *L)
{
    return sandbox_raise(L,
                         "no name '%s': docs/policies.md lists what there is",
                         luaL_tolstring(L, 2, NULL));
}

static int refuse_global(lua_State *L)
{
    return sandbox_raise(L, "global variables cannot be set: write local %s",
                         luaL_tolstring(L, 2, NULL));
}

/* The names of policies, kept in the registry; _ENV of files is a stand-in
 * for them, so that no file changes what another one sees. */
static void make_names(lua_State *L)
{
    lua_newtable(L);
    sandbox_base(L);
    add_libraries(L);
    modules_require(L, false);
    lua_setfield(L, -2, "require");
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, unknown_name);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);

    lua_pushvalue(L, -1);
    sandbox_lock(L);
    lua_getmetatable(L, -1);
    lua_pushcfunction(L, refuse_global);
    lua_setfield(L, -2, "__newindex");
    lua_pop(L, 1);
    modules_set_env(L, false);
}

/* The files of lua/riposte/ see coroutines and raw metatables too. */
static void make_own_names(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, luaopen_coroutine);
    lua_call(L, 0, 1);
    lua_setfield(L, -2, "coroutine");
    lua_pushglobaltable(L);
    lua_getfield(L, -1, "setmetatable");
    lua_setfield(L, -3, "setmetatable");
    lua_pop(L, 1);
    modules_require(L, true);
    lua_setfield(L, -2, "require");
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    modules_set_env(L, true);
    lua_pop(L, 1);
}

static int prepare(lua_State *L)
{
    lua_pushcfunction(L, luaopen_base);
    lua_call(L, 0, 0);
    make_names(L);
    make_own_names(L);
    /* luaopen_base filled the global table: nothing may find it there. */
    lua_newtable(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    return 0;
}

int sandbox_call(struct sandbox *sandbox, lua_CFunction function, void *arg,
                 struct error *error)
{
    lua_State *L = sandbox->L;
    int rc = 0;

    lua_settop(L, 0);
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, arg);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        budget_leave(&sandbox->budget);
        rc = message_error(L, -1, sandbox->file, error);
    }
    lua_settop(L, 0);
    return rc;
}

int sandbox_open(struct sandbox *sandbox, struct error *error)
{
    int rc;

    sandbox->budget = (struct budget){.memory_max = POLICY_MEMORY_MAX,
                                      .spare = SPARE,
                                      .work_max = POLICY_SLICE_MAX};
    sandbox->L = budget_state(&sandbox->budget);
    *(struct sandbox **)lua_getextraspace(sandbox->L) = sandbox;
    rc = sandbox_call(sandbox, prepare, NULL, error);
    if (rc)
        sandbox_close(sandbox);
    return rc;
}

void sandbox_close(struct sandbox *sandbox)
{
    /* What the host keeps there has an address for its key and lives as long
     * as the state. A reference would be somebody's who forgot it. */
    if (sandbox->L) {
        assert(lua_rawlen(sandbox->L, LUA_REGISTRYINDEX) == LUA_RIDX_LAST);
        lua_close(sandbox->L);
    }
    re_patterns_free(sandbox->patterns);
    sandbox->L = NULL;
    sandbox->patterns = NULL;
}
