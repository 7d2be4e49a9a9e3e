#include "model/source.h"

#include "base/alloc.h"
#include "model/source_inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int source_fault(const struct compiling *compiling, const struct json *at,
                 const char *format, ...)
{
    va_list args;
    char text[sizeof compiling->error->text];

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_at(compiling->error, ERROR_INVALID, compiling->where, at->line,
                    0, "%s", text);
}

int source_known(const struct compiling *compiling, const struct json *table,
                 const char *what, const char *const *known, size_t count)
{
    for (size_t i = 0; i < table->as.list.len; i++) {
        const struct json *member = &table->as.list.items[i];
        bool found = false;
        const char *nearest;
        char *name;

        for (size_t j = 0; j < count && !found; j++)
            found = str_is(member->key, known[j]);
        if (found)
            continue;
        name = str_copy(member->key);
        nearest = str_nearest(name, known, count);
        source_fault(compiling, member, "%s: unknown key \"%s\"%s%s%s", what,
                     name, nearest ? "; did you mean \"" : "",
                     nearest ? nearest : "", nearest ? "\"?" : "");
        free(name);
        return ERROR_INVALID;
    }
    return 0;
}

static int unknown_field(const struct compiling *compiling,
                         const struct json *at, struct str name)
{
    const char **known = alloc_zeroed(field_count, sizeof *known);
    char *copy = str_copy(name);
    const char *nearest;

    for (size_t i = 0; i < field_count; i++)
        known[i] = field_table[i].name;
    nearest = str_nearest(copy, known, field_count);
    source_fault(compiling, at,
                 "%s is no SmartResponse field%s%s%s; fields of your own "
                 "begin in lower case",
                 copy, nearest ? " (did you mean " : "", nearest ? nearest : "",
                 nearest ? "?)" : "");
    free(copy);
    free(known);
    return ERROR_INVALID;
}

int source_target(const struct compiling *compiling, const struct json *at,
                  struct str name, struct target *target)
{
    const struct field *field = field_find(name);

    *target = (struct target){TARGET_FIELD, name, field};
    if (field)
        target->name = str_of(field->name);
    if (field || (name.len && name.data[0] >= 'a' && name.data[0] <= 'z'))
        return 0;
    return unknown_field(compiling, at, name);
}

int source_regex(const struct compiling *compiling, const struct json *value,
                 int flags, struct regex **regex)
{
    if (value->type != JSON_TEXT)
        return source_fault(compiling, value,
                            "a regular expression is a text, [[…]]");
    *regex = regex_compile(value->as.text, flags, compiling->error);
    return *regex
               ? 0
               : error_place(compiling->error, compiling->where, value->line);
}

static int set_name(const struct compiling *compiling, const struct json *value)
{
    struct str name = value->as.text;

    for (size_t i = 0; i < name.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", name.data[i]) ||
            !name.data[i])
            return source_fault(compiling, value,
                                "name is made of a-z, 0-9, '_' and '-'");
    if (!name.len)
        return source_fault(compiling, value, "name is empty");
    compiling->source->name = str_copy(name);
    return 0;
}

static int set_format(const struct compiling *compiling,
                      const struct json *value)
{
    if (str_is(value->as.text, "json"))
        compiling->source->format = SOURCE_JSON;
    else if (str_is(value->as.text, "lines"))
        compiling->source->format = SOURCE_LINES;
    else
        return source_fault(compiling, value,
                            "format is \"json\" or \"lines\"");
    return 0;
}

static int set_detect(const struct compiling *compiling,
                      const struct json *value)
{
    static const char *const known[] = {"any", "paths", "re"};
    const struct json *any = json_member(value, "any");
    const struct json *paths = json_member(value, "paths");
    const struct json *re = json_member(value, "re");
    struct source *source = compiling->source;
    bool lines = source->format == SOURCE_LINES;

    if (source_known(compiling, value, "detect", known, 3))
        return ERROR_INVALID;
    if (!!any + !!paths + !!re != 1 || lines != !!re)
        return source_fault(compiling, value,
                            lines ? "detect is { re = … } here"
                                  : "detect is { paths = … } or "
                                    "{ any = true } here");
    if (re)
        return source_regex(compiling, re, 0, &source->detect_re);
    source->detect_any = any != NULL;
    if (any && (any->type != JSON_BOOL || !any->as.boolean))
        return source_fault(compiling, any, "any is true, or left out");
    if (paths && paths->type != JSON_ARRAY)
        return source_fault(compiling, paths, "paths is a list of paths");
    for (size_t i = 0; paths && i < paths->as.list.len; i++)
        if (paths->as.list.items[i].type != JSON_TEXT)
            return source_fault(compiling, paths, "paths is a list of paths");
    source->detect_paths = paths;
    return 0;
}

