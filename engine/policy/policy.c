#include "policy/policy.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "model/field.h"
#include "model/json_out.h"
#include "policy/sandbox.h"
#include "policy/tree.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_LEN_MAX = 64,
    TAGS_MAX = 64,
    BY_MAX = 8, /* a key of more parts tells nothing apart any more */
};

/* A policy being loaded. */
struct loader {
    struct policy *policy;
    struct problems *problems;
    struct lines *lines;
    /* The returned table without `run`, as a tree with lines. */
    const struct json *data;
    bool has_run;
    struct error error; /* of the tree */
};

/* ---- problems ---------------------------------------------------------- */

static void complain(struct loader *loader, unsigned line, bool warning,
                     const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void complain(struct loader *loader, unsigned line, bool warning,
                     const char *format, ...)
{
    struct error error;
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!line)
        line = lines_return(loader->lines);
    error_at(&error, ERROR_INVALID, loader->policy->file, line, 0, "%s", text);
    problems_add(loader->problems, &error, warning);
}

static void check_keys(struct loader *loader, const struct json *table,
                       const char *const *known, size_t count, const char *what)
{
    for (size_t i = 0; i < table->as.list.len; i++) {
        const struct json *member = &table->as.list.items[i];
        char *name = str_copy(member->key);
        const char *near;
        bool found = false;

        for (size_t k = 0; k < count; k++)
            found = found || strcmp(known[k], name) == 0;
        near = str_nearest(name, known, count);
        if (!found)
            complain(loader, member->line, false, "%s has no key '%s'%s%s%s",
                     what, name, near ? ": did you mean '" : "",
                     near ? near : "", near ? "'?" : "");
        free(name);
    }
}

/* ---- the parts --------------------------------------------------------- */

static bool good_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool inner = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (!inner && (i == 0 || (c != '-' && c != '_')))
            return false;
    }
    return name.len > 0 && name.len <= NAME_LEN_MAX;
}

static void take_name(struct loader *loader)
{
    const struct json *name = json_member(loader->data, "name");

    if (!name)
        complain(loader, 0, false, "the policy has no name");
    else if (name->type != JSON_TEXT || !good_name(name->as.text))
        complain(loader, name->line, false,
                 "name is 1 to %d of a-z, 0-9, '-' and '_', and begins with a "
                 "letter or digit",
                 NAME_LEN_MAX);
    else
        loader->policy->name = str_copy(name->as.text);
}

/* A misspelt field never matches, and nothing would say so. A path of the
 * record may have any name, so only a near miss is worth a word; and a
 * source's own fields begin in lower case. */
static void check_field(struct loader *loader, unsigned line, struct str name)
{
    const char **names = alloc_zeroed(field_count, sizeof(const char *));
    char *text = str_copy(name);
    const char *near;

    for (size_t i = 0; i < field_count; i++)
        names[i] = field_table[i].name;
    near = str_nearest(text, names, field_count);
    if (near && !field_find(name) && !strpbrk(text, ".[") && text[0] >= 'A' &&
        text[0] <= 'Z')
        complain(loader, line, true,
                 "%s is no SmartResponse field: did you mean %s?", text, near);
    free(text);
    free(names);
}

static void check_fields(struct loader *loader, const struct json *on)
{
    for (size_t i = 0; i < on->as.list.len; i++) {
        const struct json *item = &on->as.list.items[i];

        if (on->type == JSON_OBJECT)
            check_field(loader, item->line, item->key);
        else if (item->type == JSON_OBJECT)
            check_fields(loader, item);
    }
}

/* A text, or a list of texts. False where it is neither. */
static bool take_words(const struct json *value, size_t max,
                       struct words *words)
{
    const struct json *items = value;
    size_t len = 1;

    if (value->type == JSON_ARRAY) {
        items = value->as.list.items;
        len = value->as.list.len;
    }
    for (size_t i = 0; i < len; i++) {
        char *text;

        if (items[i].type != JSON_TEXT || !items[i].as.text.len ||
            memchr(items[i].as.text.data, '\0', items[i].as.text.len))
            return false;
        text = str_copy(items[i].as.text);
        words_add(words, text);
        free(text);
    }
    return len <= max;
}

static void take_tags(struct loader *loader)
{
    const struct json *tags = json_member(loader->data, "tags");

    if (tags && !take_words(tags, TAGS_MAX, &loader->policy->tags))
        complain(loader, tags->line, false,
                 "tags is a list of at most %d texts", TAGS_MAX);
}

static void take_on(struct loader *loader)
{
    const struct json *on = json_member(loader->data, "on");

    if (!on) {
        complain(loader, 0, true, "without `on` no alarm starts the policy");
        return;
    }
    if (on->type != JSON_OBJECT && on->type != JSON_ARRAY)
        complain(loader, on->line, false, "on is a table");
    else
        loader->policy->on = on;
    if (loader->policy->on)
        check_fields(loader, on);
}

static void take_count(struct loader *loader, const struct json *threshold)
{
    const struct json *count = json_member(threshold, "count");

    if (count && count->type == JSON_INT && count->as.integer >= 1 &&
        count->as.integer <= POLICY_COUNT_MAX)
        loader->policy->threshold.count = count->as.integer;
    else
        complain(loader, count ? count->line : threshold->line, false,
                 "threshold: count is a whole number from 1 to %d",
                 POLICY_COUNT_MAX);
}

static int64_t take_duration(struct loader *loader,
                             const struct json *threshold, const char *key,
                             int64_t preset)
{
    const struct json *value = json_member(threshold, key);
    int64_t ms = 0;

    if (!value && preset)
        return preset;
    if (value && value->type == JSON_TEXT &&
        clock_duration(value->as.text, &ms) == 0 && ms > 0)
        return ms;
    complain(loader, value ? value->line : threshold->line, false,
             "threshold: %s is a duration such as \"30s\", \"5m\" or \"1h\"",
             key);
    return 0;
}

