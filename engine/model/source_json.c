#include "base/alloc.h"
#include "model/source_inner.h"

#include <stdlib.h>

/* JSON and mappings: `fields`, of which patterns use the constants only. */

static bool scalar(const struct json *value)
{
    return value->type != JSON_ARRAY && value->type != JSON_OBJECT;
}

static int compile_table(const struct compiling *compiling,
                         const struct json *table, struct step_to *step)
{
    static const char *const known[] = {"path", "re", "value"};
    const struct json *path = json_member(table, "path");
    const struct json *re = json_member(table, "re");
    const struct json *value = json_member(table, "value");

    if (source_known(compiling, table, "field", known, 3))
        return ERROR_INVALID;
    if (value && !path && !re && scalar(value)) {
        step->constant = value;
        return 0;
    }
    if (value || !path || path->type != JSON_TEXT)
        return source_fault(compiling, table,
                            "a field is { path = …, re = … } or "
                            "{ value = … }");
    step->path = path->as.text;
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

/* 1 and the value, 0 where the step leads to nothing, or an error. */
static int take(const struct decoding *decoding, const struct step_to *step,
                struct json *value)
{
    const struct alarm *alarm = decoding->alarm;
    const struct json *found = step->constant;

    if (!found)
        found = json_path(alarm->record, step->path);
    if (!found || found->type == JSON_NULL)
        return 0;
    if (step->regex)
        return extract(decoding, step->regex, found, value);
    *value = *found;
    if (step->constant && value->type == JSON_TEXT)
        value->as.text = json_keep(alarm->doc, value->as.text);
    return 1;
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

static bool same(const struct json *a, const struct json *b)
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

static bool holds(const struct condition *condition, const struct json *record)
{
    const struct json *value = json_path(record, condition->path);
    const struct json *wanted = condition->value;

    if (!value)
        return false;
    if (wanted->type != JSON_ARRAY)
        return same(value, wanted);
    for (size_t i = 0; i < wanted->as.list.len; i++)
        if (same(value, &wanted->as.list.items[i]))
            return true;
    return false;
}

static bool concerned(const struct source *source, const struct json *record)
{
    for (size_t i = 0; i < source->only_len; i++)
        if (!holds(&source->only[i], record))
            return false;
    return true;
}

/* Members under a canonical name are that field, unless `fields` filled it. */
static int put_named(struct decoding *decoding)
{
    const struct json *record = decoding->alarm->record;
    size_t mapped = decoding->len;

    for (size_t i = 0; i < record->as.list.len; i++) {
        const struct json *member = &record->as.list.items[i];
        struct target target = {TARGET_FIELD, member->key,
                                field_find(member->key)};
        bool filled = !target.field;
        int code;

        for (size_t j = 0; j < mapped && !filled; j++)
            filled = str_same(decoding->items[j].key, member->key);
        code = filled ? 0 : source_put(decoding, &target, member);
        if (code)
            return code;
    }
    return 0;
}

static int put_path(struct decoding *decoding, enum target_kind kind,
                    struct str path)
{
    const struct target target = {kind, path, NULL};
    const struct json *value =
        path.len ? json_path(decoding->alarm->record, path) : NULL;

    return value ? source_put(decoding, &target, value) : 0;
}

int source_decode_json(struct decoding *decoding)
{
    const struct source *source = decoding->source;
    struct alarm *alarm = decoding->alarm;
    size_t room = source->fields.len;
    int code;

    alarm->doc = json_parse((struct str){alarm->raw, alarm->raw_len}, NULL, 0,
                            decoding->error);
    if (!alarm->doc)
        return decoding->error ? decoding->error->code : ERROR_INVALID;
    alarm->record = json_root(alarm->doc);
    if (alarm->record->type != JSON_OBJECT)
        return error_set(decoding->error, ERROR_INVALID,
                         "an alarm is a JSON object");
    if (!concerned(source, alarm->record))
        return 0;
    room += source->named ? alarm->record->as.list.len : 0;
    decoding->items = json_room(alarm->doc, room * sizeof *decoding->items);
    code = source_put_mappings(decoding, &source->fields);
    if (!code && source->named)
        code = put_named(decoding);
    if (!code)
        code = put_path(decoding, TARGET_TIME, source->time_field);
    if (!code)
        code = put_path(decoding, TARGET_ID, source->id_field);
    if (!code)
        code = put_path(decoding, TARGET_COUNT, source->count_field);
    return code ? code : 1;
}

int source_json_fits(const struct source *source, struct str record)
{
    const struct json *paths = source->detect_paths;
    struct json_doc *doc = json_parse(record, NULL, 0, NULL);
    bool fits = doc && json_root(doc)->type == JSON_OBJECT;
    size_t count = paths ? paths->as.list.len : 0;

    for (size_t i = 0; i < count && fits; i++)
        fits = json_path(json_root(doc), paths->as.list.items[i].as.text);
    json_free(doc);
    if (!fits || (!paths && !source->detect_any))
        return 0;
    return 1 + (int)count;
}
