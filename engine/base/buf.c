#include "base/buf.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* realloc may leave a copy behind where it moves. */
static void grow(struct buf *buf, size_t cap)
{
    char *data;

    if (!buf->wiped) {
        buf->data = alloc_resized(buf->data, cap, 1);
    } else {
        data = alloc_bytes(cap);
        if (buf->data) {
            memcpy(data, buf->data, buf->len + 1);
            explicit_bzero(buf->data, buf->cap);
        }
        free(buf->data);
        buf->data = data;
    }
    buf->cap = cap;
}

char *buf_room(struct buf *buf, size_t len)
{
    size_t need;

    if (__builtin_add_overflow(buf->len, len, &need) ||
        __builtin_add_overflow(need, 1, &need))
        need = SIZE_MAX; /* too much: alloc_resized ends the process */
    if (need > buf->cap) {
        size_t cap = buf->cap < 64 ? 64 : buf->cap;

        while (cap < need && cap <= SIZE_MAX / 2)
            cap *= 2;
        grow(buf, cap < need ? need : cap);
    }
    return buf->data + buf->len;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
    char *room = buf_room(buf, len);

    if (len)
        memcpy(room, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void buf_add_str(struct buf *buf, struct str text)
{
    buf_add(buf, text.data, text.len);
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_byte(struct buf *buf, char byte)
{
    buf_add(buf, &byte, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        alloc_bytes(SIZE_MAX); /* ends the process */
    buf_add(buf, text, (size_t)len);
    free(text);
}

void buf_cut(struct buf *buf, size_t len)
{
    if (!buf->data)
        return;
    if (buf->wiped)
        explicit_bzero(buf->data + len, buf->len - len);
    buf->len = len;
    buf->data[len] = '\0';
}

void buf_consume(struct buf *buf, size_t len)
{
    if (!buf->data)
        return;
    memmove(buf->data, buf->data + len, buf->len - len);
    buf_cut(buf, buf->len - len);
}

struct str buf_str(const struct buf *buf)
{
    return (struct str){.data = buf->data ? buf->data : "", .len = buf->len};
}

char *buf_take(struct buf *buf)
{
    char *data = buf->data ? buf->data : alloc_text("");

    *buf = (struct buf){.wiped = buf->wiped};
    return data;
}

void buf_free(struct buf *buf)
{
    if (buf->wiped && buf->data)
        explicit_bzero(buf->data, buf->cap);
    free(buf->data);
    *buf = (struct buf){.wiped = buf->wiped};
}
