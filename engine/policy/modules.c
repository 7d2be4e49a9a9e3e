#include "policy/modules.h"
#include "policy/embedded.h"
#include "policy/message.h"
#include "policy/sandbox.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

/* Keys of the registry, by address. */
static const char env_key[2] = {0, 1};
static const char loaded_key = 0; /* name → value; true while it loads */

enum { NAME_MAX_LEN = 100 };

void modules_set_env(lua_State *L, bool own)
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, &env_key[own]);
}

/* Loads a file with its names as the only upvalue. */
static void load_file(lua_State *L, struct str text, const char *file, bool own)
{
    message_load(L, text, file);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &env_key[own]);
    lua_setupvalue(L, -2, 1);
}

void sandbox_run_file(lua_State *L, struct str text, const char *file)
{
    struct budget *budget = &sandbox_of(L)->budget;

    load_file(L, text, file, false);
    budget_enter(budget);
    lua_call(L, 0, 1);
    budget_leave(budget);
}

static void push_loaded(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &loaded_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &loaded_key);
}

static bool load_built_in(lua_State *L, const char *name)
{
    if (strcmp(name, "re") == 0)
        sandbox_re(L);
    else if (strcmp(name, "riposte.core") == 0)
        sandbox_core(L);
    else
        return false;
    return true;
}

/* "riposte.run" is the file riposte/run.lua, "riposte" riposte/init.lua. */
static bool load_embedded(lua_State *L, const char *name)
{
    char file[NAME_MAX_LEN + 16];
    const struct embedded *found;

    if (strcmp(name, "riposte") == 0)
        name = "riposte.init";
    snprintf(file, sizeof file, "%s.lua", name);
    for (char *at = strchr(file, '.'); at && strcmp(at, ".lua") != 0;
         at = strchr(at, '.'))
        *at = '/';
    found = embedded_find(file);
    if (!found)
        return false;
    load_file(L, found->text, file, true);
    lua_call(L, 0, 1);
    return true;
}

/* A module of the site's policies/lib/. */
static bool load_site(lua_State *L, const char *name)
{
    const struct policy_world *world = sandbox_of(L)->world;
    char file[NAME_MAX_LEN + 32];
    struct str text;

    if (!world->module(world->arg, name, &text))
        return false;
    if (text.len > POLICY_TEXT_MAX)
        sandbox_raise(L, "module '%s' is larger than %d KiB", name,
                      POLICY_TEXT_MAX / 1024);
    snprintf(file, sizeof file, "policies/lib/%s.lua", name);
    load_file(L, text, file, false);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1))
        sandbox_raise(L, "module '%s' returns nothing", name);
    return true;
}

static void load_module(lua_State *L, const char *name, bool own)
{
    if (strlen(name) > NAME_MAX_LEN)
        sandbox_raise(L, "a module's name has at most %d letters",
                      NAME_MAX_LEN);
    if (own || strcmp(name, "riposte") == 0 || strcmp(name, "re") == 0) {
        if (load_built_in(L, name) || load_embedded(L, name))
            return;
    } else {
        if (sandbox_in_run(L))
            sandbox_raise(L, "require belongs at the top of the file");
        if (load_site(L, name))
            return;
    }
    sandbox_raise(L,
                  "no module '%s': there are riposte, re, and the files of "
                  "policies/lib/",
                  name);
}

static void push_module(lua_State *L, const char *name, bool own)
{
    push_loaded(L);
    /* No name of a site's module is one of ours. */
    lua_pushfstring(L, "%s %s", own ? "own" : "site", name);
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    if (lua_isboolean(L, -1) && lua_toboolean(L, -1))
        sandbox_raise(L, "module '%s' requires itself, maybe through others",
                      name);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushboolean(L, 1);
        lua_rawset(L, -4);
        load_module(L, name, own);
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, -5);
    }
    lua_replace(L, -3);
    lua_pop(L, 1);
}

void sandbox_module(lua_State *L, const char *name)
{
    push_module(L, name, true);
}

static int require(lua_State *L)
{
    bool own = lua_toboolean(L, lua_upvalueindex(1));
    const char *name = luaL_checkstring(L, 1);

    if (!own && (strcmp(name, "riposte") == 0 || strcmp(name, "re") == 0))
        own = true;
    push_module(L, name, own);
    return 1;
}

void modules_require(lua_State *L, bool own)
{
    lua_pushboolean(L, own);
    lua_pushcclosure(L, require, 1);
}
