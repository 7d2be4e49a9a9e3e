#include "base/alloc.h"
#include "model/source_inner.h"

#include <stdlib.h>

/* Mappings: `fields`, of which patterns use the constants only. */

static bool scalar(const struct json *value)
{
    return value->type != JSON_ARRAY && value->type != JSON_OBJECT;
}

static int compile_map(const struct compiling *compiling,
                       const struct json *map, struct step_to *step)
{
    bool good = map->type == JSON_OBJECT;

    for (size_t i = 0; good && i < map->as.list.len; i++)
        good = scalar(&map->as.list.items[i]);
    if (!good)
        return source_fault(compiling, map,
                            "map is a table { [\"text\"] = value, … }");
    step->map = map;
    return 0;
}

static int compile_table(const struct compiling *compiling,
                         const struct json *table, struct step_to *step)
{
    static const char *const known[] = {"path", "re", "map", "value"};
    const struct json *path = json_member(table, "path");
    const struct json *re = json_member(table, "re");
    const struct json *map = json_member(table, "map");
    const struct json *value = json_member(table, "value");

    if (source_known(compiling, table, "field", known, 4))
        return ERROR_INVALID;
    if (value && !path && !re && !map && scalar(value)) {
        step->constant = value;
        return 0;
    }
    if (value || !path || path->type != JSON_TEXT)
        return source_fault(compiling, table,
                            "a field is { path = …, re = …, map = … } or "
                            "{ value = … }");
    step->path = path->as.text;
    if (map && compile_map(compiling, map, step))
        return ERROR_INVALID;
    return re ? source_regex(compiling, re, 0, &step->regex) : 0;
}

static int compile_step(const struct compiling *compiling,
                        const struct json *value, bool constants_only,
                        struct step_to *step)
{
    if (constants_only) {
        if (!scalar(value))
            return source_fault(compiling, value,
                                "%.*s: a pattern's fields are constants",
                                (int)value->key.len, value->key.data);
        step->constant = value;
        return 0;
    }
    if (value->type == JSON_OBJECT)
        return compile_table(compiling, value, step);
    if (value->type != JSON_TEXT || !value->as.text.len)
        return source_fault(compiling, value,
                            "a field is a path, a list of them, "
                            "{ path = …, re = … } or { value = … }");
    step->path = value->as.text;
    return 0;
}

static int compile_mapping(const struct compiling *compiling,
                           const struct json *value, bool constants_only,
                           struct mapping *mapping)
{
    bool list = value->type == JSON_ARRAY && !constants_only;
    const struct json *items = list ? value->as.list.items : value;
    size_t count = list ? value->as.list.len : 1;

    if (!count)
        return source_fault(compiling, value, "%.*s: the list is empty",
                            (int)value->key.len, value->key.data);
    if (source_target(compiling, value, value->key, &mapping->target))
        return ERROR_INVALID;
    mapping->steps = alloc_zeroed(count, sizeof *mapping->steps);
    mapping->len = count;
    for (size_t i = 0; i < count; i++)
        if (compile_step(compiling, &items[i], constants_only,
                         &mapping->steps[i]))
            return ERROR_INVALID;
    return 0;
}

int source_mappings(const struct compiling *compiling, const struct json *table,
                    bool constants_only, struct mappings *mappings)
{
    if (table->type != JSON_OBJECT)
        return source_fault(compiling, table, "fields is a table { Name = … }");
    mappings->items = alloc_zeroed(table->as.list.len, sizeof *mappings->items);
    mappings->len = table->as.list.len;
    for (size_t i = 0; i < mappings->len; i++)
        if (compile_mapping(compiling, &table->as.list.items[i], constants_only,
                            &mappings->items[i]))
            return ERROR_INVALID;
    return 0;
}

void source_mappings_free(struct mappings *mappings)
{
    for (size_t i = 0; i < mappings->len; i++) {
        struct mapping *mapping = &mappings->items[i];

        for (size_t j = 0; j < mapping->len; j++)
            regex_free(mapping->steps[j].regex);
        free(mapping->steps);
    }
    free(mappings->items);
}

