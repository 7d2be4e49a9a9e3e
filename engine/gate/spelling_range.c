#include "gate/spelling.h"

#include <string.h>

/*
 * Several addresses in one word, as nmap takes them: 192.0.*.7, 192.0.1-3.7,
 * 192.0.2.1,9.
 */
enum {
    OCTETS = 4,
    V4_AT = 12,
    V6_BITS = 128,
    VALUES = 256, /* of an octet */
    /* Ranges that a pattern may be looked at as, so that no value makes much
     * work; where it is more, gaps between them count, too. */
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

/* The values that one part of a pattern stands for. */
struct octet {
    bool has[VALUES];
    unsigned low, high; /* the first and the last of them */
    unsigned count;
    unsigned runs; /* of values next to each other */
};

/* 0 to 255, with zeros before it; fallback where there is nothing. */
static bool parse_number(struct str text, unsigned fallback, unsigned *value)
{
    *value = text.len ? 0 : fallback;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *value = *value * 10 + (unsigned)(text.data[i] - '0');
        if (*value >= VALUES)
            return false;
    }
    return true;
}

/* 7, 1-9, -9, 1-, *. */
static bool parse_part(struct str text, struct octet *octet)
{
    size_t dash = find(text, '-');
    unsigned low = 0, high = VALUES - 1;

    if (!str_is(text, "*")) {
        if (!text.len || !parse_number(first(text, dash), low, &low))
            return false;
        if (dash == text.len)
            high = low;
        else if (!parse_number(from(text, dash + 1), high, &high))
            return false;
    }
    for (unsigned i = low; i <= high; i++)
        octet->has[i] = true;
    return low <= high;
}

static void measure(struct octet *octet)
{
    octet->count = octet->runs = 0;
    for (unsigned i = 0; i < VALUES; i++) {
        if (!octet->has[i])
            continue;
        if (!octet->count++)
            octet->low = i;
        octet->runs += !i || !octet->has[i - 1];
        octet->high = i;
    }
}

/* 1,5,9-12 */
static bool parse_octet(struct str text, struct octet *octet)
{
    *octet = (struct octet){0};
    for (;;) {
        size_t comma = find(text, ',');

        if (!parse_part(first(text, comma), octet))
            return false;
        if (comma == text.len)
            break;
        text = from(text, comma + 1);
    }
    measure(octet);
    return true;
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

/* ---- from a pattern to its ranges ---------------------------------------- */

struct walk {
    struct octet octets[OCTETS];
    unsigned stepped; /* octets before this one go value by value */
    spelling_fn each;
    void *arg;
};

/* Where the octets before that one go value by value. */
static unsigned ranges(const struct octet octets[OCTETS], unsigned stepped)
{
    unsigned count = octets[stepped].runs;

    for (unsigned i = 0; i < stepped; i++)
        count *= octets[i].count;
    return count;
}

/* As exact as RANGES_MAX allows: from the right, octets that are whole, and
 * then those that make too many ranges, count as all between two ends. */
static void plan(struct walk *walk)
{
    struct octet *octets = walk->octets;

    walk->stepped = OCTETS - 1;
    while (walk->stepped && (octets[walk->stepped].count == VALUES ||
                             ranges(octets, walk->stepped) > RANGES_MAX))
        walk->stepped--;
    if (octets[walk->stepped].runs <= RANGES_MAX)
        return;
    memset(octets->has + octets->low, true, octets->high - octets->low);
    measure(octets);
}

/* From one value of the octet that is not stepped to another. */
static bool tell(const struct walk *walk, const unsigned parts[OCTETS],
                 unsigned low, unsigned high)
{
    unsigned least[OCTETS], most[OCTETS];
    struct name name = {.kind = NAME_RANGE};

    for (unsigned i = 0; i < OCTETS; i++) {
        least[i] = i < walk->stepped ? parts[i] : walk->octets[i].low;
        most[i] = i < walk->stepped ? parts[i] : walk->octets[i].high;
    }
    least[walk->stepped] = low;
    most[walk->stepped] = high;
    name.first = v4_of(least);
    name.last = v4_of(most);
    return walk->each(walk->arg, &name);
}

static bool tell_runs(const struct walk *walk, const unsigned parts[OCTETS])
{
    const struct octet *octet = &walk->octets[walk->stepped];
    unsigned low = octet->low;

    for (unsigned i = octet->low; i <= octet->high; i++) {
        if (!octet->has[i])
            low = i + 1;
        else if ((i == octet->high || !octet->has[i + 1]) &&
                 tell(walk, parts, low, i))
            return true;
    }
    return false;
}

static bool tell_steps(const struct walk *walk, unsigned parts[OCTETS],
                       unsigned at)
{
    const struct octet *octet = &walk->octets[at];

    if (at == walk->stepped)
        return tell_runs(walk, parts);
    for (parts[at] = octet->low; parts[at] <= octet->high; parts[at]++)
        if (octet->has[parts[at]] && tell_steps(walk, parts, at + 1))
            return true;
    return false;
}

bool spelling_octets(struct str text, spelling_fn each, void *arg)
{
    struct walk walk = {.each = each, .arg = arg};
    unsigned parts[OCTETS];

    if (find(text, '-') == text.len && find(text, '*') == text.len &&
        find(text, ',') == text.len)
        return false;
    if (!parse_octets(text, walk.octets))
        return false;
    plan(&walk);
    return tell_steps(&walk, parts, 0);
}
