#include "policy/tree.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct builder {
    lua_State *L;
    struct json_doc *doc;
    const char *where;
    struct error *error;
    size_t nodes;
    int depth;
};

/* Where a node stands in the text. */
struct place {
    unsigned line;
    const struct lines_table *table;
};

static int build(struct builder *builder, struct json *node,
                 struct place place);

static int refuse(struct builder *builder, struct place place, const char *text)
{
    return error_at(builder->error, ERROR_INVALID, builder->where, place.line,
                    0, "%s", text);
}

static struct place place_of(struct place parent, struct str name,
                             size_t number)
{
    struct place place;

    place.line = lines_find(parent.table, name, number, &place.table);
    if (!place.line)
        place.line = parent.line;
    return place;
}

static int build_number(struct builder *builder, struct json *node,
                        struct place place)
{
    if (lua_isinteger(builder->L, -1)) {
        node->type = JSON_INT;
        node->as.integer = lua_tointeger(builder->L, -1);
        return 0;
    }
    node->type = JSON_REAL;
    node->as.real = lua_tonumber(builder->L, -1);
    if (!isfinite(node->as.real))
        return refuse(builder, place, "a number must be finite");
    return 0;
}

static int build_array(struct builder *builder, struct json *node, size_t len,
                       struct place place)
{
    struct json *items = json_room(builder->doc, len * sizeof *items);

    node->type = JSON_ARRAY;
    node->as.list.items = items;
    node->as.list.len = len;
    for (size_t i = 0; i < len; i++) {
        struct place below = place_of(place, (struct str){0}, i + 1);
        int rc;

        lua_rawgeti(builder->L, -1, (lua_Integer)i + 1);
        items[i].key = (struct str){"", 0};
        rc = build(builder, &items[i], below);
        lua_pop(builder->L, 1);
        if (rc)
            return rc;
    }
    return 0;
}

static int by_key(const void *one, const void *other)
{
    const struct str *a = &((const struct json *)one)->key;
    const struct str *b = &((const struct json *)other)->key;
    int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

    return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* The names of the table on top, sorted, so that trees of equal tables are
 * equal. */
static int take_keys(struct builder *builder, struct json *items, size_t len,
                     struct place place)
{
    lua_State *L = builder->L;
    size_t i = 0;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        struct str key = {NULL, 0};

        if (lua_type(L, -2) == LUA_TSTRING)
            key.data = lua_tolstring(L, -2, &key.len);
        else
            return refuse(builder, place,
                          lua_type(L, -2) == LUA_TNUMBER
                              ? "a table is either a list without gaps or has "
                                "names, not both"
                              : "a key must be a name");
        items[i++].key = json_keep(builder->doc, key);
    }
    qsort(items, len, sizeof *items, by_key);
    return 0;
}

static int build_object(struct builder *builder, struct json *node, size_t len,
                        struct place place)
{
    struct json *items = json_room(builder->doc, len * sizeof *items);
    int rc = take_keys(builder, items, len, place);

    if (rc)
        return rc;
    node->type = JSON_OBJECT;
    node->as.list.items = items;
    node->as.list.len = len;
    for (size_t i = 0; i < len; i++) {
        struct str key = items[i].key;

        lua_pushlstring(builder->L, key.data, key.len);
        lua_rawget(builder->L, -2);
        rc = build(builder, &items[i], place_of(place, key, 0));
        lua_pop(builder->L, 1);
        if (rc)
            return rc;
    }
    return 0;
}

static size_t count_entries(lua_State *L)
{
    size_t count = 0;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
        count++;
    return count;
}

static int build_table(struct builder *builder, struct json *node,
                       struct place place)
{
    size_t count = count_entries(builder->L);
    size_t len = (size_t)lua_rawlen(builder->L, -1);
    int rc;

    if (builder->depth == JSON_DEPTH_MAX)
        return refuse(builder, place, "tables are nested too deep");
    builder->nodes += count;
    if (builder->nodes > TREE_NODES_MAX)
        return error_at(builder->error, ERROR_LIMIT, builder->where, place.line,
                        0, "more than %d values", TREE_NODES_MAX);
    builder->depth++;
    /* Every key counts, so that a gap cannot hide one. */
    rc = len == count ? build_array(builder, node, len, place)
                      : build_object(builder, node, count, place);
    builder->depth--;
    return rc;
}

/* Fills the node from the value on top of the stack; its key stays. */
static int build(struct builder *builder, struct json *node, struct place place)
{
    lua_State *L = builder->L;
    struct str text;
    char what[64];

    luaL_checkstack(L, 6, "nested too deep");
    node->line = place.line;
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        node->type = JSON_BOOL;
        node->as.boolean = lua_toboolean(L, -1) != 0;
        return 0;
    case LUA_TNUMBER:
        return build_number(builder, node, place);
    case LUA_TSTRING:
        text.data = lua_tolstring(L, -1, &text.len);
        node->type = JSON_TEXT;
        node->as.text = json_keep(builder->doc, text);
        return 0;
    case LUA_TTABLE:
        return build_table(builder, node, place);
    default:
        snprintf(what, sizeof what, "a %s is no data", luaL_typename(L, -1));
        return refuse(builder, place, what);
    }
}

int tree_build(lua_State *L, int index, struct json_doc *doc, struct json *root,
               const char *where, unsigned line,
               const struct lines_table *lines, struct error *error)
{
    struct builder builder = {
        .L = L, .doc = doc, .where = where, .error = error};
    int top = lua_gettop(L);
    int rc;

    lua_pushvalue(L, index);
    rc = build(&builder, root, (struct place){line, lines});
    lua_settop(L, top);
    return rc;
}
