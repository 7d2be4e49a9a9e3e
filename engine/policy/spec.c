#include "policy/spec.h"
#include "base/alloc.h"
#include "policy/match.h"
#include "policy/spec_run.h"
#include "policy/tree.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * riposte.host: a site, its policies, and their runs with answers given by
 * Lua. Userdata of policies keep their site alive, runs their policy.
 */

static const char site_type[] = "riposte.site";
static const char policy_type[] = "riposte.policy";

struct spec_site {
    const struct shell_site *shell;
    void *opened; /* owned */
    const struct policy_world *world;
};

struct spec_policy {
    struct policy *policy; /* owned */
};

/* Pushes a list of problems as texts, and frees them. */
static void push_problems(lua_State *L, struct problems *problems)
{
    lua_newtable(L);
    for (size_t i = 0; i < problems->len; i++) {
        char *text = error_format(&problems->items[i].error);

        lua_pushstring(L, text);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
        free(text);
    }
    problems_free(problems);
}

/* ---- sites ------------------------------------------------------------- */

static int close_site(lua_State *L)
{
    struct spec_site *site = lua_touserdata(L, 1);

    if (site->world)
        site->shell->close(site->opened);
    site->world = NULL;
    return 0;
}

/* host.open(folder) → site, or nil and a list of problems */
static int open_site(lua_State *L)
{
    const struct shell_site *shell = lua_touserdata(L, lua_upvalueindex(1));
    const char *folder = luaL_checkstring(L, 1);
    struct problems problems = {0};
    struct spec_site *site = lua_newuserdatauv(L, sizeof *site, 0);

    *site = (struct spec_site){.shell = shell};
    luaL_setmetatable(L, site_type);
    site->world = shell->open(folder, &problems, &site->opened);
    if (site->world) {
        problems_free(&problems);
        return 1;
    }
    lua_pushnil(L);
    push_problems(L, &problems);
    return 2;
}

static int free_policy(lua_State *L)
{
    struct spec_policy *policy = lua_touserdata(L, 1);

    policy_free(policy->policy);
    policy->policy = NULL;
    return 0;
}

/* site:load(file, text) → policy, warnings; or nil and a list of problems */
static int load_policy(lua_State *L)
{
    struct spec_site *site = luaL_checkudata(L, 1, site_type);
    const char *file = luaL_checkstring(L, 2);
    struct problems problems = {0};
    struct spec_policy *policy;
    struct str text;

    text.data = luaL_checklstring(L, 3, &text.len);
    policy = lua_newuserdatauv(L, sizeof *policy, 1);
    *policy = (struct spec_policy){0};
    luaL_setmetatable(L, policy_type);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    policy->policy = policy_load(site->world, file, text, &problems);
    if (!policy->policy)
        lua_pushnil(L);
    push_problems(L, &problems);
    return 2;
}

/* ---- alarms ------------------------------------------------------------ */

static const char alarm_type[] = "riposte.alarm";

static int free_alarm(lua_State *L)
{
    struct alarm **alarm = lua_touserdata(L, 1);

    alarm_unref(*alarm);
    *alarm = NULL;
    return 0;
}

/* Pushes the owner of an alarm whose fields are the table at index. */
static struct alarm *push_spec_alarm(lua_State *L, int index)
{
    struct alarm **place = lua_newuserdatauv(L, sizeof *place, 0);
    struct alarm *alarm;
    struct error error = {0};
    char *text;

    *place = NULL;
    luaL_setmetatable(L, alarm_type);
    *place = alarm = ALLOC(struct alarm);
    alarm->refs = 1;
    alarm->count = 1;
    alarm->source = alloc_text("spec");
    alarm->doc = json_new();
    if (tree_build(L, index, alarm->doc, json_root_mutable(alarm->doc),
                   "the alarm", 0, NULL, &error))
        luaL_error(L, "the alarm: %s", error.text);
    alarm->fields = alarm->record = json_root(alarm->doc);
    text = alarm_text(alarm->fields, &alarm->raw_len);
    alarm->raw = text;
    alarm_identify(alarm, "", 0);
    return alarm;
}