bool source_same(const struct json *a, const struct json *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case JSON_TEXT:
        return str_same(a->as.text, b->as.text);
    case JSON_INT:
        return a->as.integer == b->as.integer;
    case JSON_UINT:
        return a->as.natural == b->as.natural;
    case JSON_REAL:
        return !(a->as.real < b->as.real) && !(a->as.real > b->as.real);
    case JSON_BOOL:
        return a->as.boolean == b->as.boolean;
    case JSON_NULL:
        return true;
    default:
        return false;
    }
}

/* Null, or one of the source's words for it. */
bool source_absent(const struct source *source, const struct json *value)
{
    const struct json *words = source->absent;

    for (size_t i = 0; words && i < words->as.list.len; i++)
        if (source_same(value, &words->as.list.items[i]))
            return true;
    return value->type == JSON_NULL;
}

const struct json *source_find(const struct source *source,
                               const struct json *record, struct str path)
{
    const struct json *found = json_path(record, path);

    while (found && source->first && found->type == JSON_ARRAY)
        found = found->as.list.len ? found->as.list.items : NULL;
    return found && !source_absent(source, found) ? found : NULL;
}

/* Cuts the value down to the expression's first group, or its whole match.
 * 1: there is one, 0: no match. */
static int extract(const struct decoding *decoding, struct regex *regex,
                   const struct json *from, struct json *into)
{
    size_t len;
    char *text = alarm_text(from, &len);
    struct str kept = json_keep(decoding->alarm->doc, (struct str){text, len});
    int matched;

    free(text);
    matched = regex_match(regex, kept, 0, decoding->error);
    if (matched <= 0)
        return matched;
    *into = (struct json){.type = JSON_TEXT};
    return regex_group(regex, regex_groups(regex) ? 1 : 0, &into->as.text);
}

/* In place: what the map has for it; the map may be gone before the alarm. */
static void translate(const struct decoding *decoding, const struct json *map,
                      struct json *value)
{
    size_t len;
    char *text = alarm_text(value, &len);
    const struct json *meant = json_get(map, (struct str){text, len});

    free(text);
    if (!meant)
        return;
    *value = *meant;
    if (value->type == JSON_TEXT)
        value->as.text = json_keep(decoding->alarm->doc, value->as.text);
}

/* 1 and the value, 0 where the step leads to nothing, or an error. */
static int take(const struct decoding *decoding, const struct step_to *step,
                struct json *value)
{
    const struct alarm *alarm = decoding->alarm;
    const struct json *found = step->constant;
    int some = 1;

    if (!found)
        found = source_find(decoding->source, alarm->record, step->path);
    if (!found || found->type == JSON_NULL)
        return 0;
    *value = *found;
    if (step->regex)
        some = extract(decoding, step->regex, found, value);
    if (step->constant && value->type == JSON_TEXT)
        value->as.text = json_keep(alarm->doc, value->as.text);
    if (some > 0 && step->map)
        translate(decoding, step->map, value);
    return some;
}

int source_put_mappings(struct decoding *decoding,
                        const struct mappings *mappings)
{
    for (size_t i = 0; i < mappings->len; i++) {
        const struct mapping *mapping = &mappings->items[i];
        struct json value;
        int code = 0;

        for (size_t j = 0; j < mapping->len && !code; j++)
            code = take(decoding, &mapping->steps[j], &value);
        if (code > 0)
            code = source_put(decoding, &mapping->target, &value);
        if (code < 0)
            return code;
    }
    return 0;
}

/* Whether the expression finds anything there. */
static bool cuts(struct regex *regex, const struct json *value)
{
    size_t len;
    char *text = alarm_text(value, &len);
    bool found = regex_match(regex, (struct str){text, len}, 0, NULL) > 0;

    free(text);
    return found;
}

static bool leads(const struct source *source, const struct step_to *step,
                  const struct json *record)
{
    const struct json *value = step->constant
                                   ? step->constant
                                   : source_find(source, record, step->path);

    return value && (!step->regex || cuts(step->regex, value));
}

struct str source_origin(const struct source *source, const struct alarm *alarm,
                         struct str name)
{
    for (size_t i = 0; i < source->fields.len; i++) {
        const struct mapping *mapping = &source->fields.items[i];

        for (size_t j = 0; j < mapping->len; j++)
            if (str_same(mapping->target.name, name) &&
                leads(source, &mapping->steps[j], alarm->record))
                return mapping->steps[j].path;
    }
    return (struct str){"", 0};
}
