#include "base/alloc.h"
#include "model/json_inner.h"
#include "model/source_inner.h"

#include <stdlib.h>
#include <string.h>

/* What source_cef.c and source_leef.c share: records made of named texts. */

int source_line(struct str line, struct error *error)
{
    if (line.len > JSON_SIZE_MAX)
        return error_set(error, ERROR_LIMIT, "it is longer than %d bytes",
                         JSON_SIZE_MAX);
    if (line.len && memchr(line.data, '\0', line.len))
        return error_set(error, ERROR_INVALID, "it holds a NUL byte");
    if (!str_utf8(line))
        return error_set(error, ERROR_INVALID, "it is no UTF-8");
    return 0;
}

int source_pair(struct pairs *pairs, struct str key, struct str value,
                struct error *error)
{
    if (pairs->len == JSON_MEMBERS_MAX)
        return error_set(error, ERROR_LIMIT, "it has more than %d values",
                         JSON_MEMBERS_MAX);
    pairs->items = alloc_grown(pairs->items, pairs->len, &pairs->cap,
                               sizeof *pairs->items);
    pairs->items[pairs->len++] =
        (struct json){.type = JSON_TEXT, .key = key, .as.text = value};
    return 0;
}

int source_once(const struct pairs *pairs, struct error *error)
{
    struct str twice;
    struct str shown;

    if (!json_duplicate(pairs->items, pairs->len, &twice))
        return 0;
    shown = source_shown(twice);
    return error_set(error, ERROR_INVALID, "the key \"%.*s\" is there twice",
                     (int)shown.len, shown.data);
}

struct json source_object(struct json_doc *doc, const char *key,
                          struct pairs *pairs)
{
    struct json *items = json_room(doc, pairs->len * sizeof *items);
    struct json object = {
        .type = JSON_OBJECT,
        .key = str_of(key),
        .as.list = {items, pairs->len},
    };

    for (size_t i = 0; i < pairs->len; i++) {
        items[i] = pairs->items[i];
        items[i].key = json_keep(doc, items[i].key);
        items[i].as.text = json_keep(doc, items[i].as.text);
    }
    free(pairs->items);
    *pairs = (struct pairs){.len = 0};
    return object;
}

void source_root(struct json_doc *doc, const struct syslog *syslog,
                 const struct json *objects, size_t count)
{
    struct json *members = json_room(doc, (count + 1) * sizeof *members);
    struct pairs header = {.len = 0};

    if (syslog->time.len)
        source_pair(&header, str_of("time"), syslog->time, NULL);
    if (syslog->host.len)
        source_pair(&header, str_of("host"), syslog->host, NULL);
    for (size_t i = 0; i < count; i++)
        members[i] = objects[i];
    members[count] = source_object(doc, "syslog", &header);
    *json_root_mutable(doc) = (struct json){
        .type = JSON_OBJECT,
        .key = {"", 0},
        .as.list = {members, count + 1},
    };
}
