#ifndef RIPOSTE_BASE_STR_H
#define RIPOSTE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A piece of bytes that somebody else owns: it may hold NUL and anything
 * else. It lives as long as its owner says.
 */
struct str {
    const char *data;
    size_t len;
};

struct str str_of(const char *text); /* NULL gives the empty piece */
bool str_same(struct str a, struct str b);
bool str_is(struct str a, const char *text);
bool str_same_nocase(struct str a, struct str b); /* ASCII only */
struct str str_trim(struct str a);                /* blanks, tabs, CR, LF */
char *str_copy(struct str a);                     /* NUL added; free() it */

/* True where the bytes are well-formed UTF-8 (RFC 3629): no overlong form,
 * no surrogate, nothing above U+10FFFF. */
bool str_utf8(struct str a);

/* The slug of a display name: lower case, every run of other characters than
 * [a-z0-9] becomes one '_', none at the ends. free() it. */
char *str_slug(const char *name);

/* The candidate nearest to name by edit distance, or NULL where none is near
 * enough (a third of the length) to be worth naming. */
const char *str_nearest(const char *name, const char *const *candidates,
                        size_t count);

#endif
