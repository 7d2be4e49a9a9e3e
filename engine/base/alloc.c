#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one place where running out of memory ends the process: a response
 * engine that goes on with half an answer is worse than one that recovers
 * from its journal. No stdio here, it may allocate. */
static void *checked(void *memory)
{
    static const char text[] = "riposte: out of memory\n";

    if (memory)
        return memory;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(70);
    _exit(70);
}

static size_t product(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        checked(NULL);
    return bytes ? bytes : 1;
}

void *alloc_bytes(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *alloc_zeroed(size_t count, size_t size)
{
    return checked(calloc(1, product(count, size)));
}

void *alloc_resized(void *old, size_t count, size_t size)
{
    return checked(realloc(old, product(count, size)));
}

char *alloc_copy(const char *data, size_t len)
{
    char *copy = alloc_bytes(len + 1);

    if (len)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

char *alloc_text(const char *text)
{
    return text ? alloc_copy(text, strlen(text)) : NULL;
}

char *alloc_printf(const char *format, ...)
{
    va_list args;
    char *text = NULL;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        checked(NULL);
    va_end(args);
    return text;
}

void *alloc_grown(void *items, size_t len, size_t *cap, size_t size)
{
    if (len < *cap)
        return items;
    *cap = *cap ? product(*cap, 2) : 8;
    return alloc_resized(items, *cap, size);
}
