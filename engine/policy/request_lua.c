#include "base/alloc.h"
#include "base/clock.h"
#include "policy/push.h"
#include "policy/request.h"
#include "policy/sandbox.h"
#include "policy/secret.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

static const char action_type[] = "action";
static const char request_type[] = "request";

enum { RETRIES_MAX = 10 }; /* more belongs into the plugin */

/* Where the functions that make a request have it on their stack. */
enum { REQUEST = 4 };

struct bound {
    const struct action *action; /* the set's; NULL: a problem was reported */
};

/* A request in Lua's memory, all of it, so that it counts there and a policy
 * may make as many as it has room for. Its texts are Lua's strings, kept by
 * the list that is its user value. */
struct held {
    struct request request;
    int retries;
    struct value values[]; /* request's */
};

/* ---- actions ----------------------------------------------------------- */

/* Where loading collects problems, the error is added there. */
static void report(lua_State *L, const char *text)
{
    struct sandbox *sandbox = sandbox_of(L);
    struct error error = {0};
    lua_Debug info;

    if (!sandbox->problems)
        sandbox_raise(L, "%s", text);
    if (budget_place(L, &info))
        error_at(&error, ERROR_INVALID, info.short_src,
                 (unsigned)info.currentline, 0, "%s", text);
    else
        error_at(&error, ERROR_INVALID, sandbox->file, 0, 0, "%s", text);
    problems_add(sandbox->problems, &error, 0);
}

static const struct action *find_action(lua_State *L, const char *plugin,
                                        const char *name)
{
    const struct policy_world *world = sandbox_of(L)->world;
    struct error error = {0};
    const struct plugin *found;
    const struct action *action = NULL;

    found = catalogue_plugin(world->catalogue, plugin, &error);
    if (found)
        action = plugin_action(found, name, &error);
    if (!action) {
        report(L, error.text);
    } else if (action->unavailable &&
               !world->allowed_unavailable(world->arg, action)) {
        error_set(&error, ERROR_INVALID,
                  "%s / %s is unavailable: %s; allow_unavailable in "
                  "riposte.lua lets the policy load all the same",
                  found->name, action->name, action->unavailable);
        report(L, error.text);
    }
    return action;
}

/* core.action(plugin, action) → action */
static int new_action(lua_State *L)
{
    const char *plugin = luaL_checkstring(L, 1);
    const char *name = luaL_checkstring(L, 2);
    struct bound *bound = lua_newuserdatauv(L, sizeof *bound, 0);

    bound->action = find_action(L, plugin, name);
    sandbox_type(L, action_type, NULL);
    lua_setmetatable(L, -2);
    return 1;
}

/* core.list(name): a list that the site must have. */
static int check_list(lua_State *L)
{
    const struct policy_world *world = sandbox_of(L)->world;
    const char *name = luaL_checkstring(L, 1);
    struct error error;

    if (world->list(world->arg, name))
        return 0;
    error_set(&error, ERROR_NOT_FOUND,
              "no list '%s': it would be the file lists/%s.txt", name, name);
    report(L, error.text);
    return 0;
}

/* ---- requests ---------------------------------------------------------- */

/* Pushes the request. */
static struct held *new_held(lua_State *L, enum request_kind kind,
                             const struct action *action)
{
    size_t count = action ? action->nparams : 0;
    size_t size = count * sizeof(struct value);
    struct held *held = lua_newuserdatauv(L, sizeof *held + size, 1);

    memset(held, 0, sizeof *held + size);
    held->request.kind = kind;
    held->request.action = action;
    held->request.values = (struct values){held->values, count};
    luaL_setmetatable(L, request_type);
    lua_newtable(L);
    lua_setiuservalue(L, -2, 1);
    return held;
}

/* The string on top of the stack, popped, kept for the request at index. */
char *request_keep(lua_State *L, int index, size_t *len)
{
    const char *text = lua_tolstring(L, -1, len);

    lua_getiuservalue(L, index, 1);
    lua_insert(L, -2);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 1);
    return (char *)(uintptr_t)text; /* nobody writes or frees it */
}

struct request *request_push(lua_State *L, enum request_kind kind)
{
    return &new_held(L, kind, NULL)->request;
}

const struct request *request_check(lua_State *L, int index)
{
    struct held *held = luaL_checkudata(L, index, request_type);

    return &held->request;
}

static size_t param_index(lua_State *L, const struct action *action,
                          const char *name)
{
    struct error error = {0};
    const struct param *param = action_param(action, name, &error);

    if (!param) {
        sandbox_raise(L, "%s", error.text);
        return 0;
    }
    return action_index(action, param);
}

/* The value on top of the stack, popped. A secret's name is no text of the
 * request: nothing that shows texts shows it for one. */
static void take_value(lua_State *L, struct value *value,
                       const struct param *param, const char *name)
{
    const char *secret = secret_name(L, -1);

    value->given = true;
    if (!secret) {
        push_scalar(L, -1, name);
        value->text = request_keep(L, REQUEST, &value->len);
    } else if (!param->encrypted && param->via == VIA_ARGV) {
        sandbox_raise(L,
                      "parameter '%s' takes no secret: it is neither "
                      "encrypted nor has it a Via, so it would show it",
                      param->name);
    } else {
        lua_pushstring(L, secret);
        value->secret = request_keep(L, REQUEST, NULL);
    }
    lua_pop(L, 1);
}

