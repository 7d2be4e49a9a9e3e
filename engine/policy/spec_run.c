#include "policy/spec_run.h"
#include "base/alloc.h"
#include "policy/push.h"
#include "policy/state.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

static const char type[] = "riposte.spec_run";

enum { ANSWER = 3, RECORDED = 4 }; /* where they are on the stack */

/* A step that was asked. */
struct asked {
    unsigned step;
    struct request *request; /* owned */
    char *text;              /* owned: as it is recorded */
    struct asked *next;
};

/* A step that a spec says was asked before. */
struct recorded {
    char *text;            /* owned */
    struct answer *answer; /* owned */
};

struct spec {
    struct policy_state *state; /* owned */
    struct asked *first, **end; /* owned: every step, as it was asked */
    struct asked *next;         /* the first that waits for its answer */
    struct recorded *recorded;  /* owned */
    size_t nrecorded;
    bool over;
    enum run_outcome outcome;
    char *error; /* owned */
};

static int collect(lua_State *L)
{
    struct spec *spec = lua_touserdata(L, 1);

    policy_state_free(spec->state);
    spec->state = NULL;
    while (spec->first) {
        struct asked *asked = spec->first;

        spec->first = asked->next;
        request_free(asked->request);
        free(asked->text);
        free(asked);
    }
    for (size_t i = 0; i < spec->nrecorded; i++) {
        free(spec->recorded[i].text);
        answer_free(spec->recorded[i].answer);
    }
    free(spec->recorded);
    free(spec->error);
    spec->recorded = NULL;
    spec->nrecorded = 0;
    spec->error = NULL;
    return 0;
}

/* ---- what the state calls ---------------------------------------------- */

static char *text_of(const struct request *request)
{
    struct buf buf = {0};

    request_write(request, &buf);
    return buf_take(&buf);
}

static int past(void *run, unsigned step, const struct request *request,
                const struct answer **answer)
{
    struct spec *spec = run;
    struct recorded *recorded;
    char *text;
    bool same;

    if (step > spec->nrecorded)
        return 0;
    recorded = &spec->recorded[step - 1];
    text = text_of(request);
    same = strcmp(text, recorded->text) == 0;
    free(text);
    *answer = recorded->answer;
    return same ? 1 : -1;
}

static void ask(void *run, unsigned step, struct request *request)
{
    struct spec *spec = run;
    struct asked *asked = ALLOC(struct asked);

    asked->step = step;
    asked->request = request;
    asked->text = text_of(request);
    *spec->end = asked;
    spec->end = &asked->next;
    if (!spec->next)
        spec->next = asked;
}

static void done(void *run, enum run_outcome outcome, const char *error)
{
    struct spec *spec = run;

    spec->over = true;
    spec->outcome = outcome;
    spec->error = alloc_text(error);
}

/* ---- Lua's side -------------------------------------------------------- */

