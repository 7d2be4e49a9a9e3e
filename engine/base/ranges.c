#include "base/ranges.h"

#include "base/alloc.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

enum { BITS = 128, SIZE = 16 };

/* The first `bits` of an address, and how many they are. */
struct range_key {
    unsigned char bytes[SIZE + 1];
};

struct range {
    struct range_key key;
    const void *value;
};

struct ranges {
    struct table *table;    /* key to value */
    bool lengths[BITS + 1]; /* which of them occur */
    struct range *sorted;   /* owned: by where they begin; NULL: not sealed */
    size_t len;
};

struct ranges *ranges_new(void)
{
    struct ranges *ranges = ALLOC(struct ranges);

    ranges->table = table_new();
    return ranges;
}

void ranges_free(struct ranges *ranges)
{
    if (!ranges)
        return;
    table_free(ranges->table);
    free(ranges->sorted);
    free(ranges);
}

static struct range_key key_of(const struct addr *addr, unsigned bits)
{
    struct range_key key = {{0}};
    size_t whole = bits / 8;

    memcpy(key.bytes, addr->bytes, whole);
    if (bits % 8)
        key.bytes[whole] =
            (unsigned char)(addr->bytes[whole] & (0xff00 >> (bits % 8)));
    key.bytes[SIZE] = (unsigned char)bits;
    return key;
}

static void *get(const struct ranges *ranges, const struct addr *addr,
                 unsigned bits)
{
    struct range_key key = key_of(addr, bits);

    return table_get(ranges->table,
                     (struct str){(const char *)key.bytes, sizeof key.bytes});
}

void *ranges_get(const struct ranges *ranges, const struct addr *range)
{
    return get(ranges, range, range->bits);
}

void ranges_put(struct ranges *ranges, const struct addr *range, void *value)
{
    struct range_key key = key_of(range, range->bits);

    table_put(ranges->table,
              (struct str){(const char *)key.bytes, sizeof key.bytes}, value);
    ranges->lengths[range->bits] = true;
}

const void *ranges_around(const struct ranges *ranges, const struct addr *addr,
                          ranges_fn each, void *arg)
{
    const void *found = NULL;

    for (unsigned bits = 0; bits <= addr->bits && !found; bits++) {
        const void *value =
            ranges->lengths[bits] ? get(ranges, addr, bits) : NULL;

        if (value)
            found = each(arg, value);
    }
    return found;
}

static int compare(const void *a, const void *b)
{
    const struct range *one = a, *other = b;

    return memcmp(one->key.bytes, other->key.bytes, SIZE);
}

void ranges_seal(struct ranges *ranges)
{
    struct table_walk walk = {0};
    struct str key;
    void *value;

    ranges->sorted =
        alloc_zeroed(table_count(ranges->table) + 1, sizeof *ranges->sorted);
    while ((value = table_next(ranges->table, &walk, &key))) {
        struct range *range = &ranges->sorted[ranges->len++];

        memcpy(range->key.bytes, key.data, sizeof range->key.bytes);
        range->value = value;
    }
    qsort(ranges->sorted, ranges->len, sizeof *ranges->sorted, compare);
}

/* The place of the first range that begins at or behind the address. */
static size_t lower(const struct ranges *ranges, const struct addr *addr)
{
    size_t low = 0, high = ranges->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (memcmp(ranges->sorted[middle].key.bytes, addr->bytes, SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const void *ranges_across(const struct ranges *ranges, const struct addr *first,
                          const struct addr *last, ranges_fn each, void *arg)
{
    const void *found = ranges_around(ranges, first, each, arg);

    for (size_t i = lower(ranges, first); i < ranges->len && !found; i++) {
        if (memcmp(ranges->sorted[i].key.bytes, last->bytes, SIZE) > 0)
            break;
        found = each(arg, ranges->sorted[i].value);
    }
    return found;
}