/* The parameters, the table at index, in the order of pairs. */
static void read_params(lua_State *L, int index, struct held *held)
{
    const struct action *action = held->request.action;

    sandbox_keys(L, index);
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        struct value *value;
        const char *name;

        if (lua_type(L, -1) != LUA_TSTRING)
            sandbox_raise(L, "parameters are given by name: { %s = … }",
                          "address");
        name = lua_tostring(L, -1);
        value = &held->values[param_index(L, action, name)];
        if (value->given)
            sandbox_raise(L, "parameter '%s' is given twice", name);
        lua_pushvalue(L, -1);
        lua_rawget(L, index);
        take_value(L, value, &action->params[value - held->values], name);
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
}

int64_t request_duration(lua_State *L, int index, const char *what)
{
    struct str text;
    int64_t ms;

    text.data = luaL_tolstring(L, index, &text.len);
    if (clock_duration(text, &ms) || ms == 0)
        sandbox_raise(L, "%s: '%s' is no duration such as \"20s\"", what,
                      text.data);
    lua_pop(L, 1);
    return ms;
}

static void read_timeout(lua_State *L, struct held *held)
{
    held->request.timeout = request_duration(L, -1, "timeout");
}

static void read_retries(lua_State *L, struct held *held)
{
    lua_Integer retries = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;

    if (retries < 0 || retries > RETRIES_MAX)
        sandbox_raise(L, "retries is a whole number from 0 to %d", RETRIES_MAX);
    held->retries = (int)retries;
}

static void read_reason(lua_State *L, struct held *held)
{
    if (lua_type(L, -1) != LUA_TSTRING)
        sandbox_raise(L, "reason is a text");
    lua_pushvalue(L, -1);
    held->request.reason = request_keep(L, REQUEST, NULL);
}

static void read_expires(lua_State *L, struct held *held)
{
    const struct action *action = held->request.action;

    if (action && !action->undo)
        sandbox_raise(L,
                      "expires: %s / %s has no Undo, so nothing could end it; "
                      "the overlay names one",
                      action->plugin->name, action->name);
    held->request.expires = request_duration(L, -1, "expires");
}

static void read_at(lua_State *L, struct held *held)
{
    (void)held;
    sandbox_raise(L, "at: there are no agents yet");
}

static const struct option {
    const char *name;
    void (*read)(lua_State *L, struct held *held);
} options[] = {
    {"at", read_at},           {"expires", read_expires},
    {"reason", read_reason},   {"retries", read_retries},
    {"timeout", read_timeout},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

static const struct option *find_option(lua_State *L, const char *name)
{
    const char *names[OPTIONS];
    const char *near;

    for (size_t i = 0; i < OPTIONS; i++) {
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
        names[i] = options[i].name;
    }
    near = str_nearest(name, names, OPTIONS);
    sandbox_raise(L,
                  "no option \"%s\"%s%s%s known: at, expires, reason, "
                  "retries, timeout",
                  name, near ? "; did you mean \"" : "", near ? near : "",
                  near ? "\"?" : ";");
    return NULL;
}

static void read_options(lua_State *L, int index, struct held *held)
{
    sandbox_keys(L, index);
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        const struct option *option;

        if (lua_type(L, -1) != LUA_TSTRING)
            sandbox_raise(L,
                          "options are given by name: { timeout = \"20s\" }");
        option = find_option(L, lua_tostring(L, -1));
        lua_pushvalue(L, -1);
        lua_rawget(L, index);
        option->read(L, held);
        lua_pop(L, 2);
    }
    lua_pop(L, 2);
}

static void check_optional_table(lua_State *L, int index, const char *what)
{
    if (!lua_isnoneornil(L, index) && !lua_istable(L, index))
        sandbox_raise(L, "%s are a table, not a %s", what,
                      luaL_typename(L, index));
}

/* core.request(action, params, options) → request */
static int new_request(lua_State *L)
{
    struct bound *bound = luaL_checkudata(L, 1, action_type);
    struct held *held;

    check_optional_table(L, 2, "parameters");
    check_optional_table(L, 3, "options");
    lua_settop(L, 3);
    held = new_held(L, REQUEST_ACTION, bound->action);
    if (lua_istable(L, 2))
        read_params(L, 2, held);
    if (lua_istable(L, 3))
        read_options(L, 3, held);
    return 1;
}

static int is_request(lua_State *L)
{
    lua_pushboolean(L, luaL_testudata(L, 1, request_type) != NULL);
    return 1;
}

/* core.retries(request) → how often, whether the action only gathers. */
static int retries(lua_State *L)
{
    struct held *held = luaL_checkudata(L, 1, request_type);

    lua_pushinteger(L, held->retries);
    lua_pushboolean(L, held->request.action &&
                           held->request.action->kind == ACTION_CONTEXT);
    return 2;
}

void request_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"action", new_action},   {"list", check_list},
        {"request", new_request}, {"is_request", is_request},
        {"retries", retries},     {NULL, NULL}};

    luaL_setfuncs(L, functions, 0);
    question_open(L);
    sandbox_type(L, request_type, NULL);
    lua_setfield(L, -2, "request_type");
    secret_open(L);
}
