#include "policy/policy_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "model/event.h"
#include "model/field.h"

#include <stdlib.h>
#include <string.h>

/* The parts of a policy's table, one function each. */

enum {
    NAME_LEN_MAX = 64,
    TAGS_MAX = 64,
    BY_MAX = 8, /* a key of more parts tells nothing apart any more */
};

static void check_keys(struct loader *loader, const struct json *table,
                       const char *const *known, size_t count, const char *what)
{
    for (size_t i = 0; i < table->as.list.len; i++) {
        const struct json *member = &table->as.list.items[i];
        char *name = str_copy(member->key);
        const char *near;
        bool found = false;

        for (size_t k = 0; k < count; k++)
            found = found || strcmp(known[k], name) == 0;
        near = str_nearest(name, known, count);
        if (!found)
            policy_complain(loader, member->line, false,
                            "%s has no key '%s'%s%s%s", what, name,
                            near ? ": did you mean '" : "", near ? near : "",
                            near ? "'?" : "");
        free(name);
    }
}

static bool good_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool inner = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (!inner && (i == 0 || (c != '-' && c != '_')))
            return false;
    }
    return name.len > 0 && name.len <= NAME_LEN_MAX;
}

static void take_name(struct loader *loader)
{
    const struct json *name = json_member(loader->data, "name");

    if (!name)
        policy_complain(loader, 0, false, "the policy has no name");
    else if (name->type != JSON_TEXT || !good_name(name->as.text))
        policy_complain(
            loader, name->line, false,
            "name is 1 to %d of a-z, 0-9, '-' and '_', and begins with a "
            "letter or digit",
            NAME_LEN_MAX);
    else
        loader->policy->name = str_copy(name->as.text);
}

static bool is_event_field(const char *name)
{
    for (size_t i = 0; i < EVENT_FIELDS; i++)
        if (!strcmp(event_fields[i], name))
            return true;
    return false;
}

/* A misspelt field never matches, and nothing would say so. A path of the
 * record may have any name, so only a near miss is worth a word; and a
 * source's own fields begin in lower case. */
static void check_field(struct loader *loader, unsigned line, struct str name)
{
    const char **names = alloc_zeroed(field_count, sizeof(const char *));
    char *text = str_copy(name);
    const char *near;

    for (size_t i = 0; i < field_count; i++)
        names[i] = field_table[i].name;
    near = str_nearest(text, names, field_count);
    if (near && !field_find(name) && !is_event_field(text) &&
        !strpbrk(text, ".[") && text[0] >= 'A' && text[0] <= 'Z')
        policy_complain(loader, line, true,
                        "%s is no SmartResponse field: did you mean %s?", text,
                        near);
    free(text);
    free(names);
}

static void check_fields(struct loader *loader, const struct json *on)
{
    for (size_t i = 0; i < on->as.list.len; i++) {
        const struct json *item = &on->as.list.items[i];

        if (on->type == JSON_OBJECT)
            check_field(loader, item->line, item->key);
        else if (item->type == JSON_OBJECT)
            check_fields(loader, item);
    }
}

/* A text, or a list of texts. False where it is neither. */
static bool take_words(const struct json *value, size_t max,
                       struct words *words)
{
    const struct json *items = value;
    size_t len = 1;

    if (value->type == JSON_ARRAY) {
        items = value->as.list.items;
        len = value->as.list.len;
    }
    for (size_t i = 0; i < len; i++) {
        char *text;

        if (items[i].type != JSON_TEXT || !items[i].as.text.len ||
            memchr(items[i].as.text.data, '\0', items[i].as.text.len))
            return false;
        text = str_copy(items[i].as.text);
        words_add(words, text);
        free(text);
    }
    return len <= max;
}

static void take_tags(struct loader *loader)
{
    const struct json *tags = json_member(loader->data, "tags");

    if (tags && !take_words(tags, TAGS_MAX, &loader->policy->tags))
        policy_complain(loader, tags->line, false,
                        "tags is a list of at most %d texts", TAGS_MAX);
}

static void check_event(struct loader *loader, const struct json *value)
{
    char *name;
    const char *near;

    for (size_t i = 0; value->type == JSON_ARRAY && i < value->as.list.len; i++)
        check_event(loader, &value->as.list.items[i]);
    if (value->type != JSON_TEXT)
        return;
    name = str_copy(value->as.text);
    near = str_nearest(name, event_table, EVENT_KINDS);
    if (!near || strcmp(near, name) != 0)
        policy_complain(loader, value->line, false,
                        "there is no event \"%s\"%s%s%s; docs/events.md has "
                        "them all",
                        name, near ? ": did you mean \"" : "", near ? near : "",
                        near ? "\"?" : "");
    free(name);
}

/* Whoever sends alarms could write that field, too, so a policy is either for
 * events alone or for none. */
