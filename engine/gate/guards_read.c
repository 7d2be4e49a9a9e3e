#include "gate/guards_inner.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool guards_wrong(const struct guards_reading *reading, unsigned line,
                  const char *format, ...)
{
    struct error error;
    char text[sizeof error.text];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_at(&error, ERROR_INVALID, reading->guards->where, line, 0, "%s",
             text);
    problems_add(reading->problems, &error, 0);
    return false;
}

/* ---- pieces ------------------------------------------------------------ */

/* A Lua table without members cannot be told from an empty list. */
static bool is_table(const struct json *value)
{
    return value->type == JSON_OBJECT ||
           (value->type == JSON_ARRAY && !value->as.list.len);
}

static bool among(const struct json *item, const char *const *keys,
                  size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(item->key, keys[i]))
            return true;
    return false;
}

bool guards_keys(const struct guards_reading *reading, const struct json *table,
                 const char *what, const char *const *keys, size_t count)
{
    bool well = true;

    if (!is_table(table))
        return guards_wrong(reading, table->line, "%s wants a table", what);
    for (size_t i = 0; i < table->as.list.len; i++) {
        const struct json *item = &table->as.list.items[i];
        const char *near;
        char *key;

        if (among(item, keys, count))
            continue;
        key = str_copy(item->key);
        near = str_nearest(key, keys, count);
        well = guards_wrong(reading, item->line, "%s has no \"%s\"%s%s%s", what,
                            key, near ? "; did you mean \"" : "",
                            near ? near : "", near ? "\"?" : "");
        free(key);
    }
    return well;
}

bool guards_list(const struct guards_reading *reading, const struct json *value,
                 const char *what)
{
    return value->type == JSON_ARRAY ||
           guards_wrong(reading, value->line, "%s wants a list of tables",
                        what);
}

bool guards_whole(const struct json *value, int64_t min, int64_t max)
{
    return value->type == JSON_INT && value->as.integer >= min &&
           value->as.integer <= max;
}

bool guards_text(const struct guards_reading *reading, const struct json *table,
                 const char *key, char **text)
{
    const struct json *value = json_member(table, key);

    *text = NULL;
    if (!value)
        return true;
    if (value->type != JSON_TEXT || !value->as.text.len ||
        memchr(value->as.text.data, '\0', value->as.text.len))
        return guards_wrong(reading, value->line, "%s wants a text", key);
    *text = str_copy(value->as.text);
    return true;
}

bool guards_duration(const struct guards_reading *reading,
                     const struct json *table, int64_t max, int64_t *ms)
{
    const struct json *value = json_member(table, "within");

    if (!value)
        return true;
    if (value->type != JSON_TEXT || clock_duration(value->as.text, ms) ||
        *ms < 1 || *ms > max)
        return guards_wrong(reading, value->line,
                            "within wants a time such as \"30m\", \"1h\", "
                            "\"1d\", at most \"%dd\"",
                            (int)(max / (1000LL * 60 * 60 * 24)));
    return true;
}

bool guards_group_read(const struct guards_reading *reading,
                       const struct json *rule, char **group)
{
    struct error error = {0};

    if (!guards_text(reading, rule, "group", group))
        return false;
    if (*group && guards_group(reading->guards, *group, &error))
        return guards_wrong(reading, json_member(rule, "group")->line, "%s",
                            error.text);
    return true;
}

/* ---- which actions ----------------------------------------------------- */

static bool find_plugin(const struct guards_reading *reading, unsigned line,
                        const char *name)
{
    struct error error = {0};

    return catalogue_plugin(reading->world->catalogue, name, &error) ||
           guards_wrong(reading, line, "%s", error.text);
}

static bool read_action(const struct guards_reading *reading,
                        const struct json *rule, struct guards_scope *scope,
                        const struct action **action)
{
    struct error error = {0};
    char *text;
    bool well = guards_text(reading, rule, "action", &text);

    if (well && text) {
        *action = catalogue_action(reading->world->catalogue, text, &error);
        well =
            *action || guards_wrong(reading, json_member(rule, "action")->line,
                                    "%s", error.text);
    }
    if (well && *action) {
        scope->plugin = alloc_text((*action)->plugin->name);
        scope->action = alloc_text((*action)->name);
    }
    free(text);
    return well;
}

static bool read_plugin(const struct guards_reading *reading,
                        const struct json *rule, struct guards_scope *scope)
{
    unsigned line;

    if (!json_member(rule, "plugin"))
        return true;
    line = json_member(rule, "plugin")->line;
    if (scope->action)
        return guards_wrong(reading, line,
                            "action names its plugin already; leave plugin "
                            "out");
    return guards_text(reading, rule, "plugin", &scope->plugin) &&
           find_plugin(reading, line, scope->plugin);
}

static bool read_policy(const struct guards_reading *reading,
                        const struct json *rule, struct guards_scope *scope)
{
    const struct guards_world *world = reading->world;
    struct error error = {0};

    if (!guards_text(reading, rule, "policy", &scope->policy))
        return false;
    return !scope->policy || !world->policy ||
           !world->policy(world->arg, scope->policy, &error) ||
           guards_wrong(reading, json_member(rule, "policy")->line, "%s",
                        error.text);
}

bool guards_scope_read(const struct guards_reading *reading,
                       const struct json *rule, struct guards_scope *scope,
                       const struct action **action, struct buf *text)
{
    *action = NULL;
    if (!read_action(reading, rule, scope, action) ||
        !read_plugin(reading, rule, scope) ||
        !read_policy(reading, rule, scope))
        return false;
    if (scope->action)
        buf_printf(text, "%s / %s", scope->plugin, scope->action);
    else if (scope->plugin)
        buf_printf(text, "%s", scope->plugin);
    else
        buf_add_text(text, "all remediations");
    if (scope->policy)
        buf_printf(text, " by %s", scope->policy);
    return true;
}

/* ---- the whole --------------------------------------------------------- */

static const struct part {
    const char *key;
    void (*read)(struct guards_reading *reading, const struct json *value);
} parts[] = {
    /* People first: the others name groups. */
    {"people", guards_read_people},
    {"never", guards_read_never},
    {"budgets", guards_read_budgets},
    {"approve", guards_read_approve},
};
enum { PARTS = sizeof parts / sizeof *parts };

struct guards *guards_compile(const struct json *data, const char *where,
                              const struct guards_world *world,
                              struct problems *problems)
{
    struct guards *guards = ALLOC(struct guards);
    struct guards_reading reading = {guards, world, problems};
    const char *keys[PARTS];

    guards->refs = 1;
    guards->where = alloc_text(where);
    guards->never = never_new();
    for (size_t i = 0; i < PARTS; i++)
        keys[i] = parts[i].key;
    guards_keys(&reading, data, "the table of guards", keys, PARTS);
    for (size_t i = 0; i < PARTS; i++) {
        const struct json *value = json_member(data, parts[i].key);

        if (value)
            parts[i].read(&reading, value);
    }
    never_seal(guards->never);
    return guards;
}
