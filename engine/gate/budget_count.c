#include "gate/budget_count.h"

#include "base/addr.h"
#include "base/alloc.h"
#include "base/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SWEEP_MIN = 1024, /* counters; fewer are not worth looking through */
    V4_PREFIX = 96,   /* bits of ::ffff:0:0 before an IPv4 address */
};

struct counter {
    int64_t *times; /* owned: the earliest first */
    size_t first;   /* those before it are forgotten */
    size_t len, cap;
    size_t reserved;
};

void count_init(struct count *count, const struct guards_budget *rule)
{
    *count = (struct count){.rule = rule, .counters = table_new()};
}

static void counter_free(struct counter *counter)
{
    free(counter->times);
    free(counter);
}

void count_clear(struct count *count)
{
    struct table_walk walk = {0};
    struct counter *counter;

    while ((counter = table_next(count->counters, &walk, NULL)))
        counter_free(counter);
    table_free(count->counters);
}

/* ---- keys -------------------------------------------------------------- */

static bool add_prefix(const struct guards_budget *rule, const char *target,
                       struct buf *key)
{
    char text[ADDR_TEXT];
    struct addr addr;
    unsigned bits;
    bool v6;

    if (addr_parse_range(str_of(target), &addr))
        return false;
    addr_format(&addr, text);
    v6 = strchr(text, ':') != NULL;
    bits = v6 ? rule->ipv6 : rule->ipv4;
    if (!bits)
        return false;
    bits += v6 ? 0 : V4_PREFIX;
    for (unsigned i = bits; i < addr.bits; i++)
        addr.bytes[i / 8] &= (unsigned char)~(0x80 >> i % 8);
    addr.bits = addr.bits < bits ? addr.bits : bits;
    addr_format(&addr, text);
    buf_add_text(key, text);
    return true;
}

/* False: the budget does not count it. */
static bool make_key(const struct count *count, const struct count_what *what,
                     struct buf *key)
{
    buf_add_byte(key, '=');
    switch (count->rule->per) {
    case PER_ACTION:
        buf_printf(key, "%s / %s", what->plugin, what->action);
        return true;
    case PER_PLUGIN:
        buf_add_text(key, what->plugin);
        return true;
    case PER_POLICY:
        buf_add_text(key, what->policy ? what->policy : "");
        return true;
    case PER_TARGET:
        buf_add_text(key, what->target ? what->target : "");
        return what->target != NULL;
    case PER_PREFIX:
        return what->target && add_prefix(count->rule, what->target, key);
    default:
        return true;
    }
}

/* The counter, or NULL. make: there will be one, unless it is not counted. */
static struct counter *find(struct count *count, const struct count_what *what,
                            bool make)
{
    struct counter *counter = NULL;
    struct buf key = {0};

    if (make_key(count, what, &key)) {
        counter = table_get(count->counters, buf_str(&key));
        if (!counter && make) {
            counter = ALLOC(struct counter);
            table_put(count->counters, buf_str(&key), counter);
        }
    }
    buf_free(&key);
    return counter;
}

/* ---- counting ---------------------------------------------------------- */

static size_t in_window(struct counter *counter, int64_t since)
{
    while (counter->first < counter->len &&
           counter->times[counter->first] <= since)
        counter->first++;
    return counter->len - counter->first;
}

int64_t count_used(struct count *count, const struct count_what *what,
                   int64_t now)
{
    struct counter *counter = find(count, what, false);
    struct buf key = {0};
    bool counted;

    if (counter)
        return (int64_t)(in_window(counter, now - count->rule->within) +
                         counter->reserved);
    counted = make_key(count, what, &key);
    buf_free(&key);
    return counted ? 0 : -1;
}

void count_reserve(struct count *count, const struct count_what *what)
{
    struct counter *counter = find(count, what, true);

    if (counter)
        counter->reserved++;
}

void count_unreserve(struct count *count, const struct count_what *what)
{
    struct counter *counter = find(count, what, false);

    if (!counter)
        return;
    assert(counter->reserved);
    counter->reserved--;
}

/* Moves what is left to the front, once that is less than what was. */
static void compact(struct counter *counter)
{
    size_t left = counter->len - counter->first;

    if (counter->first <= left)
        return;
    memmove(counter->times, counter->times + counter->first,
            left * sizeof *counter->times);
    counter->len = left;
    counter->first = 0;
}

void count_add(struct count *count, const struct count_what *what, int64_t time)
{
    struct counter *counter = find(count, what, true);

    if (!counter)
        return;
    compact(counter);
    counter->times = alloc_grown(counter->times, counter->len, &counter->cap,
                                 sizeof *counter->times);
    counter->times[counter->len++] = time;
}

void count_take_away(struct count *count, const struct count_what *what,
                     int64_t time)
{
    struct counter *counter = find(count, what, false);
    size_t at = counter ? counter->len : 0;

    while (at && counter->times[at - 1] != time)
        at--;
    if (!at || at <= counter->first)
        return;
    memmove(counter->times + at - 1, counter->times + at,
            (counter->len - at) * sizeof *counter->times);
    counter->len--;
}

void count_sweep(struct count *count, int64_t now)
{
    struct table_walk walk = {0};
    struct counter *counter;
    struct str key;

    if (table_count(count->counters) < 2 * count->swept + SWEEP_MIN)
        return;
    while ((counter = table_next(count->counters, &walk, &key)))
        if (!in_window(counter, now - count->rule->within) &&
            !counter->reserved) {
            table_remove(count->counters, key);
            counter_free(counter);
        }
    count->swept = table_count(count->counters);
}