static void take_listens(struct loader *loader, const struct json *on)
{
    const struct json *tables = on->type == JSON_ARRAY ? on->as.list.items : on;
    size_t len = on->type == JSON_ARRAY ? on->as.list.len : 1, found = 0;

    for (size_t i = 0; i < len; i++) {
        const struct json *event = tables[i].type == JSON_OBJECT
                                       ? json_member(&tables[i], EVENT_FIELD)
                                       : NULL;

        found += event != NULL;
        if (event)
            check_event(loader, event);
    }
    loader->policy->listens = found > 0;
    if (found && found < len)
        policy_complain(loader, on->line, false,
                        "every table of on has to name " EVENT_FIELD
                        ", or none: make it two policies");
}

static void take_on(struct loader *loader)
{
    const struct json *on = json_member(loader->data, "on");

    if (!on && json_member(loader->data, "every"))
        return;
    if (!on) {
        policy_complain(loader, 0, true,
                        "without `on` no alarm starts the policy");
        return;
    }
    if (on->type != JSON_OBJECT && on->type != JSON_ARRAY)
        policy_complain(loader, on->line, false, "on is a table");
    else
        loader->policy->on = on;
    if (!loader->policy->on)
        return;
    check_fields(loader, on);
    take_listens(loader, on);
}

static void take_count(struct loader *loader, const struct json *threshold)
{
    const struct json *count = json_member(threshold, "count");

    if (count && count->type == JSON_INT && count->as.integer >= 1 &&
        count->as.integer <= POLICY_COUNT_MAX)
        loader->policy->threshold.count = count->as.integer;
    else
        policy_complain(loader, count ? count->line : threshold->line, false,
                        "threshold: count is a whole number from 1 to %d",
                        POLICY_COUNT_MAX);
}

static int64_t take_duration(struct loader *loader,
                             const struct json *threshold, const char *key,
                             int64_t preset)
{
    const struct json *value = json_member(threshold, key);
    int64_t ms = 0;

    if (!value && preset)
        return preset;
    if (value && value->type == JSON_TEXT &&
        clock_duration(value->as.text, &ms) == 0 && ms > 0)
        return ms;
    policy_complain(
        loader, value ? value->line : threshold->line, false,
        "threshold: %s is a duration such as \"30s\", \"5m\" or \"1h\"", key);
    return 0;
}

static void take_by(struct loader *loader, const struct json *threshold)
{
    const struct json *by = json_member(threshold, "by");
    struct words *words = &loader->policy->threshold.by;

    if (!by || !take_words(by, BY_MAX, words) || !words->len) {
        policy_complain(
            loader, by ? by->line : threshold->line, false,
            "threshold: by is a field's name or a list of 1 to %d names",
            BY_MAX);
        return;
    }
    for (size_t i = 0; i < words->len; i++)
        check_field(loader, by->line, str_of(words->items[i]));
}

static void take_threshold(struct loader *loader)
{
    static const char *const known[] = {"again", "by", "count", "within"};
    const struct json *table = json_member(loader->data, "threshold");
    struct policy_threshold *threshold = &loader->policy->threshold;

    if (!table)
        return;
    if (table->type != JSON_OBJECT) {
        policy_complain(loader, table->line, false,
                        "threshold is a table with count, within and by");
        return;
    }
    check_keys(loader, table, known, sizeof known / sizeof known[0],
               "threshold");
    take_count(loader, table);
    take_by(loader, table);
    threshold->within = take_duration(loader, table, "within", 0);
    threshold->again = take_duration(loader, table, "again",
                                     threshold->within ? threshold->within : 1);
}

/* Its alarms are the engine's own, one for each due instant, so that there is
 * nothing to match or to count. */
static void take_every(struct loader *loader)
{
    static const char *const others[] = {"on", "threshold"};
    const struct json *every = json_member(loader->data, "every");
    struct policy *policy = loader->policy;
    struct error error;

    if (!every)
        return;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (json_member(loader->data, others[i]))
            policy_complain(loader, every->line, false,
                            "a policy with `every` has no `%s`: time starts "
                            "it, not an alarm; make it two policies",
                            others[i]);
    if (every->type != JSON_TEXT)
        policy_complain(loader, every->line, false,
                        "every is a text such as \"1h\" or \"0 6 * * *\"");
    else if (every_parse(every->as.text, &policy->due, &error))
        policy_complain(loader, every->line, false, "every: %s", error.text);
    else
        policy->every = str_copy(every->as.text);
}

void policy_take_parts(struct loader *loader)
{
    static const char *const known[] = {"every", "name", "on",
                                        "run",   "tags", "threshold"};
    const struct lines_table *below;

    check_keys(loader, loader->data, known, sizeof known / sizeof known[0],
               "a policy");
    take_name(loader);
    take_tags(loader);
    take_on(loader);
    take_threshold(loader);
    take_every(loader);
    if (!loader->has_run)
        policy_complain(
            loader,
            lines_find(lines_root(loader->lines), str_of("run"), 0, &below),
            false, "run is not a function");
}