/* ---- policies ---------------------------------------------------------- */

static struct policy *check_policy(lua_State *L)
{
    struct spec_policy *policy = luaL_checkudata(L, 1, policy_type);

    luaL_argcheck(L, policy->policy, 1, "a policy that could be loaded");
    return policy->policy;
}

static void push_words(lua_State *L, const struct words *words)
{
    lua_newtable(L);
    for (size_t i = 0; i < words->len; i++) {
        lua_pushstring(L, words->items[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

static void push_threshold(lua_State *L,
                           const struct policy_threshold *threshold)
{
    lua_newtable(L);
    lua_pushinteger(L, threshold->count);
    lua_setfield(L, -2, "count");
    lua_pushnumber(L, (lua_Number)threshold->within / 1000);
    lua_setfield(L, -2, "within");
    lua_pushnumber(L, (lua_Number)threshold->again / 1000);
    lua_setfield(L, -2, "again");
    push_words(L, &threshold->by);
    lua_setfield(L, -2, "by");
}

/* policy:info() → name, tags, threshold (durations in seconds) */
static int policy_info(lua_State *L)
{
    const struct policy *policy = check_policy(L);

    lua_newtable(L);
    lua_pushstring(L, policy->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, policy->counter);
    lua_setfield(L, -2, "counter");
    push_words(L, &policy->tags);
    lua_setfield(L, -2, "tags");
    if (policy->threshold.count) {
        push_threshold(L, &policy->threshold);
        lua_setfield(L, -2, "threshold");
    }
    return 1;
}

/* policy:matches(alarm) → does its `on` hold? */
static int policy_matches(lua_State *L)
{
    const struct policy *policy = check_policy(L);
    struct match *match;
    const size_t *numbers;
    struct error error = {0};
    struct alarm *alarm;
    size_t count = 0;

    luaL_checktype(L, 2, LUA_TTABLE);
    alarm = push_spec_alarm(L, 2);
    match = match_new();
    if (policy->on &&
        match_add(match, policy->on, 0, policy->file, &error) == 0) {
        match_seal(match);
        count = match_find(match, alarm, &numbers, &error);
    }
    match_free(match);
    if (error.code)
        return luaL_error(L, "%s", error.text);
    lua_pushboolean(L, count > 0);
    return 1;
}

/* policy:run(alarm, answer, recorded) → the trace, see spec_run.h */
static int policy_run(lua_State *L)
{
    const struct policy *policy = check_policy(L);

    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checktype(L, 3, LUA_TFUNCTION);
    lua_settop(L, 4);
    spec_run(L, policy, push_spec_alarm(L, 2));
    return 1;
}

/* host.encode(value) → JSON */
static int encode(lua_State *L)
{
    struct alarm *holder;

    luaL_checkany(L, 1);
    holder = push_spec_alarm(L, 1);
    lua_pushlstring(L, holder->raw, holder->raw_len);
    return 1;
}

static void new_type(lua_State *L, const char *name, lua_CFunction collect,
                     const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

void spec_open(lua_State *L, const struct shell_site *site)
{
    static const luaL_Reg none[] = {{NULL, NULL}};
    static const luaL_Reg of_site[] = {{"load", load_policy}, {NULL, NULL}};
    static const luaL_Reg of_policy[] = {{"info", policy_info},
                                         {"matches", policy_matches},
                                         {"run", policy_run},
                                         {NULL, NULL}};

    new_type(L, site_type, close_site, of_site);
    new_type(L, policy_type, free_policy, of_policy);
    new_type(L, alarm_type, free_alarm, none);
    spec_run_open(L);
    lua_newtable(L);
    lua_pushlightuserdata(L, (void *)(uintptr_t)site);
    lua_pushcclosure(L, open_site, 1);
    lua_setfield(L, -2, "open");
    lua_pushcfunction(L, encode);
    lua_setfield(L, -2, "encode");
}
