#include "policy/state.h"
#include "base/alloc.h"
#include "policy/push.h"
#include "policy/request.h"
#include "policy/sandbox.h"

#include <assert.h>
#include <lauxlib.h>
#include <stdlib.h>

struct policy_state {
    struct sandbox sandbox;
    size_t empty;                /* bytes of memory before the first run */
    const struct policy *policy; /* the set's */
};

/* Keys of the registry, by address. */
static const char run_key = 0; /* the policy's function */

static int load(lua_State *L)
{
    const struct policy *policy = lua_touserdata(L, 1);

    sandbox_run_file(L, (struct str){policy->text, policy->text_len},
                     policy->file);
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_pushliteral(L, "run");
    if (lua_rawget(L, -2) != LUA_TFUNCTION)
        return luaL_error(L, "run is no function");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &run_key);
    sandbox_module(L, "riposte.run");
    return 0;
}

int policy_state_new(struct policy_state **out, const struct policy *policy,
                     const struct policy_events *events, struct error *error)
{
    struct policy_state *state = ALLOC(struct policy_state);
    int rc;

    state->policy = policy;
    state->sandbox.world = policy->world;
    state->sandbox.file = policy->file;
    state->sandbox.events = events;
    rc = sandbox_open(&state->sandbox, error);
    if (rc)
        goto fail;
    rc = sandbox_call(&state->sandbox, load, (void *)(uintptr_t)policy, error);
    if (rc)
        goto fail;
    lua_gc(state->sandbox.L, LUA_GCCOLLECT);
    state->empty = state->sandbox.budget.memory;
    *out = state;
    return 0;
fail:
    policy_state_free(state);
    return rc;
}

void policy_state_free(struct policy_state *state)
{
    if (!state)
        return;
    sandbox_close(&state->sandbox);
    free(state);
}

bool policy_state_spent(const struct policy_state *state)
{
    return state->sandbox.budget.spent;
}

/* Half of the memory may be garbage: what is left without it tells, with some
 * distance so that it is not looked for every time. */
bool policy_state_full(struct policy_state *state)
{
    const struct budget *budget = &state->sandbox.budget;
    size_t rest = budget->memory_max - state->empty;

    if (budget->memory < state->empty + rest / 2)
        return false;
    lua_gc(state->sandbox.L, LUA_GCCOLLECT);
    return budget->memory > state->empty + rest / 4;
}

/* ---- runs -------------------------------------------------------------- */

struct entry {
    void *run;
    struct alarm *alarm;
    unsigned step;
    const struct answer *answer;
};

static void push_function(lua_State *L, const char *name)
{
    sandbox_module(L, "riposte.run");
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
}

static int start(lua_State *L)
{
    const struct entry *entry = lua_touserdata(L, 1);

    push_function(L, "start");
    lua_pushlightuserdata(L, entry->run);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &run_key);
    push_alarm(L, entry->alarm);
    lua_call(L, 3, 0);
    return 0;
}

static int answer(lua_State *L)
{
    const struct entry *entry = lua_touserdata(L, 1);

    /* run.request says what the answer is to. */
    push_function(L, "request");
    lua_pushlightuserdata(L, entry->run);
    lua_pushinteger(L, entry->step);
    lua_call(L, 2, 1);
    push_function(L, "answer");
    lua_pushlightuserdata(L, entry->run);
    lua_pushinteger(L, entry->step);
    push_answer(L, request_check(L, -4), entry->answer);
    lua_call(L, 3, 0);
    return 0;
}

/* Enters Lua for one run. What goes wrong in the host's own code there (no
 * memory to push an answer) ends that run, and the state with it. */
static void enter(struct policy_state *state, lua_CFunction function,
                  struct entry *entry)
{
    struct sandbox *sandbox = &state->sandbox;
    struct error error = {0};
    char *text;

    assert(!sandbox->budget.spent);
    assert(!sandbox->current);
    sandbox->current = entry->run;
    if (sandbox_call(sandbox, function, entry, &error) && sandbox->current) {
        bool spent = sandbox->budget.spent;

        sandbox->budget.spent = true;
        text = error_format(&error);
        sandbox->events->done(entry->run, spent ? RUN_PARKED : RUN_FAILED,
                              text);
        free(text);
    }
    sandbox->current = NULL;
}

void policy_state_start(struct policy_state *state, void *run,
                        struct alarm *alarm)
{
    struct entry entry = {.run = run, .alarm = alarm};

    enter(state, start, &entry);
}

void policy_state_answer(struct policy_state *state, void *run, unsigned step,
                         const struct answer *given)
{
    struct entry entry = {.run = run, .step = step, .answer = given};

    enter(state, answer, &entry);
}

static int drop(lua_State *L)
{
    push_function(L, "drop");
    lua_pushlightuserdata(L, lua_touserdata(L, 1));
    lua_call(L, 1, 0);
    return 0;
}

void policy_state_drop(struct policy_state *state, void *run)
{
    struct error error = {0};

    assert(!state->sandbox.current);
    if (!state->sandbox.budget.spent &&
        sandbox_call(&state->sandbox, drop, run, &error))
        state->sandbox.budget.spent = true;
}

int policy_library(const char **version, struct error *error)
{
    (void)error;
    *version = LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE;
    return 0;
}
