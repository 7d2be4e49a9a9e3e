#include "base/alloc.h"
#include "base/clock.h"
#include "model/source_inner.h"

#include <math.h>
#include <stdlib.h>

static const char *const format_names[] = {
    [TIME_RFC3339] = "rfc3339", [TIME_SYSLOG] = "syslog",
    [TIME_EPOCH] = "epoch",     [TIME_EPOCH_MS] = "epoch_ms",
    [TIME_CEF] = "cef",
};
enum { FORMATS = sizeof format_names / sizeof *format_names };

/* Seconds beyond it are no time of an alarm (year 5138). */
static const double epoch_max = 1e11;

static int format_of(const struct compiling *compiling,
                     const struct json *value, enum time_format *format)
{
    if (value->type != JSON_TEXT)
        return source_fault(compiling, value,
                            "time_format is a text or a list of texts");
    for (size_t i = 0; i < FORMATS; i++)
        if (str_is(value->as.text, format_names[i])) {
            *format = (enum time_format)i;
            return 0;
        }
    return source_fault(compiling, value,
                        "time_format \"%.*s\" is none of rfc3339, syslog, "
                        "epoch, epoch_ms, cef",
                        (int)value->as.text.len, value->as.text.data);
}

int source_time_formats(const struct compiling *compiling,
                        const struct json *value)
{
    bool list = value->type == JSON_ARRAY;
    const struct json *items = list ? value->as.list.items : value;
    size_t count = list ? value->as.list.len : 1;
    struct source *source = compiling->source;

    if (!count)
        return source_fault(compiling, value, "time_format is empty");
    source->time_formats = alloc_zeroed(count, sizeof *source->time_formats);
    for (size_t i = 0; i < count; i++)
        if (format_of(compiling, &items[i], &source->time_formats[i]))
            return ERROR_INVALID;
    source->time_formats_len = count;
    return 0;
}

/* The zone's offset is read off a time that carries it. */
int source_zone(const struct compiling *compiling, const struct json *value)
{
    static const int64_t noon_ms = 43200000;
    int64_t ms;
    char *time;
    int code;

    if (value->type != JSON_TEXT || !value->as.text.len)
        return source_fault(compiling, value,
                            "zone is a text such as \"+01:00\" or \"Z\"");
    time = alloc_printf("1970-01-01T12:00:00%.*s", (int)value->as.text.len,
                        value->as.text.data);
    code = clock_parse(str_of(time), 0, &ms);
    free(time);
    if (code)
        return source_fault(compiling, value,
                            "zone \"%.*s\" is no offset such as \"+01:00\" "
                            "or \"Z\"",
                            (int)value->as.text.len, value->as.text.data);
    compiling->source->zone_ms = noon_ms - ms;
    return 0;
}

static bool number_of(const struct json *value, double *number)
{
    char copy[32], *end;

    if (value->type == JSON_INT)
        *number = (double)value->as.integer;
    else if (value->type == JSON_REAL)
        *number = value->as.real;
    else if (value->type == JSON_TEXT && value->as.text.len &&
             value->as.text.len < sizeof copy) {
        for (size_t i = 0; i < value->as.text.len; i++) {
            copy[i] = value->as.text.data[i];
            if ((copy[i] < '0' || copy[i] > '9') && copy[i] != '.')
                return false;
        }
        copy[value->as.text.len] = '\0';
        *number = strtod(copy, &end);
        return !*end;
    } else {
        return false;
    }
    return true;
}

/* The eight that CEF's guide lists, beside epoch_ms. */
static int read_cef(struct str text, int64_t zone_ms, int64_t now, int64_t *ms)
{
    static const char *const patterns[] = {
        "MMM dd yyyy HH:mm:ss",   "MMM dd yyyy HH:mm:ss.SSS",
        "MMM dd yyyy HH:mm:ss z", "MMM dd yyyy HH:mm:ss.SSS z",
        "MMM dd HH:mm:ss",        "MMM dd HH:mm:ss.SSS",
        "MMM dd HH:mm:ss z",      "MMM dd HH:mm:ss.SSS z",
    };

    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (!source_pattern_time(str_of(patterns[i]), text, zone_ms, now, ms))
            return 0;
    return ERROR_INVALID;
}

static int read_as(const struct decoding *decoding, enum time_format format,
                   const struct json *value, int64_t *ms)
{
    int64_t zone_ms = decoding->source->zone_ms;
    double number;

    if (format == TIME_EPOCH || format == TIME_EPOCH_MS) {
        if (!number_of(value, &number))
            return ERROR_INVALID;
        if (format == TIME_EPOCH)
            number *= 1000;
        if (!(fabs(number) <= epoch_max * 1000))
            return ERROR_INVALID;
        *ms = llround(number);
        return 0;
    }
    if (value->type != JSON_TEXT)
        return ERROR_INVALID;
    if (format == TIME_SYSLOG)
        return clock_parse_syslog(value->as.text, zone_ms, decoding->now, ms);
    if (format == TIME_CEF)
        return read_cef(value->as.text, zone_ms, decoding->now, ms);
    return clock_parse(value->as.text, zone_ms, ms);
}

/* The record's own pattern; the source's formats go on where it does not
 * serve. */
static bool read_by_pattern(const struct decoding *decoding,
                            const struct json *value, int64_t *ms)
{
    struct str path = decoding->source->time_pattern_field;
    const struct json *pattern =
        path.len ? json_path(decoding->alarm->record, path) : NULL;

    return pattern && pattern->type == JSON_TEXT && value->type == JSON_TEXT &&
           !source_pattern_time(pattern->as.text, value->as.text,
                                decoding->source->zone_ms, decoding->now, ms);
}

int source_time_of(const struct decoding *decoding, const struct json *value,
                   int64_t *ms)
{
    const struct source *source = decoding->source;

    if (read_by_pattern(decoding, value, ms))
        return 0;
    for (size_t i = 0; i < source->time_formats_len; i++)
        if (!read_as(decoding, source->time_formats[i], value, ms))
            return 0;
    return ERROR_INVALID;
}

int source_read_time(const struct decoding *decoding, const struct json *value,
                     int64_t *ms)
{
    const struct source *source = decoding->source;
    struct str shown;
    size_t len;
    char *text;

    if (!source_time_of(decoding, value, ms))
        return 0;
    text = alarm_text(value, &len);
    shown = source_shown((struct str){text, len});
    error_set(decoding->error, ERROR_INVALID,
              "the time \"%.*s\" is not in the source's time_format (%s)",
              (int)shown.len, shown.data,
              format_names[source->time_formats[0]]);
    free(text);
    return ERROR_INVALID;
}
