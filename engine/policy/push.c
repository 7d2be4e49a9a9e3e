#include "policy/push.h"
#include "base/alloc.h"
#include "policy/sandbox.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void push_str(lua_State *L, struct str text)
{
    lua_pushlstring(L, text.data ? text.data : "", text.len);
}

static void push_list(lua_State *L, const struct json *value)
{
    const struct json *items = value->as.list.items;
    size_t len = value->as.list.len;

    if (value->type == JSON_ARRAY)
        lua_createtable(L, (int)len, 0);
    else
        lua_createtable(L, 0, (int)len);
    for (size_t i = 0; i < len; i++) {
        if (value->type == JSON_ARRAY) {
            push_json(L, &items[i]);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        } else {
            push_str(L, items[i].key);
            push_json(L, &items[i]);
            lua_rawset(L, -3);
        }
    }
}

void push_json(lua_State *L, const struct json *value)
{
    char digits[32];

    luaL_checkstack(L, 6, NULL);
    switch (value->type) {
    case JSON_NULL:
        lua_pushnil(L);
        break;
    case JSON_BOOL:
        lua_pushboolean(L, value->as.boolean);
        break;
    case JSON_INT:
        lua_pushinteger(L, value->as.integer);
        break;
    case JSON_UINT:
        snprintf(digits, sizeof digits, "%" PRIu64, value->as.natural);
        lua_pushstring(L, digits);
        break;
    case JSON_REAL:
        lua_pushnumber(L, value->as.real);
        break;
    case JSON_TEXT:
        push_str(L, value->as.text);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        push_list(L, value);
        break;
    }
}

/* ---- answers ----------------------------------------------------------- */

static int collect_doc(lua_State *L)
{
    struct json_doc **doc = lua_touserdata(L, 1);

    json_free(*doc);
    *doc = NULL;
    return 0;
}

void push_json_text(lua_State *L, struct str text)
{
    /* Pushing may run out of memory: the document has an owner before. */
    struct json_doc **doc = lua_newuserdatauv(L, sizeof(struct json_doc *), 0);

    *doc = NULL;
    sandbox_type(L, "riposte.json", collect_doc);
    lua_setmetatable(L, -2);
    *doc = json_parse(text, "stdout", 0, NULL);
    if (*doc)
        push_json(L, json_root(*doc));
    else
        lua_pushnil(L);
    json_free(*doc);
    *doc = NULL;
    lua_remove(L, -2);
}

static void set_text(lua_State *L, const char *key, struct str text)
{
    push_str(L, text);
    lua_setfield(L, -2, key);
}

static struct str last_bytes(struct str text, size_t max)
{
    text = str_trim(text);
    if (text.len <= max)
        return text;
    text.data += text.len - max;
    text.len = max;
    /* Not from the middle of a character. */
    while (text.len && ((unsigned char)*text.data & 0xC0) == 0x80) {
        text.data++;
        text.len--;
    }
    return text;
}

/* What a failed action raises: its name, its status, what is known of the
 * reason, and the end of its stderr. */
static void push_message(lua_State *L, const struct request *request,
                         const struct answer *answer)
{
    enum { END = 200 };
    struct str err = {answer->err, answer->err_len};
    luaL_Buffer text;

    luaL_buffinit(L, &text);
    lua_pushfstring(L, "%s / %s: %s", request->action->plugin->name,
                    request->action->name, step_status_names[answer->status]);
    luaL_addvalue(&text);
    if (answer->rule)
        lua_pushfstring(L, " (%s)", answer->rule);
    else if (answer->signal)
        lua_pushfstring(L, " (signal %d)", answer->signal);
    else if (answer->exited)
        lua_pushfstring(L, " (exit %d)", answer->exit);
    else
        lua_pushliteral(L, "");
    luaL_addvalue(&text);
    if (answer->error) {
        lua_pushfstring(L, ": %s", answer->error);
        luaL_addvalue(&text);
    }
    err = last_bytes(err, END);
    if (err.len) {
        luaL_addstring(&text, ": ");
        luaL_addlstring(&text, err.data, err.len);
    }
    luaL_pushresult(&text);
}

static void set_fields(lua_State *L, const struct answer *answer)
{
    struct str out = {answer->out, answer->out_len};

    set_text(L, "status", str_of(step_status_names[answer->status]));
    set_text(L, "stdout", out);
    set_text(L, "stderr", (struct str){answer->err, answer->err_len});
    lua_pushnumber(L, answer->seconds);
    lua_setfield(L, -2, "seconds");
    if (answer->exited) {
        lua_pushinteger(L, answer->exit);
        lua_setfield(L, -2, "exit");
    }
    if (answer->shared) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, "shared");
    }
    if (answer->rule)
        set_text(L, "rule", str_of(answer->rule));
    if (answer->out_truncated || answer->err_truncated) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "truncated");
    }
    if (out.len && !answer->out_truncated) {
        push_json_text(L, out);
        lua_setfield(L, -2, "json");
    }
}

