#include "flow/settings_inner.h"

#include "base/alloc.h"
#include "model/field.h"

#include <stdlib.h>
#include <string.h>

enum {
    DAYS = 90,
    DIGITS_MAX = 6, /* of a size: a million TiB are enough */
};
#define SIZE (4ll << 30)

static const char *const presets[] = {"SIP", "Login"};

void settings_preset_journal(struct settings *settings)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        words_add(&settings->index, presets[i]);
    settings->keep = (struct settings_keep){DAYS, SIZE};
}

/* "500MiB", "4GiB". */
static int read_size(const struct json *value, int64_t *size,
                     struct error *error)
{
    static const struct {
        const char *name;
        int shift;
    } units[] = {{"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
    struct str text = value->type == JSON_TEXT ? value->as.text : str_of("");
    int64_t number = 0;
    size_t at = 0;

    for (; at < text.len && at < DIGITS_MAX && text.data[at] >= '0' &&
           text.data[at] <= '9';
         at++)
        number = 10 * number + (text.data[at] - '0');
    text = (struct str){text.data + at, text.len - at};
    for (size_t i = 0; at && i < sizeof units / sizeof *units; i++)
        if (str_is(text, units[i].name))
            *size = number << units[i].shift;
    return at && *size >= SETTINGS_SIZE_MIN && text.len == 3
               ? 0
               : settings_wrong(value, error,
                                "a size such as \"500MiB\" or \"4GiB\", at "
                                "least \"16MiB\"");
}

int settings_take_keep(struct settings *settings, const struct json *value,
                       const char *site, struct error *error)
{
    int err = 0;

    (void)site;
    if (value->type != JSON_OBJECT)
        return settings_wrong(value, error, "{ days = 90, size = \"4GiB\" }");
    for (size_t i = 0; i < value->as.list.len && !err; i++) {
        const struct json *item = &value->as.list.items[i];
        int64_t size = 0;

        if (str_is(item->key, "days") && item->type == JSON_INT &&
            item->as.integer >= 1 && item->as.integer <= SETTINGS_DAYS_MAX) {
            settings->keep.days = item->as.integer;
        } else if (str_is(item->key, "size")) {
            err = read_size(item, &size, error);
            settings->keep.size = err ? settings->keep.size : size;
        } else {
            err = settings_wrong(item, error,
                                 "days, 1 to 36500, and size, such as "
                                 "\"4GiB\"");
        }
    }
    return err;
}

/* The SmartResponse field that was meant, where a name is none. A path, and a
 * source's own field, which begins in lower case, may be any. */
static const char *misspelt(const char *name)
{
    const char **names;
    const char *near;

    if (field_find(str_of(name)) || strpbrk(name, ".[") || name[0] < 'A' ||
        name[0] > 'Z')
        return NULL;
    names = alloc_zeroed(field_count, sizeof(const char *));
    for (size_t i = 0; i < field_count; i++)
        names[i] = field_table[i].name;
    near = str_nearest(name, names, field_count);
    free(names);
    return near;
}

static int add_field(struct words *index, const struct json *item,
                     struct error *error)
{
    char *name = str_copy(item->as.text);
    const char *near = misspelt(name);
    int err = 0;

    for (size_t i = 0; i < index->len; i++)
        if (!strcmp(index->items[i], name))
            err = error_at(error, ERROR_INVALID, "", item->line, 0,
                           "has %s twice", name);
    if (near)
        err = error_at(error, ERROR_INVALID, "", item->line, 0,
                       "names %s, which is no SmartResponse field: did you "
                       "mean %s?",
                       name, near);
    words_add(index, name);
    free(name);
    return err;
}

int settings_take_index(struct settings *settings, const struct json *value,
                        const char *site, struct error *error)
{
    static const char usage[] = "a list of at most 8 fields: { \"SIP\" }";
    int err = 0;

    (void)site;
    if (value->type != JSON_ARRAY || value->as.list.len > SETTINGS_INDEX_MAX)
        return settings_wrong(value, error, usage);
    words_free(&settings->index);
    settings->index = (struct words){0};
    for (size_t i = 0; i < value->as.list.len && !err; i++) {
        const struct json *item = &value->as.list.items[i];

        err = settings_plain(item) && item->as.text.len
                  ? add_field(&settings->index, item, error)
                  : settings_wrong(item, error, usage);
    }
    return err;
}