static int set_time_field(const struct compiling *compiling,
                          const struct json *value)
{
    compiling->source->time_field = value->as.text;
    return 0;
}

static int set_id_field(const struct compiling *compiling,
                        const struct json *value)
{
    compiling->source->id_field = value->as.text;
    return 0;
}

static int set_count_field(const struct compiling *compiling,
                           const struct json *value)
{
    compiling->source->count_field = value->as.text;
    return 0;
}

static int set_named(const struct compiling *compiling,
                     const struct json *value)
{
    compiling->source->named = value->as.boolean;
    return 0;
}

static int set_fields(const struct compiling *compiling,
                      const struct json *value)
{
    return source_mappings(compiling, value, false, &compiling->source->fields);
}

static int set_only(const struct compiling *compiling, const struct json *value)
{
    struct source *source = compiling->source;
    size_t count = value->as.list.len;

    source->only = alloc_zeroed(count, sizeof *source->only);
    source->only_len = count;
    for (size_t i = 0; i < count; i++) {
        const struct json *member = &value->as.list.items[i];

        if (member->type == JSON_OBJECT)
            return source_fault(compiling, member,
                                "only: a value, or a list of values");
        source->only[i] = (struct condition){member->key, member};
    }
    return 0;
}

/* The keys of a source, in the order in which they are compiled; format
 * comes first because others depend on it, prefix before patterns. */
enum { JSON_ONLY = 1, LINES_ONLY = 2, REQUIRED = 4 };
static const struct key {
    const char *name;
    /* NULL: for the reader only */
    int (*set)(const struct compiling *compiling, const struct json *value);
    enum json_type type; /* JSON_NULL: set() looks for itself */
    int flags;
} keys[] = {
    {"format", set_format, JSON_TEXT, REQUIRED},
    {"name", set_name, JSON_TEXT, REQUIRED},
    {"about", NULL, JSON_TEXT, 0},
    {"detect", set_detect, JSON_OBJECT, 0},
    {"zone", source_zone, JSON_TEXT, 0},
    {"time_format", source_time_formats, JSON_NULL, 0},
    {"time_field", set_time_field, JSON_TEXT, JSON_ONLY},
    {"id_field", set_id_field, JSON_TEXT, JSON_ONLY},
    {"count_field", set_count_field, JSON_TEXT, JSON_ONLY},
    {"named", set_named, JSON_BOOL, JSON_ONLY},
    {"fields", set_fields, JSON_OBJECT, JSON_ONLY},
    {"only", set_only, JSON_OBJECT, JSON_ONLY},
    {"prefix", source_prefix, JSON_TEXT, LINES_ONLY},
    {"patterns", source_patterns, JSON_ARRAY, LINES_ONLY | REQUIRED},
};
enum { KEYS = sizeof keys / sizeof *keys };

static int check_keys(const struct compiling *compiling,
                      const struct json *data)
{
    const char *names[KEYS];

    if (data->type != JSON_OBJECT)
        return source_fault(compiling, data,
                            "a source is a table { name = …, … }");
    for (size_t i = 0; i < KEYS; i++)
        names[i] = keys[i].name;
    return source_known(compiling, data, "source", names, KEYS);
}

