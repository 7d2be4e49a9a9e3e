#include "flow/lists.h"

#include "base/addr.h"
#include "base/alloc.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>

enum {
    BITS = 128,
    LIST_ENTRY_MAX = 1024, /* bytes; a host name has at most 253 */
};

/* Addresses and ranges are filed by their bytes and their length in bits, so
 * that a look-up costs one probe for each length that occurs. */
struct list {
    struct table *words;
    struct table *ranges;
    bool lengths[BITS + 1]; /* which of them occur */
};

struct lists {
    struct table *by_name;
};

static char present; /* what the tables hold: only their keys matter */

struct lists *lists_new(void)
{
    struct lists *lists = ALLOC(struct lists);

    lists->by_name = table_new();
    return lists;
}

static void list_free(struct list *list)
{
    table_free(list->words);
    table_free(list->ranges);
    free(list);
}

void lists_free(struct lists *lists)
{
    struct table_walk walk = {0};
    struct list *list;

    if (!lists)
        return;
    while ((list = table_next(lists->by_name, &walk, NULL)))
        list_free(list);
    table_free(lists->by_name);
    free(lists);
}

/* The first `bits` of the address, and how many they are. */
struct range_key {
    unsigned char bytes[17];
};

static struct range_key range_key(const struct addr *addr, unsigned bits)
{
    struct range_key key = {{0}};
    size_t whole = bits / 8;

    memcpy(key.bytes, addr->bytes, whole);
    if (bits % 8)
        key.bytes[whole] =
            (unsigned char)(addr->bytes[whole] & (0xff00 >> (bits % 8)));
    key.bytes[16] = (unsigned char)bits;
    return key;
}

static struct str key_str(const struct range_key *key)
{
    return (struct str){(const char *)key->bytes, sizeof key->bytes};
}

static bool made_of(struct str text, const char *bytes)
{
    for (size_t i = 0; i < text.len; i++)
        if (!text.data[i] || !strchr(bytes, text.data[i]))
            return false;
    return true;
}

/* An address, or a slip of one, before a slash: as plain text it would hold
 * nothing that its author meant. */
static bool looks_like_range(struct str entry)
{
    const char *slash = memchr(entry.data, '/', entry.len);
    struct str before = entry;
    struct addr addr;

    if (!slash)
        return false;
    before.len = (size_t)(slash - entry.data);
    return !addr_parse(before, &addr) ||
           (memchr(before.data, '.', before.len) &&
            made_of(before, "0123456789.")) ||
           (memchr(before.data, ':', before.len) &&
            made_of(before, "0123456789abcdefABCDEF:"));
}

static void add_range(struct list *list, const struct addr *addr)
{
    struct range_key key = range_key(addr, addr->bits);

    table_put(list->ranges, key_str(&key), &present);
    list->lengths[addr->bits] = true;
}

static int add_entry(struct list *list, struct str entry, const char *where,
                     unsigned line, struct error *error)
{
    struct addr addr;

    if (entry.len > LIST_ENTRY_MAX)
        return error_at(error, ERROR_LIMIT, where, line, 0,
                        "an entry of over %d bytes; write one a line",
                        LIST_ENTRY_MAX);
    if (!str_utf8(entry))
        return error_at(error, ERROR_INVALID, where, line, 0,
                        "an entry that is no UTF-8; save the list as UTF-8");
    if (!addr_parse_range(entry, &addr))
        add_range(list, &addr);
    else if (looks_like_range(entry))
        return error_at(error, ERROR_INVALID, where, line, 0,
                        "\"%.*s\" is no range of addresses; write "
                        "ADDRESS/BITS, with at most 32 BITS, or 128 for IPv6",
                        (int)entry.len, entry.data);
    else if (entry.len)
        table_put(list->words, entry, &present);
    return 0;
}

/* The line without its comment and the blanks around it. */
static struct str entry_of(struct str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.data[i] == '#' &&
            (!i || line.data[i - 1] == ' ' || line.data[i - 1] == '\t'))
            line.len = i;
    return str_trim(line);
}

int lists_add(struct lists *lists, const char *name, struct str text,
              const char *where, struct error *error)
{
    struct list *list = ALLOC(struct list);
    unsigned number = 0;
    int err;

    list->words = table_new();
    list->ranges = table_new();
    while (text.len) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        struct str entry = entry_of((struct str){text.data, len});

        number++;
        err = add_entry(list, entry, where, number, error);
        if (err) {
            list_free(list);
            return err;
        }
        len += end != NULL;
        text.data += len;
        text.len -= len;
    }
    table_put(lists->by_name, str_of(name), list);
    return 0;
}

bool lists_have(const struct lists *lists, const char *name)
{
    return table_get(lists->by_name, str_of(name)) != NULL;
}

bool lists_find(const struct lists *lists, const char *name, struct str value)
{
    const struct list *list = table_get(lists->by_name, str_of(name));
    struct addr addr;

    if (!list)
        return false;
    if (addr_parse_range(value, &addr))
        return table_get(list->words, value) != NULL;
    for (unsigned bits = 0; bits <= addr.bits; bits++) {
        struct range_key key;

        if (!list->lengths[bits])
            continue;
        key = range_key(&addr, bits);
        if (table_get(list->ranges, key_str(&key)))
            return true;
    }
    return false;
}