static void set_string(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

static void push_params(lua_State *L, const struct request *request)
{
    lua_newtable(L);
    for (size_t i = 0; i < request->values.len; i++) {
        const struct value *value = &request->values.items[i];

        if (!value->given)
            continue;
        lua_pushstring(L, request->action->params[i].name);
        if (value->secret)
            lua_pushfstring(L, "secret: %s", value->secret);
        else
            lua_pushlstring(L, value->text, value->len);
        lua_rawset(L, -3);
    }
}

static void set_seconds(lua_State *L, const char *key, int64_t ms)
{
    if (!ms)
        return;
    lua_pushnumber(L, (lua_Number)ms / 1000);
    lua_setfield(L, -2, key);
}

static void set_value(lua_State *L, const char *key,
                      const struct request *request)
{
    lua_pushlstring(L, request->value ? request->value : "",
                    request->value_len);
    lua_setfield(L, -2, key);
}

static void push_request(lua_State *L, const struct request *request);

static void push_details(lua_State *L, const struct request *request)
{
    switch (request->kind) {
    case REQUEST_ACTION:
        set_string(L, "plugin", request->action->plugin->name);
        set_string(L, "action", request->action->name);
        set_string(L, "reason", request->reason);
        push_params(L, request);
        lua_setfield(L, -2, "params");
        set_seconds(L, "timeout", request->timeout);
        set_seconds(L, "expires", request->expires);
        break;
    case REQUEST_LIST:
        set_string(L, "list", request->name);
        set_value(L, "value", request);
        break;
    case REQUEST_NOW:
        break;
    case REQUEST_WAIT:
        set_seconds(L, "seconds", request->duration);
        break;
    case REQUEST_APPROVE:
        set_value(L, "text", request);
        set_string(L, "group", request->name);
        set_seconds(L, "within", request->duration);
        if (request->subject) {
            push_request(L, request->subject);
            lua_setfield(L, -2, "subject");
        }
        break;
    case REQUEST_PAST:
        set_string(L, "by", request->name);
        set_value(L, "value", request);
        set_seconds(L, "within", request->duration);
        break;
    case REQUEST_NOTE:
        set_value(L, "text", request);
        break;
    }
}

static void push_request(lua_State *L, const struct request *request)
{
    lua_newtable(L);
    set_string(L, "kind", request_kind_names[request->kind]);
    push_details(L, request);
}

static void push_asked(lua_State *L, const struct asked *asked)
{
    push_request(L, asked->request);
    lua_pushinteger(L, asked->step);
    lua_setfield(L, -2, "step");
    set_string(L, "request", asked->text);
}

static void take_recorded(lua_State *L, struct spec *spec)
{
    if (lua_isnil(L, RECORDED))
        return;
    luaL_checktype(L, RECORDED, LUA_TTABLE);
    spec->recorded = alloc_zeroed((size_t)lua_rawlen(L, RECORDED) + 1,
                                  sizeof *spec->recorded);
    while (lua_rawgeti(L, RECORDED, (lua_Integer)spec->nrecorded + 1) ==
           LUA_TTABLE) {
        struct recorded recorded = {0};

        lua_getfield(L, -1, "answer");
        luaL_checktype(L, -1, LUA_TTABLE);
        lua_getfield(L, -2, "request");
        luaL_checkstring(L, -1);
        recorded.answer = push_take_answer(L, lua_gettop(L) - 1);
        recorded.text = alloc_text(lua_tostring(L, -1));
        spec->recorded[spec->nrecorded++] = recorded;
        lua_pop(L, 3);
    }
    lua_pop(L, 1);
}

/* Has the spec answer one step. The step's table is kept in steps. */
static void answer_next(lua_State *L, struct spec *spec, int steps)
{
    struct asked *asked = spec->next;
    struct answer *answer;

    spec->next = asked->next;
    push_asked(L, asked);
    lua_pushvalue(L, ANSWER);
    lua_pushvalue(L, -2);
    lua_call(L, 1, 1);
    if (!lua_istable(L, -1))
        luaL_error(L, "no answer to step %d: %s", (int)asked->step,
                   asked->text);
    answer = push_take_answer(L, lua_gettop(L));
    lua_setfield(L, -2, "answer");
    lua_rawseti(L, steps, (lua_Integer)lua_rawlen(L, steps) + 1);
    policy_state_answer(spec->state, spec, asked->step, answer);
    answer_free(answer);
}

void spec_run(lua_State *L, const struct policy *policy, struct alarm *alarm)
{
    static const struct policy_events events = {past, ask, done};
    struct spec *spec = lua_newuserdatauv(L, sizeof *spec, 0);
    struct error error = {0};
    int trace, steps;

    *spec = (struct spec){0};
    spec->end = &spec->first;
    luaL_setmetatable(L, type);
    take_recorded(L, spec);
    if (policy_state_new(&spec->state, policy, &events, &error))
        luaL_error(L, "%s: %s", error.where, error.text);
    lua_newtable(L);
    trace = lua_gettop(L);
    lua_newtable(L);
    steps = lua_gettop(L);
    policy_state_start(spec->state, spec, alarm);
    while (spec->next)
        answer_next(L, spec, steps);
    if (!spec->over)
        luaL_error(L, "the run is not over and asks for nothing");
    lua_setfield(L, trace, "steps");
    set_string(L, "outcome", run_outcome_names[spec->outcome]);
    set_string(L, "error", spec->error);
}

void spec_run_open(lua_State *L)
{
    luaL_newmetatable(L, type);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}
