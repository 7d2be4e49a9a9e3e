#include "policy/push.h"
#include "policy/sandbox.h"

#include <lauxlib.h>

/* The alarm of a run: a userdata, so that it can be neither changed nor
 * gone through; what is nested comes as a table of its own each time. */

static const char type[] = "alarm";

static int collect(lua_State *L)
{
    struct alarm **alarm = lua_touserdata(L, 1);

    alarm_unref(*alarm);
    *alarm = NULL;
    return 0;
}

static int get(lua_State *L)
{
    struct alarm **alarm = luaL_checkudata(L, 1, type);
    struct str name;
    const struct json *value;

    if (lua_type(L, 2) != LUA_TSTRING)
        return sandbox_raise(L,
                             "an alarm's field is a name or a path, not a %s",
                             luaL_typename(L, 2));
    name.data = lua_tolstring(L, 2, &name.len);
    value = alarm_get(*alarm, name);
    if (value)
        push_json(L, value);
    else
        lua_pushnil(L);
    return 1;
}

static int set(lua_State *L)
{
    return sandbox_raise(L, "an alarm cannot be changed");
}

void push_alarm(lua_State *L, struct alarm *alarm)
{
    struct alarm **place = lua_newuserdatauv(L, sizeof *place, 0);

    *place = NULL;
    sandbox_type(L, type, collect);
    lua_pushcfunction(L, get);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, set);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
    *place = alarm_ref(alarm);
}
