#include "base/table.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_SIZE = 8 }; /* buckets; always a power of two */

struct table_entry {
    struct table_entry *next; /* in its bucket */
    uint64_t hash;
    void *value;
    size_t len;
    char key[];
};

struct table {
    struct table_entry **buckets; /* owned, with the entries */
    size_t size;
    size_t count;
    uint64_t key[2];
};

static uint64_t rotated(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void sip_rounds(uint64_t v[4], int rounds)
{
    while (rounds--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotated(v[1], 13) ^ v[0];
        v[3] = rotated(v[3], 16) ^ v[2];
        v[0] = rotated(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotated(v[1], 17) ^ v[2];
        v[3] = rotated(v[3], 21) ^ v[0];
        v[2] = rotated(v[2], 32);
    }
}

static uint64_t hash_of(const struct table *table, struct str key)
{
    uint64_t v[4] = {
        table->key[0] ^ 0x736f6d6570736575, table->key[1] ^ 0x646f72616e646f6d,
        table->key[0] ^ 0x6c7967656e657261, table->key[1] ^ 0x7465646279746573};
    uint64_t word, last = (uint64_t)key.len << 56;
    size_t at = 0;

    for (; key.len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, key.data + at, sizeof word);
        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
    }
    for (unsigned shift = 0; at < key.len; at++, shift += 8)
        last |= (uint64_t)(unsigned char)key.data[at] << shift;
    v[3] ^= last;
    sip_rounds(v, 2);
    v[0] ^= last;
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct table *table_new(void)
{
    struct table *table = ALLOC(struct table);

    /* 16 bytes come at once, or not at all before the kernel's pool is
     * filled, which it is long before anything of ours starts. */
    if (getrandom(table->key, sizeof table->key, 0) != sizeof table->key)
        abort();
    table->size = FIRST_SIZE;
    table->buckets = alloc_zeroed(table->size, sizeof(struct table_entry *));
    return table;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->size; i++) {
        struct table_entry *entry = table->buckets[i], *next;

        for (; entry; entry = next) {
            next = entry->next;
            free(entry);
        }
    }
    free(table->buckets);
    free(table);
}

size_t table_count(const struct table *table)
{
    return table->count;
}

/* The pointer that points to the key's entry, or to where it would be. */
static struct table_entry **slot_of(const struct table *table, uint64_t hash,
                                    struct str key)
{
    struct table_entry **slot = &table->buckets[hash & (table->size - 1)];

    while (*slot && ((*slot)->hash != hash || (*slot)->len != key.len ||
                     (key.len && memcmp((*slot)->key, key.data, key.len) != 0)))
        slot = &(*slot)->next;
    return slot;
}

void *table_get(const struct table *table, struct str key)
{
    const struct table_entry *entry = *slot_of(table, hash_of(table, key), key);

    return entry ? entry->value : NULL;
}

static void grow(struct table *table)
{
    size_t size = table->size * 2;
    struct table_entry **buckets =
        alloc_zeroed(size, sizeof(struct table_entry *));

    for (size_t i = 0; i < table->size; i++) {
        struct table_entry *entry = table->buckets[i], *next;

        for (; entry; entry = next) {
            struct table_entry **head = &buckets[entry->hash & (size - 1)];

            next = entry->next;
            entry->next = *head;
            *head = entry;
        }
    }
    free(table->buckets);
    table->buckets = buckets;
    table->size = size;
}

struct str table_put(struct table *table, struct str key, void *value)
{
    uint64_t hash = hash_of(table, key);
    struct table_entry **slot = slot_of(table, hash, key), *entry = *slot;

    assert(value);
    if (!entry) {
        entry = alloc_bytes(sizeof *entry + key.len);
        entry->next = NULL;
        entry->hash = hash;
        entry->len = key.len;
        if (key.len)
            memcpy(entry->key, key.data, key.len);
        *slot = entry;
        if (++table->count > table->size)
            grow(table);
    }
    entry->value = value;
    return (struct str){.data = entry->key, .len = entry->len};
}

void *table_remove(struct table *table, struct str key)
{
    struct table_entry **slot = slot_of(table, hash_of(table, key), key);
    struct table_entry *entry = *slot;
    void *value;

    if (!entry)
        return NULL;
    value = entry->value;
    *slot = entry->next;
    free(entry);
    table->count--;
    return value;
}

void *table_next(const struct table *table, struct table_walk *walk,
                 struct str *key)
{
    struct table_entry *entry = walk->next;

    while (!entry && walk->bucket < table->size)
        entry = table->buckets[walk->bucket++];
    if (!entry) {
        walk->next = NULL;
        return NULL;
    }
    walk->next = entry->next;
    if (key)
        *key = (struct str){.data = entry->key, .len = entry->len};
    return entry->value;
}
