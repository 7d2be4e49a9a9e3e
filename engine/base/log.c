#include "base/log.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* C0, DEL and C1 drive a terminal; the bidirectional controls, line and
 * paragraph separators make a line read as another one (Trojan Source). */
static bool dangerous(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e ||
           c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static uint32_t decode(const unsigned char *p, size_t len)
{
    static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = p[0] & first[len];

    for (size_t i = 1; i < len; i++)
        c = c << 6 | (p[i] & 0x3f);
    return c;
}

/* The length of the well-formed character at the front, or 0. */
static size_t character(struct str text)
{
    for (size_t len = 1; len <= 4 && len <= text.len; len++)
        if (str_utf8((struct str){text.data, len}))
            return len;
    return 0;
}

char *log_safe(struct str text)
{
    struct buf safe = {0};

    while (text.len) {
        size_t len = character(text);
        unsigned char byte = (unsigned char)text.data[0];
        uint32_t c = len ? decode((const unsigned char *)text.data, len) : byte;

        if (!len || (dangerous(c) && c < 0x80))
            buf_printf(&safe, "\\x%02X", byte);
        else if (dangerous(c))
            buf_printf(&safe, "\\u{%04X}", (unsigned)c);
        else
            buf_add(&safe, text.data, len);
        text.data += len ? len : 1;
        text.len -= len ? len : 1;
    }
    return buf_take(&safe);
}

/* One write a line, so that lines of several processes do not mix. A stderr
 * that is gone cannot be complained about anywhere. */
static void put(const char *label, struct str text)
{
    char *safe = log_safe(text);
    char *line = alloc_printf("riposte: %s%s\n", label, safe);
    struct str left = str_of(line);

    while (left.len) {
        ssize_t sent = write(STDERR_FILENO, left.data, left.len);

        if (sent <= 0)
            break;
        left.data += sent;
        left.len -= (size_t)sent;
    }
    free(line);
    free(safe);
}

void log_line(const char *format, ...)
{
    va_list args;
    char *line = NULL;

    va_start(args, format);
    if (vasprintf(&line, format, args) < 0)
        alloc_bytes(SIZE_MAX); /* ends the process */
    put("", str_of(line));
    va_end(args);
    free(line);
}

void log_lines(struct str lines)
{
    while (lines.len) {
        const char *end = memchr(lines.data, '\n', lines.len);
        size_t len = end ? (size_t)(end - lines.data) : lines.len;

        put("", (struct str){lines.data, len});
        lines.data += len + (end != NULL);
        lines.len -= len + (end != NULL);
    }
}

void log_error(const struct error *error)
{
    char *text = error_format(error);

    put("error: ", str_of(text));
    free(text);
}

void log_problem(const struct problem *problem)
{
    char *text = error_format(&problem->error);

    put(problem->warning ? "warning: " : "error: ", str_of(text));
    free(text);
}
