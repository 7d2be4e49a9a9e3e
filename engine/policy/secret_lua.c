#include "policy/sandbox.h"
#include "policy/secret.h"

#include "base/secret.h"

#include <lauxlib.h>
#include <string.h>

static const char secret_type[] = "secret";

/* core.secret(name) → a handle; what is behind it never comes here. */
static int new_secret(lua_State *L)
{
    struct error error;
    struct str name;

    name.data = luaL_checklstring(L, 1, &name.len);
    if (secret_name_check(name, &error))
        return sandbox_raise(L, "riposte.secret: %s", error.text);
    memcpy(lua_newuserdatauv(L, name.len + 1, 0), name.data, name.len + 1);
    luaL_setmetatable(L, secret_type);
    return 1;
}

static int secret_text(lua_State *L)
{
    const char *name = luaL_checkudata(L, 1, secret_type);

    lua_pushfstring(L, "secret: %s", name);
    return 1;
}

const char *secret_name(lua_State *L, int index)
{
    return luaL_testudata(L, index, secret_type);
}

void secret_open(lua_State *L)
{
    lua_pushcfunction(L, new_secret);
    lua_setfield(L, -2, "secret");
    sandbox_type(L, secret_type, NULL);
    lua_pushcfunction(L, secret_text);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
}