static void take_by(struct loader *loader, const struct json *threshold)
{
    const struct json *by = json_member(threshold, "by");
    struct words *words = &loader->policy->threshold.by;

    if (!by || !take_words(by, BY_MAX, words) || !words->len) {
        complain(loader, by ? by->line : threshold->line, false,
                 "threshold: by is a field's name or a list of 1 to %d names",
                 BY_MAX);
        return;
    }
    for (size_t i = 0; i < words->len; i++)
        check_field(loader, by->line, str_of(words->items[i]));
}

static void take_threshold(struct loader *loader)
{
    static const char *const known[] = {"again", "by", "count", "within"};
    const struct json *table = json_member(loader->data, "threshold");
    struct policy_threshold *threshold = &loader->policy->threshold;

    if (!table)
        return;
    if (table->type != JSON_OBJECT) {
        complain(loader, table->line, false,
                 "threshold is a table with count, within and by");
        return;
    }
    check_keys(loader, table, known, sizeof known / sizeof known[0],
               "threshold");
    take_count(loader, table);
    take_by(loader, table);
    threshold->within = take_duration(loader, table, "within", 0);
    threshold->again = take_duration(loader, table, "again",
                                     threshold->within ? threshold->within : 1);
}

/* What the counts depend on. */
static void hash_counter(struct policy *policy)
{
    const struct policy_threshold *threshold = &policy->threshold;
    struct hash *hash = hash_new();
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    json_open(&out, '[');
    json_put_text(&out, policy->name);
    if (policy->on)
        json_put_value(&out, policy->on);
    json_put_int(&out, threshold->count);
    json_put_int(&out, threshold->within);
    json_put_int(&out, threshold->again);
    for (size_t i = 0; i < threshold->by.len; i++)
        json_put_text(&out, threshold->by.items[i]);
    json_close(&out, ']');
    hash_add(hash, buf_str(&buf));
    hash_end(hash, policy->counter);
    buf_free(&buf);
}

static void take_parts(struct loader *loader)
{
    static const char *const known[] = {"name", "on", "run", "tags",
                                        "threshold"};
    const struct lines_table *below;

    check_keys(loader, loader->data, known, sizeof known / sizeof known[0],
               "a policy");
    take_name(loader);
    take_tags(loader);
    take_on(loader);
    take_threshold(loader);
    if (!loader->has_run)
        complain(
            loader,
            lines_find(lines_root(loader->lines), str_of("run"), 0, &below),
            false, "run is not a function");
}

/* ---- loading ----------------------------------------------------------- */

/* Takes the table's functions out, since they have no place in a tree: `run`,
 * and what was meant to be it. */
static void take_functions(struct loader *loader, lua_State *L)
{
    const struct lines_table *below;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        const char *name;

        if (!lua_isfunction(L, -1) || lua_type(L, -2) != LUA_TSTRING)
            continue;
        name = lua_tostring(L, -2);
        loader->has_run |= strcmp(name, "run") == 0;
        if (strcmp(name, "run") != 0)
            complain(
                loader,
                lines_find(lines_root(loader->lines), str_of(name), 0, &below),
                false, "a policy's one function is run, not %s", name);
        lua_pushvalue(L, -2);
        lua_pushnil(L);
        lua_rawset(L, -5);
    }
}

/* Runs the file and takes its table apart. */
static int load(lua_State *L)
{
    struct loader *loader = lua_touserdata(L, 1);
    struct policy *policy = loader->policy;
    struct str text = {policy->text, policy->text_len};

    sandbox_run_file(L, text, policy->file);
    if (!lua_istable(L, -1))
        return luaL_error(L,
                          "the file must return the policy, a table; it "
                          "returned a %s",
                          luaL_typename(L, -1));
    take_functions(loader, L);
    if (tree_build(L, -1, policy->doc, json_root_mutable(policy->doc),
                   policy->file, lines_return(loader->lines),
                   lines_root(loader->lines), &loader->error) == 0)
        loader->data = json_root(policy->doc);
    return 0;
}

static void run_file(struct loader *loader)
{
    struct sandbox sandbox = {.world = loader->policy->world,
                              .file = loader->policy->file,
                              .problems = loader->problems};
    int rc = sandbox_open(&sandbox, &loader->error);

    if (rc == 0)
        rc = sandbox_call(&sandbox, load, loader, &loader->error);
    sandbox_close(&sandbox);
    if (rc || !loader->data)
        problems_add(loader->problems, &loader->error, 0);
    else
        take_parts(loader);
}

struct policy *policy_load(const struct policy_world *world, const char *file,
                           struct str text, struct problems *problems)
{
    size_t before = problems->errors;
    struct policy *policy = ALLOC(struct policy);
    struct loader loader = {.policy = policy, .problems = problems};

    policy->file = alloc_text(file);
    policy->text = str_copy(text);
    policy->text_len = text.len;
    policy->doc = json_new();
    policy->world = world;
    loader.lines = lines_of((struct str){policy->text, policy->text_len});
    if (text.len > POLICY_TEXT_MAX)
        complain(&loader, 0, false, "larger than %d KiB",
                 POLICY_TEXT_MAX / 1024);
    else
        run_file(&loader);
    lines_free(loader.lines);
    if (problems->errors == before) {
        hash_counter(policy);
        return policy;
    }
    policy_free(policy);
    return NULL;
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    free(policy->name);
    free(policy->file);
    free(policy->text);
    words_free(&policy->tags);
    json_free(policy->doc);
    words_free(&policy->threshold.by);
    free(policy);
}
