#ifndef RIPOSTE_BASE_RANGES_H
#define RIPOSTE_BASE_RANGES_H

#include "base/addr.h"

/*
 * Ranges of addresses (base/addr.h), each with a value of the caller's. A
 * look-up costs one probe for each length of prefix that occurs, however many
 * ranges there are.
 */
struct ranges;

struct ranges *ranges_new(void);
void ranges_free(struct ranges *ranges); /* NULL is fine; not the values */

/* The value of exactly that range, or NULL. */
void *ranges_get(const struct ranges *ranges, const struct addr *range);
/* In place of the range's old value; value is not NULL. */
void ranges_put(struct ranges *ranges, const struct addr *range, void *value);

/* Each calls until it returns a value that is not NULL, which is returned. */
typedef const void *(*ranges_fn)(void *arg, const void *value);

/* Every range that holds all of addr, the widest first. */
const void *ranges_around(const struct ranges *ranges, const struct addr *addr,
                          ranges_fn each, void *arg);
/* Every range that shares an address with first to last, which are single
 * addresses; some maybe twice. After ranges_seal only. */
const void *ranges_across(const struct ranges *ranges, const struct addr *first,
                          const struct addr *last, ranges_fn each, void *arg);
/* Nothing is put any more. */
void ranges_seal(struct ranges *ranges);

#endif
