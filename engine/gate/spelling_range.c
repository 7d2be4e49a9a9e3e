#include "gate/spelling.h"

#include <string.h>

/*
 * Several addresses in one word, as nmap takes them: 192.0.*.7, 192.0.1-3.7.
 */
enum {
    OCTETS = 4,
    V4_AT = 12,
    V6_BITS = 128,
    /* Ranges that are looked at one by one; more are taken for all that lies
     * between the first and the last. */
    RANGES_MAX = 64,
};

static struct str from(struct str text, size_t start)
{
    return (struct str){text.data + start, text.len - start};
}

static struct str first(struct str text, size_t len)
{
    return (struct str){text.data, len};
}

static size_t find(struct str text, char byte)
{
    const char *at = text.len ? memchr(text.data, byte, text.len) : NULL;

    return at ? (size_t)(at - text.data) : text.len;
}

struct octet {
    unsigned low, high;
};

/* 0 to 255, with zeros before it; fallback where there is nothing. */
static bool parse_number(struct str text, unsigned fallback, unsigned *value)
{
    *value = text.len ? 0 : fallback;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *value = *value * 10 + (unsigned)(text.data[i] - '0');
        if (*value > 255)
            return false;
    }
    return true;
}

/* 7, 1-9, -9, 1-, *. */
static bool parse_part(struct str text, struct octet *octet)
{
    size_t dash = find(text, '-');

    if (str_is(text, "*")) {
        *octet = (struct octet){0, 255};
        return true;
    }
    if (!text.len || !parse_number(first(text, dash), 0, &octet->low))
        return false;
    if (dash == text.len)
        octet->high = octet->low;
    else if (!parse_number(from(text, dash + 1), 255, &octet->high))
        return false;
    return octet->low <= octet->high;
}

/* 1,5,9-12: whatever is between counts, too. */
static bool parse_octet(struct str text, struct octet *octet)
{
    struct octet part;

    *octet = (struct octet){255, 0};
    for (;;) {
        size_t comma = find(text, ',');

        if (!parse_part(first(text, comma), &part))
            return false;
        octet->low = part.low < octet->low ? part.low : octet->low;
        octet->high = part.high > octet->high ? part.high : octet->high;
        if (comma == text.len)
            return true;
        text = from(text, comma + 1);
    }
}

static bool parse_octets(struct str text, struct octet octets[OCTETS])
{
    for (unsigned i = 0; i < OCTETS; i++) {
        size_t dot = find(text, '.');

        if ((dot == text.len) != (i == OCTETS - 1) ||
            !parse_octet(first(text, dot), &octets[i]))
            return false;
        text = from(text, dot < text.len ? dot + 1 : dot);
    }
    return true;
}

static struct addr v4_of(const unsigned parts[OCTETS])
{
    struct addr addr = {.bytes = {[10] = 0xff, [11] = 0xff}, .bits = V6_BITS};

    for (unsigned i = 0; i < OCTETS; i++)
        addr.bytes[V4_AT + i] = (unsigned char)parts[i];
    return addr;
}

/* How many of the first octets have to be gone through one by one. */
static unsigned stepped(const struct octet octets[OCTETS], unsigned *ranges)
{
    unsigned count = OCTETS - 1;

    while (count && octets[count].low == 0 && octets[count].high == 255)
        count--;
    *ranges = 1;
    for (unsigned i = 0; i < count; i++)
        *ranges *= octets[i].high - octets[i].low + 1;
    return *ranges > RANGES_MAX ? 0 : count;
}

/* To the next one; false behind the last. */
static bool advance(unsigned at[OCTETS], const struct octet octets[OCTETS],
                    unsigned count)
{
    while (count--) {
        if (at[count] < octets[count].high) {
            at[count]++;
            return true;
        }
        at[count] = octets[count].low;
    }
    return false;
}

bool spelling_octets(struct str text, spelling_fn each, void *arg)
{
    struct octet octets[OCTETS];
    unsigned at[OCTETS], count, ranges;
    bool enough;

    if (find(text, '-') == text.len && find(text, '*') == text.len &&
        find(text, ',') == text.len)
        return false;
    if (!parse_octets(text, octets))
        return false;
    count = stepped(octets, &ranges);
    for (unsigned i = 0; i < OCTETS; i++)
        at[i] = octets[i].low;
    do {
        unsigned high[OCTETS];
        struct name name = {.kind = NAME_RANGE, .first = v4_of(at)};

        for (unsigned i = 0; i < OCTETS; i++)
            high[i] = i < count ? at[i] : octets[i].high;
        name.last = v4_of(high);
        enough = each(arg, &name);
    } while (!enough && advance(at, octets, count));
    return enough;
}
