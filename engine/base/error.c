#include "base/error.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy_where(struct error *error, const char *where)
{
    snprintf(error->where, sizeof error->where, "%s", where ? where : "");
}

static void set_text(struct error *error, int code, const char *format,
                     va_list args)
{
    int len = vsnprintf(error->text, sizeof error->text, format, args);
    size_t end = sizeof error->text - 1;

    error->code = code;
    if (len <= (int)end)
        return;
    /* Cut between characters: half of one would make it no text. */
    while (end && ((unsigned char)error->text[end - 1] & 0xc0) == 0x80)
        end--;
    if (end && (unsigned char)error->text[end - 1] >= 0xc0)
        end--;
    error->text[end] = '\0';
}

int error_set(struct error *error, int code, const char *format, ...)
{
    va_list args;

    if (!error)
        return code;
    va_start(args, format);
    memset(error, 0, offsetof(struct error, text));
    set_text(error, code, format, args);
    va_end(args);
    return code;
}

int error_at(struct error *error, int code, const char *where, unsigned line,
             unsigned column, const char *format, ...)
{
    va_list args;

    if (!error)
        return code;
    va_start(args, format);
    set_text(error, code, format, args);
    va_end(args);
    copy_where(error, where);
    error->line = line;
    error->column = column;
    return code;
}

int error_place(struct error *error, const char *where, unsigned line)
{
    if (!error)
        return ERROR_INVALID;
    if (!error->where[0])
        copy_where(error, where);
    if (!error->line)
        error->line = line;
    return error->code;
}

char *error_format(const struct error *error)
{
    struct buf text = {0};

    if (error->where[0]) {
        buf_add_text(&text, error->where);
        if (error->line)
            buf_printf(&text, ":%u", error->line);
        if (error->line && error->column)
            buf_printf(&text, ":%u", error->column);
        buf_add_text(&text, ": ");
    }
    buf_add_text(&text, error->text);
    return buf_take(&text);
}

void problems_add(struct problems *problems, const struct error *error,
                  int warning)
{
    problems->items = alloc_grown(problems->items, problems->len,
                                  &problems->cap, sizeof *problems->items);
    problems->items[problems->len].error = *error;
    problems->items[problems->len].warning = warning;
    problems->len++;
    if (!warning)
        problems->errors++;
}

void problems_free(struct problems *problems)
{
    free(problems->items);
    memset(problems, 0, sizeof *problems);
}
