#include "base/cron.h"

#include <string.h>
#include <strings.h>

enum { FIELDS = 5 };

/* The fields in their order. names, where there are any, begin at `first`. */
static const struct field {
    const char *name;
    int min, max;
    int first;
    const char *names; /* of three letters each */
} fields[FIELDS] = {
    {"minute", 0, 59, 0, ""},
    {"hour", 0, 23, 0, ""},
    {"day of month", 1, 31, 0, ""},
    {"month", 1, 12, 1, "janfebmaraprmayjunjulaugsepoctnovdec"},
    {"day of week", 0, 7, 0, "sunmontuewedthufrisat"},
};

static const struct {
    const char *name, *fields;
} shorthands[] = {
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static int wrong(const struct field *field, struct error *error)
{
    const char *names = *field->names ? " or a name of three letters" : "";

    return error_set(error, ERROR_INVALID,
                     "%s: a number from %d to %d%s, a range (2-5), a step "
                     "(*/5, 2-20/3), or a list of these",
                     field->name, field->min, field->max, names);
}

/* A number, at most two digits more than any field takes. -1: none. */
static int take_number(struct str *text)
{
    size_t len = 0;
    int value = 0;

    for (; len < text->len && len < 4 && digit(text->data[len]); len++)
        value = value * 10 + (text->data[len] - '0');
    text->data += len;
    text->len -= len;
    return len ? value : -1;
}

static int take_name(const struct field *field, struct str *text)
{
    for (size_t i = 0; text->len >= 3 && field->names[3 * i]; i++) {
        if (strncasecmp(text->data, field->names + 3 * i, 3) != 0)
            continue;
        text->data += 3;
        text->len -= 3;
        return field->first + (int)i;
    }
    return -1;
}

static int take_value(const struct field *field, struct str *text)
{
    int value = take_number(text);

    return value < 0 ? take_name(field, text) : value;
}

static bool eat(struct str *text, char c)
{
    if (!text->len || *text->data != c)
        return false;
    text->data++;
    text->len--;
    return true;
}

/* "*", "7", "2-5", each but the second maybe with "/3". */
static int take_item(const struct field *field, struct str item, uint64_t *set,
                     struct error *error)
{
    int from = field->min, to = field->max, step = 1;
    bool range = eat(&item, '*');

    if (!range) {
        from = to = take_value(field, &item);
        range = from >= 0 && eat(&item, '-');
        if (range)
            to = take_value(field, &item);
    } else if (field->max == 7) {
        to = 6; /* 7 is Sunday once more */
    }
    if (range && eat(&item, '/'))
        step = take_number(&item);
    if (item.len || from < field->min || to > field->max || to < 0)
        return wrong(field, error);
    if (from > to)
        return error_set(error, ERROR_INVALID,
                         "%s: the range ends before it begins", field->name);
    if (step < 1 || step > to - from + 1)
        return error_set(error, ERROR_INVALID,
                         "%s: the step is from 1 to %d here", field->name,
                         to - from + 1);
    for (int n = from; n <= to; n += step)
        *set |= UINT64_C(1) << n;
    return 0;
}

/* The text up to the first such byte, which is taken too. */
static struct str take_until(struct str *text, char c)
{
    const char *end = text->len ? memchr(text->data, c, text->len) : NULL;
    struct str part = {text->data,
                       end ? (size_t)(end - text->data) : text->len};
    size_t taken = part.len + (end ? 1 : 0);

    text->data += taken;
    text->len -= taken;
    return part;
}

static int take_field(const struct field *field, struct str text, uint64_t *set,
                      struct error *error)
{
    bool more = true;
    int err = 0;

    while (more && !err) {
        more = text.len && memchr(text.data, ',', text.len);
        err = take_item(field, take_until(&text, ','), set, error);
    }
    return err;
}

/* Splits at blanks and tabs. */
static int split(struct str text, struct str parts[FIELDS], struct error *error)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len;) {
        size_t begin = i;

        while (i < text.len && text.data[i] != ' ' && text.data[i] != '\t')
            i++;
        if (i > begin && count < FIELDS)
            parts[count] = (struct str){text.data + begin, i - begin};
        count += i > begin ? 1 : 0;
        i += i < text.len ? 1 : 0;
    }
    if (count == FIELDS)
        return 0;
    return error_set(error, ERROR_INVALID,
                     "neither a duration such as \"1h\", nor five fields "
                     "(minute, hour, day of month, month, day of week) such "
                     "as \"0 6 * * mon-fri\", nor @hourly, @daily, @weekly or "
                     "@monthly");
}

static struct str expand(struct str text)
{
    for (size_t i = 0; i < sizeof shorthands / sizeof *shorthands; i++)
        if (str_is(text, shorthands[i].name))
            return str_of(shorthands[i].fields);
    return text;
}

/* Does one of those days come in one of those months? */
static bool comes(const struct every *every)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};

    for (int month = 1; month <= 12; month++)
        for (int day = 1; day <= lengths[month - 1]; day++)
            if (every->months >> month & 1 && every->days >> day & 1)
                return true;
    return false;
}

int cron_parse(struct str text, struct every *every, struct error *error)
{
    uint64_t *sets[FIELDS] = {&every->minutes, &every->hours, &every->days,
                              &every->months, &every->weekdays};
    struct str parts[FIELDS] = {0};
    int err = split(expand(text), parts, error);

    for (int i = 0; i < FIELDS && !err; i++) {
        *sets[i] = 0;
        err = take_field(&fields[i], parts[i], sets[i], error);
    }
    if (err)
        return err;
    if (every->weekdays >> 7 & 1)
        every->weekdays |= 1;
    every->any_day = *parts[2].data == '*';
    every->any_weekday = *parts[4].data == '*';
    if ((every->any_day || every->any_weekday) && !comes(every))
        return error_set(error, ERROR_INVALID,
                         "day of month: none of its days comes in one of the "
                         "months");
    return 0;
}
