#include "policy/shell.h"
#include "policy/embedded.h"
#include "policy/spec.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the protected part works on. */
struct shell {
    int argc;
    char **argv;
    const struct shell_site *site;
};

static int traceback(lua_State *L)
{
    const char *text = lua_tostring(L, 1);

    if (!text && luaL_callmeta(L, 1, "__tostring"))
        return 1;
    luaL_traceback(L, L, text ? text : "an error that is no text", 1);
    return 1;
}

static int load_embedded(lua_State *L)
{
    const struct embedded *file = lua_touserdata(L, lua_upvalueindex(1));
    const char *chunk = lua_pushfstring(L, "@%s", file->name);

    if (luaL_loadbufferx(L, file->text.data, file->text.len, chunk, "t"))
        return lua_error(L);
    lua_call(L, 0, 1);
    return 1;
}

/* "riposte/answer/scripted.lua" is the module riposte.answer.scripted. */
static void preload_file(lua_State *L, const struct embedded *file)
{
    char name[128];
    size_t len = strlen(file->name) - strlen(".lua");

    snprintf(name, sizeof name, "%.*s", (int)len, file->name);
    for (char *at = name; *at; at++)
        if (*at == '/')
            *at = '.';
    lua_pushlightuserdata(L, (void *)(uintptr_t)file);
    lua_pushcclosure(L, load_embedded, 1);
    lua_setfield(L, -2, name);
}

static int load_host(lua_State *L)
{
    spec_open(L, lua_touserdata(L, lua_upvalueindex(1)));
    return 1;
}

/* What is built in wins over what is installed: the two may differ. */
static void preload(lua_State *L, const struct shell_site *site)
{
    const struct embedded *file;

    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (size_t i = 0; (file = embedded_at(i)); i++)
        preload_file(L, file);
    lua_pushlightuserdata(L, (void *)(uintptr_t)site);
    lua_pushcclosure(L, load_host, 1);
    lua_setfield(L, -2, "riposte.host");
    lua_pop(L, 1);
}

/* `arg` as lua(1) makes it: the script is arg[0], what comes before has
 * negative numbers. */
static void set_arg(lua_State *L, const struct shell *shell, int script)
{
    lua_createtable(L, shell->argc, 1);
    for (int i = 0; i < shell->argc; i++) {
        lua_pushstring(L, shell->argv[i]);
        lua_rawseti(L, -2, i - script);
    }
    lua_setglobal(L, "arg");
}

static void run_chunk(lua_State *L, const char *chunk)
{
    if (luaL_loadbuffer(L, chunk, strlen(chunk), "=(command line)"))
        lua_error(L);
    lua_call(L, 0, 0);
}

static void run_script(lua_State *L, const struct shell *shell, int script)
{
    if (luaL_loadfile(L, shell->argv[script]))
        lua_error(L);
    luaL_checkstack(L, shell->argc, "too many arguments");
    for (int i = script + 1; i < shell->argc; i++)
        lua_pushstring(L, shell->argv[i]);
    lua_call(L, shell->argc - script - 1, 0);
}

/* Returns the index of the script, or argc; -1 where the usage is wrong. */
static int find_script(const struct shell *shell)
{
    int i = 1;

    while (i < shell->argc && strcmp(shell->argv[i], "-e") == 0)
        i += 2;
    if (i > shell->argc || (i < shell->argc && shell->argv[i][0] == '-'))
        return -1;
    return i;
}

static int run(lua_State *L)
{
    const struct shell *shell = lua_touserdata(L, 1);
    int script = find_script(shell);

    luaL_openlibs(L);
    preload(L, shell->site);
    set_arg(L, shell, script);
    for (int i = 1; i < script; i += 2)
        run_chunk(L, shell->argv[i + 1]);
    if (script < shell->argc)
        run_script(L, shell, script);
    return 0;
}

int shell_main(int argc, char **argv, const struct shell_site *site)
{
    struct shell shell = {argc, argv, site};
    lua_State *L;
    int rc;

    if (find_script(&shell) < 0 || argc < 2) {
        fprintf(stderr, "usage: %s [-e CHUNK]… [SCRIPT [ARGUMENT…]]\n",
                argc ? argv[0] : "riposte-lua");
        return 2;
    }
    L = luaL_newstate();
    if (!L)
        return 70;
    lua_pushcfunction(L, traceback);
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, &shell);
    rc = lua_pcall(L, 1, 0, 1);
    if (rc != LUA_OK)
        fprintf(stderr, "riposte-lua: %s\n", lua_tostring(L, -1));
    lua_close(L);
    return rc == LUA_OK ? 0 : 1;
}
