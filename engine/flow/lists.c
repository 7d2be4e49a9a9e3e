#include "flow/lists.h"

#include "base/alloc.h"
#include "base/ranges.h"
#include "base/table.h"

#include <stdlib.h>

/* Until when what is filed is on the list. */
struct until {
    struct until *next; /* of the list's */
    int64_t time;
};

struct list {
    struct table *words;   /* to until */
    struct ranges *ranges; /* the same */
    struct until *untils;  /* owned */
    struct until forever;
};

struct lists {
    struct table *by_name;
};

struct lists *lists_new(void)
{
    struct lists *lists = ALLOC(struct lists);

    lists->by_name = table_new();
    return lists;
}

static void list_free(struct list *list)
{
    while (list->untils) {
        struct until *until = list->untils;

        list->untils = until->next;
        free(until);
    }
    table_free(list->words);
    ranges_free(list->ranges);
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

/* What an entry is filed with; of two that are the same the later end
 * counts. */
static struct until *until_of(struct list *list, struct until *old,
                              int64_t time)
{
    struct until *until;

    if (!time || (old && !old->time))
        return &list->forever;
    if (old && old->time >= time)
        return old;
    until = ALLOC(struct until);
    *until = (struct until){list->untils, time};
    return list->untils = until;
}

static int add_entry(void *arg, const struct list_entry *entry)
{
    struct list *list = arg;
    struct addr range;

    if (!addr_parse_range(entry->value, &range))
        ranges_put(
            list->ranges, &range,
            until_of(list, ranges_get(list->ranges, &range), entry->until));
    else
        table_put(
            list->words, entry->value,
            until_of(list, table_get(list->words, entry->value), entry->until));
    return 0;
}

int lists_add(struct lists *lists, const char *name, struct str text,
              const char *where, struct error *error)
{
    struct list *list = ALLOC(struct list);
    int err;

    list->words = table_new();
    list->ranges = ranges_new();
    err = lists_read(text, where, add_entry, list, error);
    if (err)
        list_free(list);
    else
        table_put(lists->by_name, str_of(name), list);
    return err;
}

bool lists_have(const struct lists *lists, const char *name)
{
    return table_get(lists->by_name, str_of(name)) != NULL;
}

static const void *in_force(void *arg, const void *value)
{
    const int64_t *now = arg;
    const struct until *until = value;

    return !until->time || *now < until->time ? until : NULL;
}

bool lists_find(const struct lists *lists, const char *name, struct str value,
                int64_t now)
{
    const struct list *list = table_get(lists->by_name, str_of(name));
    const struct until *until;
    struct addr addr;

    if (!list)
        return false;
    if (!addr_parse_range(value, &addr))
        return ranges_around(list->ranges, &addr, in_force, &now) != NULL;
    until = table_get(list->words, value);
    return until && in_force(&now, until);
}
