#include "policy/sandbox.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "model/regex.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

/*
 * `re`: match, find, gmatch, gsub on PCRE2. Matches are limited, and what is
 * too costly raises: it is never "no match".
 *
 * A compiled pattern is never held across a call of Lua code, which may use
 * `re` itself and so push it out of the cache.
 */
enum {
    PATTERNS_MAX = 64, /* each up to a few KiB outside Lua's allocator */
    COMPILE_WORK = 10000,
    MATCH_WORK = 500,
    GROUPS_MAX = 100,
};

struct pattern {
    char *text; /* owned */
    size_t len;
    struct regex *regex; /* owned */
};

struct patterns {
    struct pattern items[PATTERNS_MAX];
    size_t len;
    size_t oldest; /* makes room, once all are taken */
};

static void pattern_clear(struct pattern *pattern)
{
    regex_free(pattern->regex);
    free(pattern->text);
}

void re_patterns_free(struct patterns *patterns)
{
    if (!patterns)
        return;
    for (size_t i = 0; i < patterns->len; i++)
        pattern_clear(&patterns->items[i]);
    free(patterns);
}

static struct pattern *room(struct patterns *patterns)
{
    struct pattern *pattern;

    if (patterns->len < PATTERNS_MAX)
        return &patterns->items[patterns->len++];
    pattern = &patterns->items[patterns->oldest];
    patterns->oldest = (patterns->oldest + 1) % PATTERNS_MAX;
    pattern_clear(pattern);
    return pattern;
}

static struct regex *compiled(lua_State *L, struct str text)
{
    struct sandbox *sandbox = sandbox_of(L);
    struct patterns *patterns = sandbox->patterns;
    struct pattern *pattern;
    struct regex *regex;
    struct error error = {0};

    if (!patterns)
        patterns = sandbox->patterns = ALLOC(struct patterns);
    for (size_t i = 0; i < patterns->len; i++)
        if (str_same(
                (struct str){patterns->items[i].text, patterns->items[i].len},
                text))
            return patterns->items[i].regex;
    budget_charge(L, COMPILE_WORK);
    regex = regex_compile(text, 0, &error);
    if (!regex)
        sandbox_raise(L, "%s", error.text);
    pattern = room(patterns);
    *pattern = (struct pattern){str_copy(text), text.len, regex};
    return regex;
}

static struct str check_str(lua_State *L, int index)
{
    struct str text;

    text.data = luaL_checklstring(L, index, &text.len);
    return text;
}

/* Returns the regex where it matches, NULL where it does not. */
static struct regex *matched(lua_State *L, struct str pattern,
                             struct str subject, size_t from)
{
    struct regex *regex = compiled(L, pattern);
    struct error error = {0};
    int rc;

    budget_charge(L, MATCH_WORK + (subject.len - from) / 64);
    rc = regex_match(regex, subject, from, &error);
    if (rc < 0)
        sandbox_raise(L, "re: %s", error.text);
    return rc ? regex : NULL;
}

/* As string.find takes it: from 1, negative from the end. -1: behind it. */
static long start_of(lua_State *L, int index, size_t len)
{
    lua_Integer start = luaL_optinteger(L, index, 1);

    if (start > (lua_Integer)len + 1)
        return -1;
    if (start > 0)
        return (long)start - 1;
    if (start == 0 || start < -(lua_Integer)len)
        return 0;
    return (long)((lua_Integer)len + start);
}

/* Pushes a group's text; false where it took no part. */
static void push_group(lua_State *L, const struct regex *regex, unsigned group)
{
    struct str text;

    if (regex_group(regex, group, &text))
        lua_pushlstring(L, text.data, text.len);
    else
        lua_pushboolean(L, 0);
}

/* Pushes the groups, or the whole match where there are none. */
static int push_groups(lua_State *L, const struct regex *regex, bool whole)
{
    unsigned groups = regex_groups(regex);

    if (groups > GROUPS_MAX)
        sandbox_raise(L, "re: more than %d groups", GROUPS_MAX);
    luaL_checkstack(L, (int)groups + 4, NULL);
    if (groups == 0 && whole) {
        push_group(L, regex, 0);
        return 1;
    }
    for (unsigned i = 1; i <= groups; i++)
        push_group(L, regex, i);
    return (int)groups;
}

static int match(lua_State *L)
{
    struct str subject = check_str(L, 1);
    struct str pattern = check_str(L, 2);
    long from = start_of(L, 3, subject.len);
    struct regex *regex = NULL;

    if (from >= 0)
        regex = matched(L, pattern, subject, (size_t)from);
    if (regex)
        return push_groups(L, regex, true);
    lua_pushnil(L);
    return 1;
}

static int find(lua_State *L)
{
    struct str subject = check_str(L, 1);
    struct str pattern = check_str(L, 2);
    long from = start_of(L, 3, subject.len);
    struct regex *regex = NULL;
    struct str whole;

    if (from >= 0)
        regex = matched(L, pattern, subject, (size_t)from);
    if (!regex) {
        lua_pushnil(L);
        return 1;
    }
    regex_group(regex, 0, &whole);
    lua_pushinteger(L, whole.data - subject.data + 1);
    lua_pushinteger(L, whole.data - subject.data + (lua_Integer)whole.len);
    return 2 + push_groups(L, regex, false);
}

/* Where to look on after a match: behind it, past one character more where it
 * was empty. */
