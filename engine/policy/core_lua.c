#include "policy/message.h"
#include "policy/push.h"
#include "policy/request.h"
#include "policy/sandbox.h"

#include "base/alloc.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

/*
 * riposte.core: what the files of lua/riposte/ are built from. C gives
 * primitives, Lua gives them their shape. Policies never see this table.
 */

/* core.raise(text): at the policy's line. */
static int raise(lua_State *L)
{
    return sandbox_raise(L, "%s", luaL_checkstring(L, 1));
}

static int finish_here(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    return lua_gettop(L);
}

static int call_here(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, finish_here);
    return lua_gettop(L);
}

/* core.here(f): f behind a C function, which a tail call does not put in the
 * place of the policy's frame; so `return block { … }` keeps its line. */
static int here(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_pushcclosure(L, call_here, 1);
    return 1;
}

/* core.lock(t): a read-only stand-in. */
static int lock(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    sandbox_lock(L);
    return 1;
}

/* core.nearest(name, names) → the nearest name or nil */
static int nearest(lua_State *L)
{
    enum { MAX = 32 };
    const char *name = luaL_checkstring(L, 1);
    const char *names[MAX];
    size_t count = 0;

    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checkstack(L, MAX, NULL);
    while (count < MAX &&
           lua_rawgeti(L, 2, (lua_Integer)count + 1) == LUA_TSTRING)
        names[count++] = lua_tostring(L, -1);
    lua_pushstring(L, str_nearest(name, names, count));
    return 1;
}

/* core.slice(resume, thread, …): lets the thread run on its budget. */
static int slice(lua_State *L)
{
    struct budget *budget = budget_of(L);
    lua_State *thread = lua_tothread(L, 2);

    budget_enter(budget);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    budget_leave(budget);
    /* Notes that memory ran out, and where. */
    if (!lua_toboolean(L, 1))
        budget_stopped(L, 2, thread);
    return lua_gettop(L);
}

/* core.stopped() → why the slice was stopped, or nil */
static int stopped(lua_State *L)
{
    struct budget *budget = budget_of(L);

    if (budget->spent)
        lua_pushstring(L, budget->reason);
    else
        lua_pushnil(L);
    return 1;
}

/* core.text(error, thread) → the error as text, with its place */
static int text(lua_State *L)
{
    message_text(L, 1, lua_tothread(L, 2));
    return 1;
}

/* core.where(thread) → "policies/x.lua:12: " */
static int where(lua_State *L)
{
    budget_where(L, lua_tothread(L, 1));
    return 1;
}

/* ---- the outside ------------------------------------------------------- */

/* core.past(run, step, request) → true, answer; false: another request was
 * recorded; nil: nothing was */
static int past(lua_State *L)
{
    void *run = lua_touserdata(L, 1);
    unsigned step = (unsigned)luaL_checkinteger(L, 2);
    const struct request *request = request_check(L, 3);
    const struct answer *answer = NULL;
    int known;

    known = sandbox_of(L)->events->past(run, step, request, &answer);
    if (known > 0) {
        lua_pushboolean(L, 1);
        push_answer(L, request, answer);
        return 2;
    }
    if (known < 0)
        lua_pushboolean(L, 0);
    else
        lua_pushnil(L);
    return 1;
}

/* core.ask(run, step, request) */
static int ask(lua_State *L)
{
    void *run = lua_touserdata(L, 1);
    unsigned step = (unsigned)luaL_checkinteger(L, 2);

    sandbox_of(L)->events->ask(run, step, request_copy(request_check(L, 3)));
    return 0;
}

/* core.done(run, outcome, error) */
static int done(lua_State *L)
{
    void *run = lua_touserdata(L, 1);
    const char *outcome = luaL_checkstring(L, 2);
    const char *error = luaL_optstring(L, 3, NULL);
    struct sandbox *sandbox = sandbox_of(L);

    sandbox->current = NULL;
    for (int i = 0; i <= RUN_ABORTED; i++)
        if (strcmp(run_outcome_names[i], outcome) == 0)
            sandbox->events->done(run, (enum run_outcome)i, error);
    return 0;
}

/* core.request_text(request) → as it is recorded */
static int request_text(lua_State *L)
{
    struct buf buf = {0};
    const struct request *request = request_check(L, 1);
    enum { SHOWN = 300 };
    char shown[SHOWN + 1];
    size_t len;

    /* Copied, so that nothing is left behind where pushing raises. */
    request_write(request, &buf);
    len = buf.len < SHOWN ? buf.len : SHOWN;
    memcpy(shown, buf.data, len);
    buf_free(&buf);
    lua_pushlstring(L, shown, len);
    return 1;
}

void sandbox_core(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"raise", raise},     {"here", here},   {"lock", lock},
        {"nearest", nearest}, {"slice", slice}, {"stopped", stopped},
        {"text", text},       {"where", where}, {"past", past},
        {"ask", ask},         {"done", done},   {"request_text", request_text},
        {NULL, NULL}};

    luaL_newlib(L, functions);
    lua_pushinteger(L, POLICY_STEPS_MAX);
    lua_setfield(L, -2, "steps_max");
    request_open(L);
}
