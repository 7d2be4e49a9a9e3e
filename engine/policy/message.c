#include "policy/message.h"
#include "base/alloc.h"
#include "policy/budget.h"
#include "policy/lex.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

static void refuse_words(lua_State *L, struct str text, const char *where)
{
    struct lex lex = lex_begin(text);
    struct lex_token before = {.kind = LEX_END};
    struct lex_token token;

    for (token = lex_next(&lex); token.kind != LEX_END;
         token = lex_next(&lex)) {
        if (lex_is(&token, "_ENV"))
            luaL_error(L, "%s:%d: the name _ENV cannot be used", where,
                       (int)token.line);
        if (lex_is(&before, "<") && lex_is(&token, "close"))
            luaL_error(L, "%s:%d: <close> cannot be used", where,
                       (int)token.line);
        before = token;
    }
}

void message_load(lua_State *L, struct str text, const char *where)
{
    const char *chunk = lua_pushfstring(L, "@%s", where);

    refuse_words(L, text, where);
    if (luaL_loadbufferx(L, text.data, text.len, chunk, "t") != LUA_OK)
        lua_error(L);
    lua_remove(L, -2);
}

bool message_place(const char *text, size_t *file_len, unsigned *line,
                   const char **rest)
{
    const char *colon = strstr(text, ".lua:");
    char *end;
    unsigned long number;

    if (!colon || memchr(text, ' ', (size_t)(colon - text)))
        return false;
    colon += strlen(".lua");
    number = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || strncmp(end, ": ", 2) != 0)
        return false;
    *file_len = (size_t)(colon - text);
    *line = (unsigned)number;
    *rest = end + 2;
    return true;
}

/* Pushes what was raised as a text. A failure that `:try` gave back may be
 * raised as it is: its message is meant. No metamethod is asked. */
static const char *push_raised(lua_State *L, int index)
{
    if (lua_type(L, index) == LUA_TTABLE) {
        lua_pushliteral(L, "message");
        if (lua_rawget(L, index) == LUA_TSTRING)
            return lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    if (lua_type(L, index) != LUA_TSTRING && lua_type(L, index) != LUA_TNUMBER)
        return lua_pushfstring(L, "raised a %s instead of a text",
                               luaL_typename(L, index));
    lua_pushvalue(L, index);
    return lua_tostring(L, -1);
}

void message_text(lua_State *L, int index, lua_State *thread)
{
    size_t len;
    unsigned line;
    const char *rest;
    const char *text;

    text = push_raised(L, lua_absindex(L, index));
    if (!thread || message_place(text, &len, &line, &rest))
        return;
    budget_where(L, thread);
    lua_insert(L, -2);
    lua_concat(L, 2);
}

int message_error(lua_State *L, int index, const char *where,
                  struct error *error)
{
    const char *text = "raised something that is no text";
    int code = ERROR_INVALID;
    size_t len;
    unsigned line;
    const char *rest;

    if (budget_stopped(L, index, L)) {
        text = budget_of(L)->reason;
        code = ERROR_LIMIT;
    } else if (lua_type(L, index) == LUA_TSTRING) {
        text = lua_tostring(L, index);
    }
    if (message_place(text, &len, &line, &rest)) {
        char *file = alloc_copy(text, len);

        error_at(error, code, file, line, 0, "%s", rest);
        free(file);
    } else {
        error_at(error, code, where, 0, 0, "%s", text);
    }
    return code;
}
