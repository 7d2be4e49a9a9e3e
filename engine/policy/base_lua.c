#include "policy/sandbox.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Lua's basic functions as policies have them. Left out: whatever loads code,
 * looks behind metatables, or answers differently in another process.
 */

/* ---- pairs ------------------------------------------------------------- */

struct key {
    bool number;
    lua_Number real;     /* of a number, */
    lua_Integer integer; /* exact where it is one */
    bool exact;
    struct str text; /* otherwise: the table keeps it alive */
};

static int compare_numbers(const struct key *a, const struct key *b)
{
    if (a->exact && b->exact)
        return (a->integer > b->integer) - (a->integer < b->integer);
    return (a->real > b->real) - (a->real < b->real);
}

static int compare_keys(const void *one, const void *other)
{
    const struct key *a = one, *b = other;
    size_t len;
    int order;

    if (a->number != b->number)
        return a->number ? -1 : 1;
    if (a->number)
        return compare_numbers(a, b);
    len = a->text.len < b->text.len ? a->text.len : b->text.len;
    order = memcmp(a->text.data, b->text.data, len);
    return order ? order
                 : (a->text.len > b->text.len) - (a->text.len < b->text.len);
}

/* The key is at index. */
static struct key read_key(lua_State *L, int index)
{
    struct key key = {0};

    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        key.number = true;
        key.real = lua_tonumber(L, index);
        key.exact = lua_isinteger(L, index);
        if (key.exact)
            key.integer = lua_tointeger(L, index);
        break;
    case LUA_TSTRING:
        key.text.data = lua_tolstring(L, index, &key.text.len);
        break;
    default:
        sandbox_raise(L,
                      "pairs: a key is a %s; only numbers and strings have "
                      "an order",
                      luaL_typename(L, index));
    }
    return key;
}

static size_t count_keys(lua_State *L, int table)
{
    size_t count = 0;

    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        count++;
    return count;
}

static void push_key(lua_State *L, const struct key *key)
{
    if (!key->number)
        lua_pushlstring(L, key->text.data, key->text.len);
    else if (key->exact)
        lua_pushinteger(L, key->integer);
    else
        lua_pushnumber(L, key->real);
}

void sandbox_keys(lua_State *L, int table)
{
    size_t count, i = 0;
    struct key *keys;

    table = lua_absindex(L, table);
    luaL_checkstack(L, 6, NULL);
    count = count_keys(L, table);
    budget_charge(L, 8 * count);
    keys = lua_newuserdatauv(L, (count + 1) * sizeof *keys, 0);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        keys[i++] = read_key(L, -2);
    qsort(keys, count, sizeof *keys, compare_keys);
    lua_createtable(L, (int)count, 0);
    for (i = 0; i < count; i++) {
        push_key(L, &keys[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_remove(L, -2);
}

/* Upvalues: the keys, how many were passed. Keys that were removed meanwhile
 * are left out. */
static int next_pair(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

    luaL_checktype(L, 1, LUA_TTABLE);
    for (;;) {
        lua_settop(L, 1);
        if (lua_rawgeti(L, lua_upvalueindex(1), ++i) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL)
            break;
    }
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(2));
    return 2;
}

static int pairs(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    sandbox_keys(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_pair, 2);
    lua_pushvalue(L, 1);
    return 2;
}

/* ---- pcall ------------------------------------------------------------- */

static int finish_pcall(lua_State *L, int status, lua_KContext context)
{
    (void)context;
    if (status == LUA_OK || status == LUA_YIELD)
        return lua_gettop(L);
    if (budget_stopped(L, -1, L))
        return lua_error(L);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

/* What stops a run passes through. */
static int protected_call(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    return finish_pcall(
        L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall),
        0);
}

/* ---- setmetatable ------------------------------------------------------ */

static const char *const events[] = {
    "__index",  "__newindex", "__call", "__eq",      "__lt",  "__le",
    "__concat", "__unm",      "__add",  "__sub",     "__mul", "__div",
    "__idiv",   "__mod",      "__pow",  "__band",    "__bor", "__bxor",
    "__bnot",   "__shl",      "__shr",  "__tostring"};

static bool known_event(const char *name)
{
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (strcmp(events[i], name) == 0)
            return true;
    return false;
}

/* Pushes a table of its own with the events of the metatable at index 2, so
 * that none can be added later: Lua 5.4.4 crashes over a __mode that comes
 * and goes, a generic `for` calls __close, and a __len that lies keeps C busy
 * for ever. */
static void copy_events(lua_State *L)
{
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";

        if (strncmp(name, "__", 2) != 0)
            continue;
        if (!known_event(name))
            sandbox_raise(L, "setmetatable: %s cannot be used", name);
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, 3);
    }
}

static int set_metatable(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2,
                     "nil or table");
    lua_settop(L, 2);
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        sandbox_raise(L, "setmetatable: this table cannot be changed");
    if (lua_istable(L, 2)) {
        copy_events(L);
        lua_replace(L, 2);
    }
    lua_setmetatable(L, 1);
    return 1;
}

/* ---- tostring ---------------------------------------------------------- */

/* Stock tostring prints addresses, which no two processes share. */
void sandbox_text(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (luaL_callmeta(L, index, "__tostring")) {
        if (lua_type(L, -1) != LUA_TSTRING)
            sandbox_raise(L, "__tostring must return a string");
        return;
    }
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        luaL_tolstring(L, index, NULL);
        break;
    default:
        lua_pushstring(L, luaL_typename(L, index));
    }
}

static int to_string(lua_State *L)
{
    luaL_checkany(L, 1);
    sandbox_text(L, 1);
    return 1;
}

void sandbox_base(lua_State *L)
{
    static const char *const stock[] = {"assert",   "error",    "ipairs",
                                        "rawequal", "rawget",   "rawlen",
                                        "select",   "tonumber", "type"};
    static const luaL_Reg ours[] = {{"pairs", pairs},
                                    {"pcall", protected_call},
                                    {"setmetatable", set_metatable},
                                    {"tostring", to_string},
                                    {NULL, NULL}};

    for (size_t i = 0; i < sizeof stock / sizeof stock[0]; i++) {
        lua_pushglobaltable(L);
        lua_getfield(L, -1, stock[i]);
        lua_setfield(L, -3, stock[i]);
        lua_pop(L, 1);
    }
    luaL_setfuncs(L, ours, 0);
}
