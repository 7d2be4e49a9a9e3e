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
    if (source_keys(&compiling, root))
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
    return source->kind == KIND_JSON ? SOURCE_JSON : SOURCE_LINES;
}

enum source_form source_form(const struct source *source)
{
    static const enum source_form forms[] = {
        [KIND_LINES] = FORM_TEXT,
        [KIND_JSON] = FORM_OBJECT,
        [KIND_CEF] = FORM_MARKED,
        [KIND_LEEF] = FORM_MARKED,
    };

    return forms[source->kind];
}

bool source_dates(const struct source *source)
{
    return source->dates;
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
    code = source->kind == KIND_LINES ? source_decode_text(&decoding)
                                      : source_decode_record(&decoding);
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
    if (source->kind != KIND_LINES)
        return source_record_fits(source, record);
    return source_text_fits(source, record) ? 2 : 0;
}