static int compile_key(const struct compiling *compiling,
                       const struct json *data, const struct key *key)
{
    static const char *const types[] = {
        [JSON_BOOL] = "true or false",
        [JSON_TEXT] = "a text",
        [JSON_ARRAY] = "a list",
        [JSON_OBJECT] = "a table",
    };
    const struct json *value = json_member(data, key->name);
    int other =
        compiling->source->format == SOURCE_JSON ? LINES_ONLY : JSON_ONLY;

    if (!value) {
        if (key->flags & REQUIRED && !(key->flags & other))
            return source_fault(compiling, data, "the key \"%s\" is missing",
                                key->name);
        return 0;
    }
    if (key->flags & other)
        return source_fault(compiling, value, "\"%s\" is for format = \"%s\"",
                            key->name, other == JSON_ONLY ? "json" : "lines");
    if (key->type != JSON_NULL && value->type != key->type)
        return source_fault(compiling, value, "\"%s\" is %s", key->name,
                            types[key->type]);
    return key->set ? key->set(compiling, value) : 0;
}

/* A copy of the caller's tree, so that pieces of it may be kept. */
static void copy_tree(struct json_doc *doc, const struct json *from,
                      struct json *into)
{
    struct json *items;

    *into = *from;
    into->key = json_keep(doc, from->key);
    if (from->type == JSON_TEXT)
        into->as.text = json_keep(doc, from->as.text);
    if (from->type != JSON_ARRAY && from->type != JSON_OBJECT)
        return;
    items = json_room(doc, from->as.list.len * sizeof *items);
    for (size_t i = 0; i < from->as.list.len; i++)
        copy_tree(doc, &from->as.list.items[i], &items[i]);
    into->as.list.items = items;
}

struct source *source_compile(const struct json *data, const char *where,
                              struct error *error)
{
    struct source *source = ALLOC(struct source);
    struct compiling compiling = {source, where, error};
    struct json *root;

    source->data = json_new();
    root = json_root_mutable(source->data);
    copy_tree(source->data, data, root);
    if (check_keys(&compiling, root))
        goto fail;
    for (size_t i = 0; i < KEYS; i++)
        if (compile_key(&compiling, root, &keys[i]))
            goto fail;
    if (!source->time_formats) {
        source->time_formats = ALLOC(enum time_format);
        source->time_formats_len = 1; /* TIME_RFC3339 */
    }
    return source;

fail:
    source_free(source);
    return NULL;
}

void source_free(struct source *source)
{
    if (!source)
        return;
    source_text_free(source);
    source_mappings_free(&source->fields);
    regex_free(source->detect_re);
    free(source->only);
    free(source->time_formats);
    free(source->name);
    json_free(source->data);
    free(source);
}

const char *source_name(const struct source *source)
{
    return source->name;
}

enum source_format source_format(const struct source *source)
{
    return source->format;
}

/* Makes the alarm what alarm.h says, from what was decoded. */
static void finish(const struct decoding *decoding)
{
    struct alarm *alarm = decoding->alarm;
    struct json *fields = json_room(alarm->doc, sizeof *fields);

    *fields = (struct json){
        .type = JSON_OBJECT,
        .key = {"", 0},
        .as.list = {decoding->items, decoding->len},
    };
    alarm->fields = fields;
    alarm->source = alloc_text(decoding->source->name);
    alarm->id_field = (struct json){
        .type = JSON_TEXT,
        .key = str_of("AlarmId"),
        .as.text = alarm->own_id ? str_of(alarm->own_id)
                                 : (struct str){alarm->id, HASH_HEX - 1},
    };
}

int source_decode(const struct source *source, struct str record, int64_t now,
                  struct alarm **alarm, struct error *error)
{
    struct alarm *made = ALLOC(struct alarm);
    struct decoding decoding = {
        .source = source, .alarm = made, .now = now, .error = error};
    int code;

    made->refs = 1;
    made->time = now;
    made->count = 1;
    made->raw = alloc_copy(record.data, record.len);
    made->raw_len = record.len;
    code = source->format == SOURCE_JSON ? source_decode_json(&decoding)
                                         : source_decode_text(&decoding);
    if (code <= 0) {
        alarm_unref(made);
        return code;
    }
    finish(&decoding);
    *alarm = made;
    return 1;
}

int source_fits(const struct source *source, struct str record)
{
    if (source->format == SOURCE_JSON)
        return source_json_fits(source, record);
    return source_text_fits(source, record) ? 2 : 0;
}