static void push_action_answer(lua_State *L, const struct request *request,
                               const struct answer *answer)
{
    bool ok = answer->status == STEP_EXECUTED || answer->status == STEP_DRY;

    lua_createtable(L, 0, 8);
    set_fields(L, answer);
    lua_pushboolean(L, ok);
    lua_setfield(L, -2, "ok");
    if (!ok) {
        push_message(L, request, answer);
        lua_setfield(L, -2, "message");
    }
}

void push_answer(lua_State *L, const struct request *request,
                 const struct answer *answer)
{
    switch (request->kind) {
    case REQUEST_ACTION:
        push_action_answer(L, request, answer);
        break;
    case REQUEST_LIST:
    case REQUEST_APPROVE:
        lua_pushboolean(L, answer->yes);
        break;
    case REQUEST_NOW:
        lua_pushnumber(L, (lua_Number)answer->time / 1000);
        break;
    case REQUEST_PAST:
        push_json_text(L, (struct str){answer->out, answer->out_len});
        lua_pushinteger(L, answer->total);
        lua_setfield(L, -2, "n");
        break;
    case REQUEST_WAIT:
    case REQUEST_NOTE:
        lua_pushboolean(L, true);
        break;
    }
}

static char *take_text(lua_State *L, int index, const char *key, size_t *len)
{
    struct str text = {NULL, 0};
    char *copy = NULL;

    lua_getfield(L, index, key);
    if (!lua_isnil(L, -1)) {
        text.data = luaL_checklstring(L, -1, &text.len);
        copy = str_copy(text);
    }
    lua_pop(L, 1);
    if (len)
        *len = text.len;
    return copy;
}

/* Text that is cut off where the engine would have cut it off. */
static void cut_off(size_t *len, bool *truncated)
{
    *truncated = *len > STEP_OUTPUT_MAX;
    if (*truncated)
        *len = STEP_OUTPUT_MAX;
}

static enum step_status take_status(lua_State *L, int index)
{
    struct str name = str_of("Executed");
    int status;

    if (lua_getfield(L, index, "status") != LUA_TNIL)
        name.data = luaL_checklstring(L, -1, &name.len);
    status = step_status_find(name);
    if (status < 0)
        luaL_error(L, "no status '%s'", name.data);
    lua_pop(L, 1);
    return (enum step_status)status;
}

static lua_Number take_number(lua_State *L, int index, const char *key)
{
    lua_Number number;

    lua_getfield(L, index, key);
    number = luaL_optnumber(L, -1, 0);
    lua_pop(L, 1);
    return number;
}

/* Everything is checked before anything is allocated that an error would
 * leave behind. */
struct answer *push_take_answer(lua_State *L, int index)
{
    static const char *const texts[] = {"stdout", "stderr", "rule", "error"};
    enum step_status status = take_status(L, index);
    lua_Number exit_status = take_number(L, index, "exit");
    lua_Number seconds = take_number(L, index, "seconds");
    lua_Number now = take_number(L, index, "time");
    lua_Number total = take_number(L, index, "total");
    struct answer *answer;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        lua_getfield(L, index, texts[i]);
        luaL_optstring(L, -1, NULL);
        lua_pop(L, 1);
    }
    answer = answer_new(status);
    answer->exit = (int)exit_status;
    answer->exited = status == STEP_EXECUTED || status == STEP_FAILED;
    answer->seconds = seconds;
    answer->time = (int64_t)(now * 1000);
    answer->total = (int64_t)total;
    answer->out = take_text(L, index, "stdout", &answer->out_len);
    answer->err = take_text(L, index, "stderr", &answer->err_len);
    cut_off(&answer->out_len, &answer->out_truncated);
    cut_off(&answer->err_len, &answer->err_truncated);
    answer->rule = take_text(L, index, "rule", NULL);
    answer->error = take_text(L, index, "error", NULL);
    lua_getfield(L, index, "yes");
    answer->yes = lua_toboolean(L, -1);
    lua_pop(L, 1);
    lua_getfield(L, index, "shared");
    answer->shared = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return answer;
}

struct str push_scalar(lua_State *L, int index, const char *what)
{
    struct str text;
    struct json value = {.type = JSON_REAL};
    char *copy;

    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        break;
    case LUA_TSTRING:
        lua_pushvalue(L, index);
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            lua_pushfstring(L, "%I", (LUAI_UACINT)lua_tointeger(L, index));
            break;
        }
        /* As alarms' own numbers are written. */
        value.as.real = lua_tonumber(L, index);
        copy = alarm_text(&value, &text.len);
        lua_pushlstring(L, copy, text.len);
        free(copy);
        break;
    default:
        sandbox_raise(L, "%s is a %s; it takes a string, a number or a boolean",
                      what, luaL_typename(L, index));
    }
    text.data = lua_tolstring(L, -1, &text.len);
    return text;
}
