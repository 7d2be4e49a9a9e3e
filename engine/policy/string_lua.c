#include "policy/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

/*
 * `string`: without find, match, gmatch and gsub, whose cost no hook can
 * stop (24 s on 4 KiB of an attacker's text), and without dump and packing.
 * `re` takes their place.
 */

/* Calls the stock function that is the first upvalue in our own frame, so
 * that its errors name the policy's line. */
static int stock(lua_State *L)
{
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* Anything that stock format would print with its address is made text
 * before. */
static int format(lua_State *L)
{
    const char *at = luaL_checkstring(L, 1);

    while ((at = strchr(at, '%')) != NULL) {
        at++;
        at += strspn(at, "-+ #0123456789.");
        if (*at == 'p')
            return sandbox_raise(L, "format: %%p cannot be used");
        if (*at)
            at++;
    }
    for (int i = 2; i <= lua_gettop(L); i++) {
        if (lua_type(L, i) < LUA_TTABLE)
            continue;
        sandbox_text(L, i);
        lua_replace(L, i);
    }
    return stock(L);
}

static int repeat(lua_State *L)
{
    size_t len, gap;
    lua_Integer count = luaL_checkinteger(L, 2);

    luaL_checklstring(L, 1, &len);
    luaL_optlstring(L, 3, "", &gap);
    /* Stock rep counts to the end even where it adds nothing. */
    if (!(len + gap)) {
        lua_pushliteral(L, "");
        return 1;
    }
    if (count > (lua_Integer)(BUDGET_STRING_MAX / (len + gap)))
        return sandbox_raise(L, "rep: the result is longer than %d MiB",
                             BUDGET_STRING_MAX >> 20);
    return stock(L);
}

static void add(lua_State *L, const char *name, lua_CFunction function)
{
    lua_getfield(L, -2, name);
    if (function)
        lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
}

void sandbox_string(lua_State *L)
{
    static const char *const names[] = {"byte",  "char",    "len", "lower",
                                        "upper", "reverse", "sub"};

    lua_pushcfunction(L, luaopen_string);
    lua_call(L, 0, 1);
    lua_newtable(L);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        add(L, names[i], NULL);
    add(L, "format", format);
    add(L, "rep", repeat);
    lua_remove(L, -2);

    /* Strings share one metatable: ("x"):rep(2) finds these functions, and
     * nobody reaches the metatable. */
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}
