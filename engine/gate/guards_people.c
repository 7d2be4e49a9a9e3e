#include "gate/guards_inner.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

/* ---- people ------------------------------------------------------------ */

static void read_person(struct guards_reading *reading,
                        struct guards_group *group, const struct json *item)
{
    struct guards_person *person = &group->people[group->len];

    if (item->type == JSON_TEXT && item->as.text.len &&
        !memchr(item->as.text.data, '\0', item->as.text.len))
        person->name = str_copy(item->as.text);
    else if (guards_whole(item, 0, UINT32_MAX - 1))
        person->uid = item->as.integer;
    else {
        guards_wrong(reading, item->line, "a user's name or uid is wanted");
        return;
    }
    group->len++;
}

void guards_read_people(struct guards_reading *reading,
                        const struct json *people)
{
    struct guards *guards = reading->guards;

    if (people->type != JSON_OBJECT) {
        guards_wrong(reading, people->line,
                     "people wants groups: { analysts = { \"alice\", 1001 } }");
        return;
    }
    guards->groups = alloc_zeroed(people->as.list.len, sizeof *guards->groups);
    for (size_t i = 0; i < people->as.list.len; i++) {
        const struct json *item = &people->as.list.items[i];
        struct guards_group *group = &guards->groups[guards->ngroups++];

        group->name = str_copy(item->key);
        if (item->type != JSON_ARRAY || !item->as.list.len) {
            guards_wrong(reading, item->line,
                         "group %s wants a list of user names and uids",
                         group->name);
            continue;
        }
        group->people = alloc_zeroed(item->as.list.len, sizeof *group->people);
        for (size_t j = 0; j < item->as.list.len; j++)
            read_person(reading, group, &item->as.list.items[j]);
    }
}

/* ---- never ------------------------------------------------------------- */

struct filling {
    struct guards_reading *reading;
    char *where; /* of the list */
};

static int add_from_list(void *arg, struct str value, unsigned line,
                         int64_t until)
{
    const struct filling *filling = arg;
    struct error error = {0};

    if (never_add(filling->reading->guards->never, value, line, until,
                  &error)) {
        error_place(&error, filling->where, line);
        problems_add(filling->reading->problems, &error, 0);
    }
    return 0;
}

static void add_list(struct guards_reading *reading, const struct json *rule,
                     const char *list)
{
    const struct guards_world *world = reading->world;
    struct filling filling = {reading, alloc_printf("lists/%s.txt", list)};
    struct error error = {0};

    /* What is wrong in the list itself was said when it was read. */
    if (world->list(world->arg, list, add_from_list, &filling, &error) ==
        ERROR_NOT_FOUND)
        guards_wrong(reading, json_member(rule, "list")->line, "%s",
                     error.text);
    free(filling.where);
}

static void add_values(struct guards_reading *reading,
                       const struct json *values)
{
    struct error error = {0};

    if (values->type != JSON_ARRAY) {
        guards_wrong(reading, values->line, "values wants a list of texts");
        return;
    }
    for (size_t i = 0; i < values->as.list.len; i++) {
        const struct json *item = &values->as.list.items[i];

        if (item->type != JSON_TEXT)
            guards_wrong(reading, item->line, "a value has to be a text");
        else if (never_add(reading->guards->never, item->as.text, item->line, 0,
                           &error))
            guards_wrong(reading, item->line, "%s", error.text);
    }
}

static bool read_expires(const struct guards_reading *reading,
                         const struct json *rule, int64_t *expires)
{
    const struct json *value = json_member(rule, "expires");

    *expires = 0;
    return !value ||
           (value->type == JSON_TEXT &&
            !clock_until(value->as.text, expires)) ||
           guards_wrong(reading, value->line,
                        "expires wants \"2027-01-31\", or a time such as "
                        "\"2027-01-31T12:00:00Z\"");
}

static void read_never(struct guards_reading *reading, const struct json *rule)
{
    char *list = NULL, *reason = NULL;
    const struct json *values = json_member(rule, "values");
    int64_t expires;

    if (!guards_keys(reading, rule, "a rule of never",
                     GUARDS_KEYS("list", "values", "expires", "reason")) ||
        !guards_text(reading, rule, "list", &list) ||
        !guards_text(reading, rule, "reason", &reason) ||
        !read_expires(reading, rule, &expires)) {
        free(list);
        free(reason);
        return;
    }
    if (!list == !values)
        guards_wrong(reading, rule->line,
                     "a rule of never wants either list or values");
    never_rule(reading->guards->never, rule->line, list, reason, expires);
    if (list)
        add_list(reading, rule, list);
    else if (values)
        add_values(reading, values);
    free(list);
    free(reason);
}

void guards_read_never(struct guards_reading *reading, const struct json *never)
{
    if (!guards_list(reading, never, "never"))
        return;
    for (size_t i = 0; i < never->as.list.len; i++)
        read_never(reading, &never->as.list.items[i]);
}
