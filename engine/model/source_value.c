#include "base/alloc.h"
#include "base/clock.h"
#include "model/source_inner.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    COUNT_MAX = 1000000000, /* so that sums of counts stay within 64 bits */
    NUMBER_TEXT_MAX = 40,   /* bytes; longer text is no port, size or rate */
};

struct str source_shown(struct str text)
{
    if (text.len <= SHOWN_MAX)
        return text;
    text.len = SHOWN_MAX;
    while (text.len && !str_utf8(text))
        text.len--;
    return text;
}

static int refuse(const struct decoding *decoding, struct str name,
                  struct str text, const char *why)
{
    struct str shown = source_shown(text);

    return error_set(decoding->error, ERROR_INVALID, "%.*s is \"%.*s\": %s",
                     (int)name.len, name.data, (int)shown.len, shown.data, why);
}

/* Decimal digits, maybe with sign, fraction and exponent; nothing else that
 * strtod would take. */
static bool number_from(struct str text, struct json *number)
{
    char copy[NUMBER_TEXT_MAX + 1], *end;

    if (!text.len || text.len > NUMBER_TEXT_MAX)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (strspn(copy, "+-.0123456789eE") != text.len)
        return false;
    errno = 0;
    number->type = JSON_INT;
    number->as.integer = strtoll(copy, &end, 10);
    if (!*end)
        return !errno;
    number->type = JSON_REAL;
    number->as.real = strtod(copy, &end);
    return !*end && isfinite(number->as.real);
}

/* In place: into what a field of numbers holds. 0: no value; 1: a value. */
static int to_number(const struct decoding *decoding, struct str name,
                     struct json *value)
{
    struct str text = value->as.text;

    switch (value->type) {
    case JSON_INT:
    case JSON_UINT:
    case JSON_REAL:
        return 1;
    case JSON_TEXT:
        text = str_trim(text);
        if (!text.len)
            return 0;
        if (!number_from(text, value))
            return refuse(decoding, name, text, "a number was expected");
        return 1;
    default:
        return error_set(decoding->error, ERROR_INVALID,
                         "%.*s is no number and no text", (int)name.len,
                         name.data);
    }
}

/* In place: into text. */
static int to_text(const struct decoding *decoding, struct str name,
                   struct json *value)
{
    size_t len;
    char *text;

    if (value->type == JSON_TEXT)
        return 1;
    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT)
        return error_set(decoding->error, ERROR_INVALID,
                         "%.*s is a list or a table: a text was expected",
                         (int)name.len, name.data);
    text = alarm_text(value, &len);
    value->as.text = json_keep(decoding->alarm->doc, (struct str){text, len});
    value->type = JSON_TEXT;
    free(text);
    return 1;
}

/* "+0100" is ISO 8601's, not RFC 3339's. */
static bool is_rfc_3339(struct str text)
{
    int64_t ms;

    return !clock_parse_zoned(text, &ms) && text.len > 3 &&
           (text.data[text.len - 1] == 'Z' || text.data[text.len - 3] == ':');
}

/* In place: a time in a format of the source's own (milliseconds, "Nov 24
 * …"), or of its zone, becomes RFC 3339, which is what reads dates further on;
 * what is so already, or is no time, stays. */
static void to_date(const struct decoding *decoding, struct json *value)
{
    char text[CLOCK_TEXT];
    int64_t ms;

    if (value->type == JSON_TEXT && is_rfc_3339(value->as.text))
        return;
    if (source_time_of(decoding, value, &ms))
        return;
    clock_format(ms, text);
    value->type = JSON_TEXT;
    value->as.text = json_keep(decoding->alarm->doc, str_of(text));
}

/* Without the mark of a known host. */
static struct str unmarked(struct str host)
{
    struct str name = host;

    if (!host.len || host.data[host.len - 1] != '*')
        return host;
    for (name.len--; name.len && name.data[name.len - 1] == ' ';)
        name.len--;
    return name.len && name.len < host.len - 1 ? name : host;
}

/* In place: into what the target's field holds. 0: no value; 1: a value. */
static int to_kind(const struct decoding *decoding, const struct target *target,
                   struct json *value)
{
    const struct field *field = target->field;
    int some;

    if (!field)
        return 1;
    if (field->number)
        return to_number(decoding, target->name, value);
    if (field->date)
        to_date(decoding, value);
    some = to_text(decoding, target->name, value);
    if (some > 0 && field->host)
        value->as.text = unmarked(value->as.text);
    return some;
}

static int put_field(struct decoding *decoding, const struct target *target,
                     const struct json *value)
{
    struct json *item = &decoding->items[decoding->len];
    int some;

    *item = *value;
    /* The source may be gone before the alarm; field_table stays. */
    item->key = target->field ? target->name
                              : json_keep(decoding->alarm->doc, target->name);
    item->line = 0;
    some = to_kind(decoding, target, item);
    if (some > 0)
        decoding->len++;
    return some < 0 ? some : 0;
}

static int put_count(struct decoding *decoding, const struct json *value)
{
    struct json number = *value;
    struct str name = str_of("count");
    int some = to_number(decoding, name, &number);

    if (some <= 0)
        return some;
    if (number.type != JSON_INT || number.as.integer < 1 ||
        number.as.integer > COUNT_MAX)
        return error_set(decoding->error, ERROR_INVALID,
                         "count is not a whole number from 1 to %d", COUNT_MAX);
    decoding->alarm->count = number.as.integer;
    return 0;
}

static int put_id(struct decoding *decoding, const struct json *value)
{
    size_t len;
    char *text;

    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT)
        return error_set(decoding->error, ERROR_INVALID,
                         "the id is a list or a table");
    text = alarm_text(value, &len);
    /* A NUL would make two ids one. */
    if (strlen(text) != len) {
        free(text);
        return error_set(decoding->error, ERROR_INVALID,
                         "the id holds a NUL character");
    }
    free(decoding->alarm->own_id);
    decoding->alarm->own_id = len ? text : NULL;
    if (!len)
        free(text);
    return 0;
}

int source_put(struct decoding *decoding, const struct target *target,
               const struct json *value)
{
    if (value->type == JSON_NULL)
        return 0;
    switch (target->kind) {
    case TARGET_FIELD:
        return put_field(decoding, target, value);
    case TARGET_TIME:
        return source_read_time(decoding, value, &decoding->alarm->time);
    case TARGET_COUNT:
        return put_count(decoding, value);
    case TARGET_ID:
        return put_id(decoding, value);
    case TARGET_NONE:
        break;
    }
    return 0;
}
