#ifndef RIPOSTE_BASE_TABLE_H
#define RIPOSTE_BASE_TABLE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A hash table from bytes to pointers. Keys are copied, values are the
 * caller's. Attackers choose many of the keys, so the hash is keyed with
 * random bytes of each table's own (SipHash-2-4, Aumasson and Bernstein).
 */
struct table;

struct table *table_new(void);
void table_free(struct table *table); /* NULL is fine; not the values */

size_t table_count(const struct table *table);
void *table_get(const struct table *table, struct str key); /* or NULL */

/* Puts a value, in place of the key's old one; value is not NULL. Returns the
 * table's own copy of the key, which lives until the key is removed. */
struct str table_put(struct table *table, struct str key, void *value);

/* Returns the value that was there, or NULL. */
void *table_remove(struct table *table, struct str key);

/* Goes through the table in no particular order: start with a zeroed walk,
 * until it returns NULL. The pair that came last may be removed; nothing may
 * be put meanwhile. key may be NULL. */
struct table_walk {
    size_t bucket;
    struct table_entry *next;
};
void *table_next(const struct table *table, struct table_walk *walk,
                 struct str *key);

#endif
