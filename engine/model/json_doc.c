#include "base/alloc.h"
#include "model/json_inner.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_MIN = 1024,  /* a source's data file, a small alarm */
    PAIRWISE_MAX = 64, /* names compared each with each; beyond, sorted */
};

/* Memory is given out from the last chunk and released all at once. */
struct chunk {
    struct chunk *before;
    size_t used;
    size_t cap;
    alignas(max_align_t) char bytes[];
};

struct json_doc {
    struct json root;
    struct chunk *last; /* owned; the first one lies behind this struct */
    struct chunk first;
};

struct json_doc *json_sized(size_t room)
{
    struct json_doc *doc = alloc_bytes(sizeof *doc + room);

    doc->root = (struct json){.type = JSON_NULL, .key = {"", 0}};
    doc->first = (struct chunk){.cap = room};
    doc->last = &doc->first;
    return doc;
}

struct json_doc *json_new(void)
{
    return json_sized(CHUNK_MIN);
}

void json_free(struct json_doc *doc)
{
    if (!doc)
        return;
    while (doc->last != &doc->first) {
        struct chunk *before = doc->last->before;

        free(doc->last);
        doc->last = before;
    }
    free(doc);
}

const struct json *json_root(const struct json_doc *doc)
{
    return &doc->root;
}

struct json *json_root_mutable(struct json_doc *doc)
{
    return &doc->root;
}

static char *taken(struct json_doc *doc, size_t size)
{
    struct chunk *chunk = doc->last;

    assert(size <= SIZE_MAX / 4);
    if (chunk->cap - chunk->used < size) {
        size_t cap = size < CHUNK_MIN ? CHUNK_MIN : size;

        if (cap < 2 * chunk->cap && chunk->cap <= JSON_SIZE_MAX)
            cap = 2 * chunk->cap;
        chunk = alloc_bytes(sizeof *chunk + cap);
        *chunk = (struct chunk){.before = doc->last, .cap = cap};
        doc->last = chunk;
    }
    chunk->used += size;
    return chunk->bytes + chunk->used - size;
}

void *json_room(struct json_doc *doc, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct chunk *chunk = doc->last;
    size_t gap = (align - chunk->used % align) % align;

    if (chunk->cap - chunk->used >= gap)
        chunk->used += gap;
    else
        chunk->used = chunk->cap;
    return taken(doc, size);
}

struct str json_keep(struct json_doc *doc, struct str text)
{
    char *copy;

    if (!text.len)
        return (struct str){"", 0};
    copy = taken(doc, text.len);
    memcpy(copy, text.data, text.len);
    return (struct str){copy, text.len};
}

const struct json *json_get(const struct json *object, struct str key)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (size_t i = 0; i < object->as.list.len; i++) {
        const struct json *member = &object->as.list.items[i];

        /* The hottest loop of deciding: most names differ at once. */
        if (member->key.len == key.len &&
            (!key.len || (member->key.data[0] == key.data[0] &&
                          !memcmp(member->key.data, key.data, key.len))))
            return member;
    }
    return NULL;
}

const struct json *json_member(const struct json *object, const char *key)
{
    return json_get(object, str_of(key));
}

static int by_bytes(const void *a, const void *b)
{
    const struct str *x = a, *y = b;

    if (x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return x->len ? memcmp(x->data, y->data, x->len) : 0;
}

/* An attacker picks the names, so many of them are sorted, not compared
 * pairwise and not hashed. */
static bool sorted_duplicate(const struct json *list, size_t len,
                             struct str *twice)
{
    struct str *names = alloc_zeroed(len, sizeof *names);
    bool found = false;

    for (size_t i = 0; i < len; i++)
        names[i] = list[i].key;
    qsort(names, len, sizeof *names, by_bytes);
    for (size_t i = 1; i < len && !found; i++) {
        found = str_same(names[i - 1], names[i]);
        *twice = names[i];
    }
    free(names);
    return found;
}

/* A name's bit among 64: equal names have the same one. */
static uint64_t bit_of(struct str key)
{
    const unsigned char *p = (const unsigned char *)key.data;
    size_t mix = key.len;

    if (key.len)
        mix = mix * 7 + (size_t)p[0] * 31 + (size_t)p[key.len - 1] * 131 +
              p[key.len / 2];
    return (uint64_t)1 << (mix & 63);
}

bool json_duplicate(const struct json *list, size_t len, struct str *twice)
{
    uint64_t seen = 0;

    if (len > PAIRWISE_MAX)
        return sorted_duplicate(list, len, twice);
    for (size_t i = 0; i < len; i++) {
        uint64_t bit = bit_of(list[i].key);

        *twice = list[i].key;
        for (size_t j = 0; j < i && seen & bit; j++)
            if (str_same(list[i].key, list[j].key))
                return true;
        seen |= bit;
    }
    return false;
}
