#include "model/tzif.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADER = 44,          /* bytes: magic, version, 15 unused, six counts */
    FILE_MAX = 64 * 1024, /* the largest of 2025b has 3.6 KiB */
    COUNT_MAX = 8192,     /* so that no sum of sizes passes an int */
    KIND = 6,             /* bytes of a kind: offset, summer time, name */
    OFFSET_MAX = 26 * 60 * 60, /* seconds; RFC 9636 allows no more */
};

/* The six counts, in the file's order. */
enum { UT, STANDARD, LEAPS, TIMES, KINDS, CHARS, COUNTS };

struct change {
    int64_t from;   /* seconds since 1970 */
    int64_t offset; /* seconds */
};

struct tzif {
    struct change *changes; /* owned, ascending */
    size_t len;
    bool forever; /* the last one's offset stays */
};

static uint32_t number(const char *at)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

static int64_t long_number(const char *at)
{
    return (int64_t)((uint64_t)number(at) << 32 | number(at + 4));
}

/* Takes a header off and gives the bytes of what it announces: times have
 * `size` bytes. False where that is not there. */
static bool take_block(struct str *rest, size_t size, size_t counts[COUNTS],
                       struct str *block)
{
    if (rest->len < HEADER || memcmp(rest->data, "TZif", 4) != 0 ||
        rest->data[4] < '2')
        return false;
    for (size_t i = 0; i < COUNTS; i++) {
        counts[i] = number(rest->data + HEADER - (COUNTS - i) * 4);
        if (counts[i] > COUNT_MAX)
            return false;
    }
    block->data = rest->data + HEADER;
    block->len = counts[TIMES] * (size + 1) + counts[KINDS] * KIND +
                 counts[CHARS] + counts[LEAPS] * (size + 4) + counts[STANDARD] +
                 counts[UT];
    if (rest->len - HEADER < block->len)
        return false;
    rest->data = block->data + block->len;
    rest->len -= HEADER + block->len;
    return true;
}

/* Behind the blocks: a newline, a rule in TZ's syntax, a newline. A comma
 * stands before the days of summer time. */
static bool is_fixed(struct str footer)
{
    return footer.len > 2 && footer.data[0] == '\n' && footer.data[1] != '\n' &&
           footer.data[footer.len - 1] == '\n' &&
           !memchr(footer.data, ',', footer.len);
}

static bool fill(struct tzif *zone, const char *block, size_t kinds)
{
    const char *indexes = block + zone->len * 8, *table = indexes + zone->len;

    for (size_t i = 0; i < zone->len; i++) {
        size_t kind = (unsigned char)indexes[i];
        struct change *change = &zone->changes[i];

        if (kind >= kinds)
            return false;
        change->from = long_number(block + i * 8);
        change->offset = (int32_t)number(table + kind * KIND);
        if ((i && change->from <= change[-1].from) ||
            change->offset < -OFFSET_MAX || change->offset > OFFSET_MAX)
            return false;
    }
    return true;
}

struct tzif *tzif_parse(struct str bytes)
{
    size_t counts[COUNTS];
    struct str block;
    struct tzif *zone;

    /* The first block has times of 32 bits, for readers of old. */
    if (!take_block(&bytes, 4, counts, &block) ||
        !take_block(&bytes, 8, counts, &block) || counts[LEAPS])
        return NULL; /* with leap seconds, times are not POSIX's */
    zone = ALLOC(struct tzif);
    zone->len = counts[TIMES];
    zone->changes = alloc_zeroed(zone->len + 1, sizeof *zone->changes);
    zone->forever = is_fixed(bytes);
    if (fill(zone, block.data, counts[KINDS]))
        return zone;
    tzif_free(zone);
    return NULL;
}

struct tzif *tzif_open(const char *id)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz"
                                  "0123456789_+-/";
    struct tzif *zone = NULL;
    char *path, *bytes;
    FILE *file;

    if (!*id || *id == '/' || id[strspn(id, letters)])
        return NULL;
    path = alloc_printf("/usr/share/zoneinfo/%s", id);
    file = fopen(path, "re");
    free(path);
    if (!file)
        return NULL;
    bytes = alloc_bytes(FILE_MAX);
    zone = tzif_parse((struct str){bytes, fread(bytes, 1, FILE_MAX, file)});
    free(bytes);
    fclose(file);
    return zone;
}

void tzif_free(struct tzif *zone)
{
    if (!zone)
        return;
    free(zone->changes);
    free(zone);
}

bool tzif_offset(const struct tzif *zone, int64_t ms, int64_t *offset)
{
    int64_t at = ms / 1000 - (ms % 1000 < 0);
    size_t low = 0, high = zone->len;

    while (low < high) { /* low: changes at or before that time */
        size_t middle = low + (high - low) / 2;

        if (zone->changes[middle].from <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || (low == zone->len && !zone->forever))
        return false;
    *offset = zone->changes[low - 1].offset * 1000;
    return true;
}
