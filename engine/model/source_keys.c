#include "base/alloc.h"
#include "model/source_inner.h"

#include <string.h>

/* The keys of a source's data file. */

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

static const char *const kind_names[] = {
    [KIND_LINES] = "lines",
    [KIND_JSON] = "json",
    [KIND_CEF] = "cef",
    [KIND_LEEF] = "leef",
};
enum { KINDS = sizeof kind_names / sizeof *kind_names };

static int set_format(const struct compiling *compiling,
                      const struct json *value)
{
    for (size_t i = 0; i < KINDS; i++)
        if (str_is(value->as.text, kind_names[i])) {
            compiling->source->kind = (enum source_kind)i;
            return 0;
        }
    return source_fault(compiling, value,
                        "format is \"json\", \"lines\", \"cef\" or "
                        "\"leef\"");
}

/* A path, or a list of paths of which one is enough. */
static bool path_or_paths(const struct json *value)
{
    if (value->type == JSON_TEXT)
        return value->as.text.len > 0;
    if (value->type != JSON_ARRAY)
        return false;
    for (size_t i = 0; i < value->as.list.len; i++)
        if (value->as.list.items[i].type != JSON_TEXT)
            return false;
    return value->as.list.len > 0;
}

static int set_paths(const struct compiling *compiling,
                     const struct json *paths)
{
    bool good = paths->type == JSON_ARRAY && paths->as.list.len > 0;

    for (size_t i = 0; good && i < paths->as.list.len; i++)
        good = path_or_paths(&paths->as.list.items[i]);
    if (!good)
        return source_fault(compiling, paths, "paths is a list of paths");
    compiling->source->detect_paths = paths;
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
    bool lines = source->kind == KIND_LINES;

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
    return paths ? set_paths(compiling, paths) : 0;
}

static int set_place(const struct compiling *compiling,
                     const struct json *value, const struct json **place)
{
    if (!path_or_paths(value))
        return source_fault(compiling, value,
                            "%.*s is a path or a list of paths",
                            (int)value->key.len, value->key.data);
    *place = value;
    return 0;
}

static int set_time(const struct compiling *compiling, const struct json *value)
{
    if (!str_is(value->as.text, "event"))
        return source_fault(compiling, value, "time is \"event\", or left out");
    compiling->source->dates = true;
    return 0;
}

static int set_time_field(const struct compiling *compiling,
                          const struct json *value)
{
    return set_place(compiling, value, &compiling->source->time_fields);
}

static int set_id_field(const struct compiling *compiling,
                        const struct json *value)
{
    return set_place(compiling, value, &compiling->source->id_fields);
}

static int set_count_field(const struct compiling *compiling,
                           const struct json *value)
{
    return set_place(compiling, value, &compiling->source->count_fields);
}

static int set_time_pattern_field(const struct compiling *compiling,
                                  const struct json *value)
{
    compiling->source->time_pattern_field = value->as.text;
    return 0;
}

static int set_first(const struct compiling *compiling,
                     const struct json *value)
{
    compiling->source->first = value->as.boolean;
    return 0;
}

static int set_absent(const struct compiling *compiling,
                      const struct json *value)
{
    for (size_t i = 0; i < value->as.list.len; i++)
        if (value->as.list.items[i].type >= JSON_ARRAY)
            return source_fault(compiling, value,
                                "absent is a list of texts and numbers");
    compiling->source->absent = value;
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
enum { RECORDS_ONLY = 1, LINES_ONLY = 2, REQUIRED = 4 };
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
    {"time", set_time, JSON_TEXT, 0},
    {"zone", source_zone, JSON_TEXT, 0},
    {"time_format", source_time_formats, JSON_NULL, 0},
    {"time_field", set_time_field, JSON_NULL, RECORDS_ONLY},
    {"time_pattern_field", set_time_pattern_field, JSON_TEXT, RECORDS_ONLY},
    {"first", set_first, JSON_BOOL, RECORDS_ONLY},
    {"absent", set_absent, JSON_ARRAY, RECORDS_ONLY},
    {"id_field", set_id_field, JSON_NULL, RECORDS_ONLY},
    {"count_field", set_count_field, JSON_NULL, RECORDS_ONLY},
    {"named", set_named, JSON_BOOL, RECORDS_ONLY},
    {"fields", set_fields, JSON_OBJECT, RECORDS_ONLY},
    {"only", set_only, JSON_OBJECT, RECORDS_ONLY},
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
    bool lines = compiling->source->kind == KIND_LINES;
    int other = lines ? RECORDS_ONLY : LINES_ONLY;

    if (!value) {
        if (key->flags & REQUIRED && !(key->flags & other))
            return source_fault(compiling, data, "the key \"%s\" is missing",
                                key->name);
        return 0;
    }
    if (key->flags & other)
        return source_fault(compiling, value,
                            "\"%s\" is %s for format = \"lines\"", key->name,
                            lines ? "not" : "only");
    if (key->type != JSON_NULL && value->type != key->type)
        return source_fault(compiling, value, "\"%s\" is %s", key->name,
                            types[key->type]);
    return key->set ? key->set(compiling, value) : 0;
}

int source_keys(const struct compiling *compiling, const struct json *data)
{
    int err = check_keys(compiling, data);

    for (size_t i = 0; i < KEYS && !err; i++)
        err = compile_key(compiling, data, &keys[i]);
    return err;
}