static size_t after(struct str subject, struct str whole)
{
    size_t at = (size_t)(whole.data - subject.data) + whole.len;

    if (whole.len)
        return at;
    do
        at++;
    while (at < subject.len &&
           ((unsigned char)subject.data[at] & 0xC0) == 0x80);
    return at;
}

/* Upvalues: subject, pattern, where to go on. */
static int next_match(lua_State *L)
{
    struct str subject = check_str(L, lua_upvalueindex(1));
    struct str pattern = check_str(L, lua_upvalueindex(2));
    size_t from = (size_t)lua_tointeger(L, lua_upvalueindex(3));
    struct regex *regex = NULL;
    struct str whole;

    if (from <= subject.len)
        regex = matched(L, pattern, subject, from);
    if (!regex) {
        lua_pushnil(L);
        return 1;
    }
    regex_group(regex, 0, &whole);
    lua_pushinteger(L, (lua_Integer)after(subject, whole));
    lua_replace(L, lua_upvalueindex(3));
    return push_groups(L, regex, true);
}

static int gmatch(lua_State *L)
{
    check_str(L, 1);
    compiled(L, check_str(L, 2));
    lua_settop(L, 2);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_match, 3);
    return 1;
}

/* ---- gsub -------------------------------------------------------------- */

/* The replacement text of a template: %0 to %9, %%. */
static void expand(lua_State *L, luaL_Buffer *out, const struct regex *regex)
{
    size_t len;
    const char *at = lua_tolstring(L, 3, &len);

    for (const char *end = at + len; at < end; at++) {
        struct str group;

        if (*at != '%') {
            luaL_addchar(out, *at);
            continue;
        }
        at++;
        if (at < end && *at == '%')
            luaL_addchar(out, '%');
        else if (at == end || *at < '0' || *at > '9')
            sandbox_raise(L, "re.gsub: a %% in the replacement must be "
                             "followed by a digit or another %%");
        else if ((unsigned)(*at - '0') > regex_groups(regex))
            sandbox_raise(L, "re.gsub: the pattern has no group %c", *at);
        else if (regex_group(regex, (unsigned)(*at - '0'), &group))
            luaL_addlstring(out, group.data, group.len);
    }
}

/* Pushes what a table or function gives for the match. */
static void replacement(lua_State *L, const struct regex *regex)
{
    int count;

    if (lua_istable(L, 3)) {
        push_group(L, regex, regex_groups(regex) ? 1 : 0);
        lua_gettable(L, 3);
        return;
    }
    lua_pushvalue(L, 3);
    count = push_groups(L, regex, true);
    lua_call(L, count, 1);
}

/* Adds the value on top of the stack, popped; nil and false keep the match. */
static void add_value(lua_State *L, luaL_Buffer *out, struct str whole)
{
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, whole.data, whole.len);
    } else if (lua_isstring(L, -1)) {
        luaL_addvalue(out);
    } else {
        sandbox_raise(L, "re.gsub: a replacement is a %s, not a string",
                      luaL_typename(L, -1));
    }
}

static void check_length(lua_State *L, const luaL_Buffer *out)
{
    if (luaL_bufflen(out) > BUDGET_STRING_MAX)
        sandbox_raise(L, "re.gsub: the result is longer than %d MiB",
                      BUDGET_STRING_MAX >> 20);
}

/* One match at or behind *from, copied with what lies before it; *from goes
 * to where to look on. False where there is none. */
static bool replace_one(lua_State *L, luaL_Buffer *out, struct str subject,
                        size_t *copied, size_t *from)
{
    struct regex *regex = matched(L, check_str(L, 2), subject, *from);
    struct str whole;

    if (!regex)
        return false;
    regex_group(regex, 0, &whole);
    luaL_addlstring(out, subject.data + *copied,
                    (size_t)(whole.data - subject.data) - *copied);
    *copied = (size_t)(whole.data - subject.data) + whole.len;
    *from = after(subject, whole);
    if (lua_type(L, 3) == LUA_TSTRING || lua_type(L, 3) == LUA_TNUMBER) {
        expand(L, out, regex);
    } else {
        replacement(L, regex);
        add_value(L, out, whole);
    }
    check_length(L, out);
    return true;
}

static int gsub(lua_State *L)
{
    struct str subject = check_str(L, 1);
    lua_Integer max = luaL_optinteger(L, 4, LUA_MAXINTEGER);
    size_t copied = 0, from = 0;
    lua_Integer count = 0;
    luaL_Buffer out;

    check_str(L, 2);
    luaL_argexpected(
        L, lua_isstring(L, 3) || lua_istable(L, 3) || lua_isfunction(L, 3), 3,
        "string, table or function");
    if (lua_isnumber(L, 3))
        lua_tostring(L, 3);
    luaL_buffinit(L, &out);
    while (count < max && from <= subject.len &&
           replace_one(L, &out, subject, &copied, &from))
        count++;
    luaL_addlstring(&out, subject.data + copied, subject.len - copied);
    check_length(L, &out);
    luaL_pushresult(&out);
    lua_pushinteger(L, count);
    return 2;
}

void sandbox_re(lua_State *L)
{
    static const luaL_Reg functions[] = {{"match", match},
                                         {"find", find},
                                         {"gmatch", gmatch},
                                         {"gsub", gsub},
                                         {NULL, NULL}};

    luaL_newlib(L, functions);
    sandbox_lock(L);
}
