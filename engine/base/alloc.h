#ifndef RIPOSTE_BASE_ALLOC_H
#define RIPOSTE_BASE_ALLOC_H

#include <stddef.h>

/*
 * Memory. Running out of it ends the process in one place (alloc.c, exit
 * status 70), so no caller checks for NULL. Sizes are multiplied with an
 * overflow check. Memory is released with free().
 */

void *alloc_bytes(size_t size);                /* uninitialised */
void *alloc_zeroed(size_t count, size_t size); /* count items of zero bytes */
void *alloc_resized(void *old, size_t count, size_t size);
char *alloc_copy(const char *data, size_t len); /* adds a terminating NUL */
char *alloc_text(const char *text);             /* NULL gives NULL */
char *alloc_printf(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Makes room for one more item in a growing array: doubles *cap from 8. */
void *alloc_grown(void *items, size_t len, size_t *cap, size_t size);

#define ALLOC(type) ((type *)alloc_zeroed(1, sizeof(type)))

#endif
