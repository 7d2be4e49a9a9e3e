#include "policy/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>

/*
 * `table`, its functions limited in what one call does, since no hook can
 * stop them. Tables have no __len here (see setmetatable), so the length that
 * is checked is the length that is used.
 */
enum {
    ITEMS_MAX = 65536, /* more than any answer holds; 10 ms of work */
};

static void take(lua_State *L, const char *what, lua_Integer count)
{
    if (count > ITEMS_MAX)
        sandbox_raise(L, "%s: more than %d elements", what, ITEMS_MAX);
    if (count > 0)
        budget_charge(L, (size_t)count);
}

static lua_Integer length(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    return (lua_Integer)lua_rawlen(L, 1);
}

/* The number of items from first to last, without overflow. */
static lua_Integer span(lua_Integer first, lua_Integer last)
{
    lua_Integer count;

    if (first > last)
        return 0;
    if (__builtin_sub_overflow(last, first, &count) ||
        __builtin_add_overflow(count, 1, &count))
        return LUA_MAXINTEGER;
    return count;
}

static int stock(lua_State *L)
{
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static int concat(lua_State *L)
{
    lua_Integer last = luaL_opt(L, luaL_checkinteger, 4, length(L));

    take(L, "concat", span(luaL_optinteger(L, 3, 1), last));
    return stock(L);
}

static int insert(lua_State *L)
{
    lua_Integer len = length(L);

    if (lua_gettop(L) >= 3)
        take(L, "insert", span(luaL_checkinteger(L, 2), len));
    return stock(L);
}

static int move(lua_State *L)
{
    take(L, "move", span(luaL_checkinteger(L, 2), luaL_checkinteger(L, 3)));
    return stock(L);
}

static int take_away(lua_State *L)
{
    lua_Integer len = length(L);

    if (lua_gettop(L) >= 2)
        take(L, "remove", span(luaL_checkinteger(L, 2), len));
    return stock(L);
}

static int unpack(lua_State *L)
{
    lua_Integer last = luaL_opt(L, luaL_checkinteger, 3, length(L));

    take(L, "unpack", span(luaL_optinteger(L, 2, 1), last));
    return stock(L);
}

/* ---- sort -------------------------------------------------------------- */

/* Is the value at index a before that at b? The function is at 2. */
static bool before(lua_State *L, int a, int b)
{
    bool less;

    if (lua_isnil(L, 2))
        return lua_compare(L, a, b, LUA_OPLT);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, a);
    lua_pushvalue(L, b);
    lua_call(L, 2, 1);
    less = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return less;
}

/* Merges [from, middle) and [middle, to) of the table at 3 into that at 4,
 * which is on top of the stack. */
static void merge(lua_State *L, lua_Integer from, lua_Integer middle,
                  lua_Integer to)
{
    lua_Integer left = from, right = middle;

    for (lua_Integer at = from; at < to; at++) {
        bool take_right = left == middle;

        if (left < middle && right < to) {
            lua_rawgeti(L, 3, left);
            lua_rawgeti(L, 3, right);
            take_right = before(L, 6, 5);
            lua_pop(L, 2);
        }
        lua_rawgeti(L, 3, take_right ? right++ : left++);
        lua_rawseti(L, 4, at);
    }
}

static lua_Integer least(lua_Integer a, lua_Integer b)
{
    return a < b ? a : b;
}

static void copy(lua_State *L, int from, int to, lua_Integer len)
{
    for (lua_Integer i = 1; i <= len; i++) {
        lua_rawgeti(L, from, i);
        lua_rawseti(L, to, i);
    }
}

/* A merge sort: stable, and the same in every process. Stock sort looks at
 * the clock to choose a pivot. */
static int sort(lua_State *L)
{
    lua_Integer len = length(L);

    take(L, "sort", len);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_createtable(L, (int)len, 0);
    copy(L, 1, 3, len);
    lua_createtable(L, (int)len, 0);
    for (lua_Integer width = 1; width < len; width *= 2) {
        take(L, "sort", len);
        for (lua_Integer from = 1; from <= len; from += 2 * width)
            merge(L, from, least(from + width, len + 1),
                  least(from + 2 * width, len + 1));
        lua_insert(L, 3);
    }
    copy(L, 3, 1, len);
    return 0;
}

void sandbox_table(lua_State *L)
{
    static const luaL_Reg ours[] = {{"concat", concat}, {"insert", insert},
                                    {"move", move},     {"remove", take_away},
                                    {"unpack", unpack}, {NULL, NULL}};

    lua_pushcfunction(L, luaopen_table);
    lua_call(L, 0, 1);
    lua_newtable(L);
    for (const luaL_Reg *at = ours; at->name; at++) {
        lua_getfield(L, -2, at->name);
        lua_pushcclosure(L, at->func, 1);
        lua_setfield(L, -2, at->name);
    }
    lua_getfield(L, -2, "pack");
    lua_setfield(L, -2, "pack");
    lua_pushcfunction(L, sort);
    lua_setfield(L, -2, "sort");
    lua_remove(L, -2);
}
