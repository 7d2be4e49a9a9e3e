#include "model/source_inner.h"

/* Records: JSON, or what source_cef.c and source_leef.c make of lines. */

static bool holds(const struct source *source,
                  const struct condition *condition, const struct json *record)
{
    const struct json *value = source_find(source, record, condition->path);
    const struct json *wanted = condition->value;

    if (!value)
        return false;
    if (wanted->type != JSON_ARRAY)
        return source_same(value, wanted);
    for (size_t i = 0; i < wanted->as.list.len; i++)
        if (source_same(value, &wanted->as.list.items[i]))
            return true;
    return false;
}

static bool concerned(const struct source *source, const struct json *record)
{
    for (size_t i = 0; i < source->only_len; i++)
        if (!holds(source, &source->only[i], record))
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

/* The first of the paths that leads to something. */
static int put_first(struct decoding *decoding, enum target_kind kind,
                     const struct json *paths)
{
    const struct target target = {.kind = kind};
    bool list = paths && paths->type == JSON_ARRAY;
    size_t count = list ? paths->as.list.len : paths ? 1 : 0;

    for (size_t i = 0; i < count; i++) {
        const struct json *path = list ? &paths->as.list.items[i] : paths;
        const struct json *value = source_find(
            decoding->source, decoding->alarm->record, path->as.text);

        if (value)
            return source_put(decoding, &target, value);
    }
    return 0;
}

static struct json_doc *parse(const struct source *source, struct str record,
                              struct error *error)
{
    if (source->kind == KIND_CEF)
        return source_parse_cef(record, error);
    if (source->kind == KIND_LEEF)
        return source_parse_leef(record, error);
    return json_parse(record, NULL, 0, error);
}

int source_decode_record(struct decoding *decoding)
{
    const struct source *source = decoding->source;
    struct alarm *alarm = decoding->alarm;
    size_t room = source->fields.len;
    int code;

    alarm->doc = parse(source, (struct str){alarm->raw, alarm->raw_len},
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
        code = put_first(decoding, TARGET_TIME, source->time_fields);
    if (!code)
        code = put_first(decoding, TARGET_ID, source->id_fields);
    if (!code)
        code = put_first(decoding, TARGET_COUNT, source->count_fields);
    return code ? code : 1;
}

static bool has_one(const struct json *record, const struct json *paths)
{
    if (paths->type == JSON_TEXT)
        return json_path(record, paths->as.text);
    for (size_t i = 0; i < paths->as.list.len; i++)
        if (json_path(record, paths->as.list.items[i].as.text))
            return true;
    return false;
}

static bool has_all(const struct source *source, struct str record)
{
    const struct json *paths = source->detect_paths;
    struct json_doc *doc = parse(source, record, NULL);
    bool fits = doc && json_root(doc)->type == JSON_OBJECT &&
                json_root(doc)->as.list.len;

    for (size_t i = 0; paths && i < paths->as.list.len && fits; i++)
        fits = has_one(json_root(doc), &paths->as.list.items[i]);
    json_free(doc);
    return fits;
}

/* A line that bears the format's mark at its place is nothing else, even
 * where it cannot be read: it is to be refused, not passed by. But one that
 * anybody could have put into a daemon's file does not say what the file is. */
int source_record_fits(const struct source *source, struct str record)
{
    enum { MARKED = 64 }; /* more than any source's list of paths */
    const struct json *paths = source->detect_paths;
    struct syslog syslog;
    int fit = 1;

    if (!paths && !source->detect_any)
        return 0;
    if (source->kind != KIND_JSON) {
        fit = MARKED;
        if (!source_syslog(
                record, source->kind == KIND_CEF ? "CEF:" : "LEEF:", &syslog) ||
            syslog.anyones)
            return 0;
        if (!paths)
            return fit;
    }
    if (!has_all(source, record))
        return 0;
    return fit + (paths ? (int)paths->as.list.len : 0);
}
