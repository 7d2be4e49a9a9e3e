#include "base/str.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct str str_of(const char *text)
{
    if (!text)
        text = "";
    return (struct str){.data = text, .len = strlen(text)};
}

bool str_same(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.data, b.data, a.len));
}

bool str_is(struct str a, const char *text)
{
    return str_same(a, str_of(text));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_same_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str a)
{
    while (a.len && blank(a.data[0])) {
        a.data++;
        a.len--;
    }
    while (a.len && blank(a.data[a.len - 1]))
        a.len--;
    return a;
}

char *str_copy(struct str a)
{
    return alloc_copy(a.data, a.len);
}

/* The length of the well-formed sequence at p, or 0; the ranges are table
 * 3-7 of the Unicode standard. */
static size_t utf8_step(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t len;

    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4)
        return 0;
    len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (len > left)
        return 0;
    if (p[0] == 0xe0)
        low = 0xa0;
    else if (p[0] == 0xed)
        high = 0x9f;
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    return len;
}

bool str_utf8(struct str a)
{
    const unsigned char *p = (const unsigned char *)a.data;

    for (size_t at = 0; at < a.len;) {
        size_t step = utf8_step(p + at, a.len - at);

        if (!step)
            return false;
        at += step;
    }
    return true;
}

char *str_slug(const char *name)
{
    struct buf slug = {0};

    for (; *name; name++) {
        char c = lower(*name);
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (word)
            buf_add_byte(&slug, c);
        else if (slug.len && slug.data[slug.len - 1] != '_')
            buf_add_byte(&slug, '_');
    }
    if (slug.len && slug.data[slug.len - 1] == '_')
        slug.data[--slug.len] = '\0';
    return buf_take(&slug);
}

/* Levenshtein's distance, case ignored, one row at a time. */
static size_t distance(struct str a, struct str b)
{
    size_t *row = alloc_zeroed(b.len + 1, sizeof *row);
    size_t result;

    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = lower(a.data[i - 1]) == lower(b.data[j - 1]);
            size_t best = diagonal + (same ? 0 : 1);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    result = row[b.len];
    free(row);
    return result;
}

const char *str_nearest(const char *name, const char *const *candidates,
                        size_t count)
{
    enum { NAME_MAX_COMPARED = 256 }; /* the cost is the square of it */
    struct str wanted = str_of(name);
    size_t best = wanted.len / 3 + 1;
    const char *found = NULL;

    if (wanted.len > NAME_MAX_COMPARED)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct str candidate = str_of(candidates[i]);
        size_t far;

        if (candidate.len > NAME_MAX_COMPARED)
            continue;
        far = distance(wanted, candidate);
        if (far < best || (far == best && !found)) {
            best = far;
            found = candidates[i];
        }
    }
    return found;
}
