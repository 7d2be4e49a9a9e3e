#include "model/timeformat_inner.h"

#include "base/alloc.h"
#include "base/str.h"
#include "model/timezone.h"

#include <stdlib.h>
#include <string.h>

static const char without_pattern[] = "yyyy-MM-ddTHH:mm:ss.fffK";

/* The formats of one letter, in the invariant culture. */
static const struct {
    const char *letters;
    const char *pattern;
    bool utc;
} standard_formats[] = {
    {"d", "MM/dd/yyyy", false},
    {"D", "dddd, dd MMMM yyyy", false},
    {"f", "dddd, dd MMMM yyyy HH:mm", false},
    {"F", "dddd, dd MMMM yyyy HH:mm:ss", false},
    {"g", "MM/dd/yyyy HH:mm", false},
    {"G", "MM/dd/yyyy HH:mm:ss", false},
    {"mM", "MMMM dd", false},
    {"oO", "yyyy-MM-ddTHH:mm:ss.fffffffK", false},
    {"rR", "ddd, dd MMM yyyy HH:mm:ss 'GMT'", true},
    {"s", "yyyy-MM-ddTHH:mm:ss", false},
    {"t", "HH:mm", false},
    {"T", "HH:mm:ss", false},
    {"u", "yyyy-MM-dd HH:mm:ss'Z'", true},
    {"U", "dddd, dd MMMM yyyy HH:mm:ss", true},
    {"yY", "yyyy MMMM", false},
};

static void add(struct time_format *format, struct piece piece)
{
    format->pieces = alloc_grown(format->pieces, format->len, &format->cap,
                                 sizeof *format->pieces);
    format->pieces[format->len++] = piece;
}

static void add_literal(struct time_format *format, struct str text)
{
    add(format, (struct piece){.letter = LITERAL, .text = str_copy(text)});
}

/* What is between quotes: a backslash takes the next character as it is.
 * Gives the bytes that were read, both quotes among them. */
static int add_quoted(struct time_format *format, struct str in, size_t *used,
                      struct error *error)
{
    struct buf text = {0};
    size_t at = 1;

    while (at < in.len && in.data[at] != in.data[0]) {
        at += in.data[at] == '\\';
        if (at < in.len)
            buf_add_byte(&text, in.data[at++]);
    }
    if (at < in.len)
        add_literal(format, buf_str(&text));
    buf_free(&text);
    *used = at + 1;
    return at < in.len ? 0
                       : error_set(error, ERROR_INVALID,
                                   "the quotation mark %c is never closed; "
                                   "\\%c is one of the text",
                                   in.data[0], in.data[0]);
}

/* The bytes of the character that the text begins with. */
static size_t character(struct str in)
{
    size_t len = 1;

    while (len < in.len && ((unsigned char)in.data[len] & 0xc0) == 0x80)
        len++;
    return len;
}

static int add_escaped(struct time_format *format, struct str in, size_t *used,
                       struct error *error)
{
    struct str next = {in.data + 1, in.len - 1};

    if (!next.len)
        return error_set(error, ERROR_INVALID,
                         "the last character is a backslash, with nothing to "
                         "escape; \\\\ is one of the text");
    next.len = character(next);
    add_literal(format, next);
    *used = 1 + next.len;
    return 0;
}

static int add_letters(struct time_format *format, struct str in, size_t *used,
                       struct error *error)
{
    char letter = in.data[0];
    size_t count = 1;

    while (letter != 'K' && count < in.len && in.data[count] == letter)
        count++;
    if ((letter == 'f' || letter == 'F') && count > FRACTION_MAX)
        return error_set(error, ERROR_INVALID,
                         "%zu times %c, but a second has at most %d fraction "
                         "digits here",
                         count, letter, FRACTION_MAX);
    add(format, (struct piece){.letter = letter, .count = count});
    *used = count;
    return 0;
}

/* One specifier, quotation or character. */
static int add_one(struct time_format *format, struct str in, size_t *used,
                   struct error *error)
{
    if (strchr("dfFghHKmMstyz", in.data[0]))
        return add_letters(format, in, used, error);
    if (in.data[0] == '\'' || in.data[0] == '"')
        return add_quoted(format, in, used, error);
    if (in.data[0] == '\\')
        return add_escaped(format, in, used, error);
    *used = character(in);
    add_literal(format, (struct str){in.data, *used});
    return 0;
}

/* A percent sign makes a specifier of the one character behind it. */
static int add_percent(struct time_format *format, struct str in, size_t *used,
                       struct error *error)
{
    struct str next = {in.data + 1, in.len - 1};
    int code;

    if (!next.len || next.data[0] == '%')
        return error_set(error, ERROR_INVALID,
                         "no specifier behind %%; \\%% is one of the text");
    next.len = character(next);
    code = add_one(format, next, used, error);
    *used += 1;
    return code;
}

static int add_all(struct time_format *format, struct str in,
                   struct error *error)
{
    size_t used = 0;
    int code = 0;

    while (in.len && !code) {
        code = in.data[0] == '%' ? add_percent(format, in, &used, error)
                                 : add_one(format, in, &used, error);
        in.data += code ? 0 : used;
        in.len -= code ? 0 : used;
    }
    return code;
}

/* What one character alone stands for. */
static int add_standard(struct time_format *format, struct str in,
                        struct error *error)
{
    for (size_t i = 0; i < sizeof standard_formats / sizeof *standard_formats;
         i++) {
        if (!strchr(standard_formats[i].letters, in.data[0]))
            continue;
        format->utc = standard_formats[i].utc;
        return add_all(format, str_of(standard_formats[i].pattern), error);
    }
    return error_set(error, ERROR_INVALID,
                     "one character alone is a standard format, and \"%.*s\" "
                     "is none: there are d D f F g G m M o O r R s t T u U y "
                     "Y; as a specifier it is written %%%.*s",
                     (int)in.len, in.data, (int)in.len, in.data);
}

static int compile(struct time_format *format, const char *zone,
                   const char *pattern, struct error *error)
{
    struct str in = str_of(pattern ? pattern : without_pattern);
    int code = 0;

    if (in.len > TIMEFORMAT_MAX)
        return error_set(error, ERROR_LIMIT,
                         "the format string has %zu bytes, more than %d",
                         in.len, TIMEFORMAT_MAX);
    if (in.len)
        code = character(in) == in.len ? add_standard(format, in, error)
                                       : add_all(format, in, error);
    if (!code && zone)
        code = timezone_open(zone, &format->zone, error);
    return code;
}

int timeformat_compile(const char *zone, const char *pattern,
                       struct time_format **format, struct error *error)
{
    int code;

    *format = ALLOC(struct time_format);
    code = compile(*format, zone, pattern, error);
    if (!code)
        return 0;
    timeformat_free(*format);
    *format = NULL;
    return code;
}

void timeformat_free(struct time_format *format)
{
    if (!format)
        return;
    for (size_t i = 0; i < format->len; i++)
        free(format->pieces[i].text);
    free(format->pieces);
    timezone_free(format->zone);
    free(format);
}
