#include "base/alloc.h"
#include "model/source_inner.h"

#include <stdlib.h>

/* The names that a group may have beside those of fields. */
static const struct {
    const char *name;
    enum target_kind kind;
} reserved[] = {
    {"time", TARGET_TIME},
    {"count", TARGET_COUNT},
    {"id", TARGET_ID},
};

static int group_target(const struct compiling *compiling,
                        const struct json *at, const char *name,
                        struct target *target)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (str_is(str_of(name), reserved[i].name)) {
            *target = (struct target){reserved[i].kind, str_of(name), NULL};
            return 0;
        }
    return source_target(compiling, at, str_of(name), target);
}

static int compile_captures(const struct compiling *compiling,
                            const struct json *value, int flags,
                            struct capture_set *set)
{
    unsigned groups;

    if (source_regex(compiling, value, flags, &set->regex))
        return ERROR_INVALID;
    groups = regex_groups(set->regex);
    set->targets = alloc_zeroed(groups + 1, sizeof *set->targets);
    for (unsigned i = 1; i <= groups; i++) {
        const char *name = regex_group_name(set->regex, i);

        if (name && group_target(compiling, value, name, &set->targets[i]))
            return ERROR_INVALID;
    }
    return 0;
}

static void free_captures(struct capture_set *set)
{
    regex_free(set->regex);
    free(set->targets);
}

static bool captures(const struct capture_set *set, struct str name)
{
    if (set->regex)
        for (unsigned i = 1; i <= regex_groups(set->regex); i++)
            if (set->targets[i].kind != TARGET_NONE &&
                str_same(set->targets[i].name, name))
                return true;
    return false;
}

int source_prefix(const struct compiling *compiling, const struct json *value)
{
    return compile_captures(compiling, value, 0, &compiling->source->prefix);
}

/* One alarm has each field once: from the prefix, a group or a constant. */
static int check_twice(const struct compiling *compiling, const struct json *at,
                       const struct pattern *pattern)
{
    const struct capture_set *prefix = &compiling->source->prefix;
    struct regex *regex = pattern->captures.regex;

    for (unsigned i = 1; i <= regex_groups(regex); i++) {
        const struct target *target = &pattern->captures.targets[i];

        if (target->kind != TARGET_NONE && captures(prefix, target->name))
            return source_fault(compiling, at,
                                "the prefix has a group %.*s too",
                                (int)target->name.len, target->name.data);
    }
    for (size_t i = 0; i < pattern->constants.len; i++) {
        struct str name = pattern->constants.items[i].target.name;

        if (captures(prefix, name) || captures(&pattern->captures, name))
            return source_fault(compiling, at,
                                "%.*s is both a group and a constant",
                                (int)name.len, name.data);
    }
    return 0;
}

static int compile_pattern(const struct compiling *compiling,
                           const struct json *table, struct pattern *pattern)
{
    static const char *const known[] = {"re", "fields"};
    const struct json *re = json_member(table, "re");
    const struct json *fields = json_member(table, "fields");

    if (table->type != JSON_OBJECT || !re)
        return source_fault(compiling, table,
                            "a pattern is a table { re = …, fields = … }");
    if (source_known(compiling, table, "pattern", known, 2) ||
        compile_captures(compiling, re, REGEX_WHOLE, &pattern->captures))
        return ERROR_INVALID;
    if (fields && source_mappings(compiling, fields, true, &pattern->constants))
        return ERROR_INVALID;
    return check_twice(compiling, re, pattern);
}

int source_patterns(const struct compiling *compiling, const struct json *value)
{
    struct source *source = compiling->source;

    if (value->type != JSON_ARRAY || !value->as.list.len)
        return source_fault(compiling, value,
                            "patterns is a list of { re = …, fields = … }");
    source->patterns =
        alloc_zeroed(value->as.list.len, sizeof *source->patterns);
    for (size_t i = 0; i < value->as.list.len; i++) {
        source->patterns_len = i + 1;
        if (compile_pattern(compiling, &value->as.list.items[i],
                            &source->patterns[i]))
            return ERROR_INVALID;
    }
    return 0;
}

void source_text_free(struct source *source)
{
    free_captures(&source->prefix);
    for (size_t i = 0; i < source->patterns_len; i++) {
        free_captures(&source->patterns[i].captures);
        source_mappings_free(&source->patterns[i].constants);
    }
    free(source->patterns);
}

/* What is left of the line behind the prefix. 1: it matched, 0: it did not,
 * or not from the line's start; negative: an error. */
static int match_prefix(const struct source *source, struct str line,
                        struct str *rest, struct error *error)
{
    struct str prefix;
    int matched;

    *rest = line;
    if (!source->prefix.regex)
        return 1;
    matched = regex_match(source->prefix.regex, line, 0, error);
    if (matched <= 0 || !regex_group(source->prefix.regex, 0, &prefix))
        return matched;
    rest->data = prefix.data + prefix.len;
    rest->len = line.len - (size_t)(rest->data - line.data);
    return prefix.data == line.data;
}

/* The first pattern that matches, or NULL with *code 0 or an error. */
static const struct pattern *match(const struct source *source, struct str line,
                                   int *code, struct error *error)
{
    struct str rest;

    *code = match_prefix(source, line, &rest, error);
    if (*code <= 0)
        return NULL;
    for (size_t i = 0; i < source->patterns_len; i++) {
        *code = regex_match(source->patterns[i].captures.regex, rest, 0, error);
        if (*code < 0)
            return NULL;
        if (*code > 0)
            return &source->patterns[i];
    }
    return NULL;
}

static int put_captures(struct decoding *decoding,
                        const struct capture_set *set)
{
    if (!set->regex)
        return 0;
    for (unsigned i = 1; i <= regex_groups(set->regex); i++) {
        struct json value = {.type = JSON_TEXT};
        int code;

        if (set->targets[i].kind == TARGET_NONE ||
            !regex_group(set->regex, i, &value.as.text))
            continue;
        code = source_put(decoding, &set->targets[i], &value);
        if (code)
            return code;
    }
    return 0;
}

/* SmartResponse's Message is the raw log line. */
static int put_message(struct decoding *decoding, struct str line)
{
    const struct target target = {TARGET_FIELD, str_of("Message"), NULL};
    const struct json value = {.type = JSON_TEXT, .as.text = line};

    for (size_t i = 0; i < decoding->len; i++)
        if (str_same(decoding->items[i].key, target.name))
            return 0;
    return source_put(decoding, &target, &value);
}

/* Fields point into the alarm's own raw bytes. */
int source_decode_text(struct decoding *decoding)
{
    const struct source *source = decoding->source;
    struct alarm *alarm = decoding->alarm;
    struct str line = {alarm->raw, alarm->raw_len};
    const struct pattern *pattern;
    size_t room;
    int code;

    pattern = match(source, line, &code, decoding->error);
    if (!pattern)
        return code;
    room = regex_groups(pattern->captures.regex) + pattern->constants.len + 1;
    if (source->prefix.regex)
        room += regex_groups(source->prefix.regex);
    alarm->doc = json_new();
    decoding->items = json_room(alarm->doc, room * sizeof *decoding->items);
    code = source_put_mappings(decoding, &pattern->constants);
    if (!code)
        code = put_captures(decoding, &source->prefix);
    if (!code)
        code = put_captures(decoding, &pattern->captures);
    if (!code)
        code = put_message(decoding, line);
    return code ? code : 1;
}

bool source_text_fits(const struct source *source, struct str record)
{
    int code;

    if (source->detect_re)
        return regex_match(source->detect_re, record, 0, NULL) > 0;
    return match(source, record, &code, NULL) != NULL;
}
