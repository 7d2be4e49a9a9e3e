#include "policy/indexed.h"
#include "policy/push.h"
#include "policy/request.h"
#include "policy/sandbox.h"

#include <lauxlib.h>

/* A group is a handful of people. */
enum { QUORUM_MAX = 100 };

/* Keeps the text at index as the request's value. at: the request's index. */
static void keep_value(lua_State *L, struct request *request, int at, int index,
                       const char *what)
{
    push_scalar(L, index, what);
    request->value = request_keep(L, at, &request->value_len);
}

static void keep_name(lua_State *L, struct request *request, int at, int index)
{
    luaL_checkstring(L, index);
    lua_pushvalue(L, index);
    request->name = request_keep(L, at, NULL);
}

/* core.list_request(list, value) → request */
static int list_request(lua_State *L)
{
    struct request *request;

    lua_settop(L, 2);
    request = request_push(L, REQUEST_LIST);
    keep_name(L, request, 3, 1);
    keep_value(L, request, 3, 2, "the value to look up");
    return 1;
}

static int now_request(lua_State *L)
{
    request_push(L, REQUEST_NOW);
    return 1;
}

/* core.wait_request(duration) → request */
static int wait_request(lua_State *L)
{
    struct request *request;

    lua_settop(L, 1);
    request = request_push(L, REQUEST_WAIT);
    request->duration = request_duration(L, 1, "riposte.wait");
    return 1;
}

/* core.note_request(text) → request */
static int note_request(lua_State *L)
{
    lua_settop(L, 1);
    keep_value(L, request_push(L, REQUEST_NOTE), 2, 1, "a note");
    return 1;
}

/* core.check_indexed(field): raises where no alarm is found by it. */
static int check_indexed(lua_State *L)
{
    struct error error;
    struct str field;

    field.data = luaL_checklstring(L, 1, &field.len);
    if (!indexed_field(sandbox_of(L)->world, field, &error))
        sandbox_raise(L, "%s", error.text);
    return 0;
}

/* core.past_request(field, value, duration) → request */
static int past_request(lua_State *L)
{
    struct request *request;

    lua_settop(L, 3);
    request = request_push(L, REQUEST_PAST);
    keep_name(L, request, 4, 1);
    keep_value(L, request, 4, 2, "the field's value");
    request->duration = request_duration(L, 3, "within");
    return 1;
}

static int read_quorum(lua_State *L, int index)
{
    lua_Integer quorum = lua_isinteger(L, index) ? lua_tointeger(L, index) : 0;

    if (quorum < 1 || quorum > QUORUM_MAX)
        sandbox_raise(L, "quorum is a whole number from 1 to %d", QUORUM_MAX);
    return (int)quorum;
}

/* core.approve_request(text, action, within, group, quorum) → request; action,
 * group and quorum may be nil. */
static int approve_request(lua_State *L)
{
    enum { TEXT = 1, ACTION, WITHIN, GROUP, QUORUM, MADE };
    struct request *request;
    const struct request *subject = NULL;

    lua_settop(L, QUORUM);
    if (!lua_isnil(L, ACTION)) {
        subject = request_check(L, ACTION);
        if (subject->kind != REQUEST_ACTION)
            sandbox_raise(L, "action: what action.call { … } gives");
    }
    request = request_push(L, REQUEST_APPROVE);
    keep_value(L, request, MADE, TEXT, "the question");
    request->duration = request_duration(L, WITHIN, "within");
    if (!lua_isnil(L, GROUP))
        keep_name(L, request, MADE, GROUP);
    if (!lua_isnil(L, QUORUM))
        request->quorum = read_quorum(L, QUORUM);
    if (!subject)
        return 1;
    /* The subject lives as long as this request does. */
    lua_getiuservalue(L, MADE, 1);
    lua_pushvalue(L, ACTION);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
    request->subject = (struct request *)(uintptr_t)subject;
    return 1;
}

void question_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"list_request", list_request},       {"now_request", now_request},
        {"wait_request", wait_request},       {"note_request", note_request},
        {"check_indexed", check_indexed},     {"past_request", past_request},
        {"approve_request", approve_request}, {NULL, NULL}};

    luaL_setfuncs(L, functions, 0);
}
