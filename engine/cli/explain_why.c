#include "cli/explain.h"

#include "base/clock.h"
#include "cli/print.h"

#include <inttypes.h>
#include <string.h>

enum {
    VALUE_SHOWN = 200, /* bytes of a value, or of a condition */
    VALUES_SHOWN = 8,  /* of those that a path with [] reaches */
};

/* ---- values -------------------------------------------------------------- */

static void put_lua(struct buf *buf, const struct json *value);

static bool is_name(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i];

        if (!(c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (i && c >= '0' && c <= '9')))
            return false;
    }
    return key.len > 0;
}

static void put_members(struct buf *buf, const struct json *table)
{
    buf_add_text(buf, "{");
    for (size_t i = 0; i < table->as.list.len; i++) {
        const struct json *member = &table->as.list.items[i];

        buf_add_text(buf, i ? ", " : " ");
        if (table->type == JSON_OBJECT) {
            buf_add_text(buf, is_name(member->key) ? "" : "[\"");
            buf_add_str(buf, member->key);
            buf_add_text(buf, is_name(member->key) ? " = " : "\"] = ");
        }
        put_lua(buf, member);
    }
    buf_add_text(buf, " }");
}

/* As a policy writes it. What is outside of quotes is ours. */
static void put_lua(struct buf *buf, const struct json *value)
{
    struct json_out out = {.buf = buf};

    if (value->type == JSON_OBJECT || value->type == JSON_ARRAY)
        put_members(buf, value);
    else
        json_put_value(&out, value);
}

static void put_value(struct buf *buf, const struct json *value)
{
    struct buf text = {0};

    put_lua(&text, value);
    print_front(buf, buf_str(&text), VALUE_SHOWN);
    buf_free(&text);
}

/* ---- why it is not ------------------------------------------------------- */

static void put_values(struct buf *buf, const struct explain_failure *failure)
{
    if (failure->len == 1) {
        put_value(buf, failure->values[0]);
        return;
    }
    buf_add_text(buf, "none of ");
    for (size_t i = 0; i < failure->len && i < VALUES_SHOWN; i++) {
        buf_add_text(buf, i ? ", " : "");
        put_value(buf, failure->values[i]);
    }
    if (failure->len > VALUES_SHOWN)
        buf_printf(buf, " and %zu more", failure->len - VALUES_SHOWN);
}

static void put_failure(struct buf *buf, const char *indent,
                        const struct explain_failure *failure)
{
    bool excluded = failure->test && !strcmp(failure->test, "none");

    buf_add_text(buf, indent);
    print_safe(buf, failure->written->key);
    buf_add_text(buf, ": ");
    if (!failure->len)
        buf_add_text(buf, "absent; asked for is ");
    else if (excluded)
        put_value(buf, failure->value);
    else
        put_values(buf, failure);
    if (failure->len)
        buf_add_text(buf, excluded            ? " is excluded by "
                          : failure->len == 1 ? " is not "
                                              : " is ");
    put_value(buf, failure->written);
    if (failure->error) {
        buf_add_text(buf, ": ");
        print_text(buf, failure->error);
    }
    buf_add_byte(buf, '\n');
}

static void put_tables(struct buf *buf, const struct explained *explained)
{
    for (size_t i = 0; i < explained->len; i++) {
        const struct explain_table *table = &explained->tables[i];

        if (explained->len > 1)
            buf_printf(buf, "  table %zu of %zu, line %u:\n", i + 1,
                       explained->len, table->line);
        for (size_t j = 0; j < table->len; j++)
            put_failure(buf, explained->len > 1 ? "    " : "  ",
                        &table->failures[j]);
    }
}

/* ---- the threshold ------------------------------------------------------- */

static void put_rule(struct buf *buf, const struct policy_threshold *threshold)
{
    buf_printf(buf, "%" PRId64 " within ", threshold->count);
    print_duration(buf, threshold->within);
    for (size_t i = 0; i < threshold->by.len; i++) {
        buf_add_text(buf, i ? ", " : " by ");
        print_text(buf, threshold->by.items[i]);
    }
}

static void put_verdict(struct buf *buf, const struct why_policy *entry)
{
    char time[CLOCK_TEXT];

    clock_format(entry->time, time);
    switch (entry->verdict) {
    case THRESHOLD_LATE:
        buf_printf(buf, "not counted, it is too old beside %s; ", time);
        break;
    case THRESHOLD_SILENT:
        buf_printf(buf, "silent until %s; ", time);
        break;
    case THRESHOLD_COUNTED:
        buf_printf(buf, "counted, %" PRId64 " of ", entry->n);
        break;
    default:
        buf_printf(buf, "complete, and silent until %s; %" PRId64 " of ", time,
                   entry->n);
    }
}

static void put_threshold(struct buf *buf, const struct why_policy *entry)
{
    buf_add_text(buf, "  threshold: ");
    if (entry->lacks) {
        buf_add_text(buf, "not counted, it has no ");
        print_text(buf, entry->lacks);
        buf_add_text(buf, "; ");
    } else if (entry->counted) {
        put_verdict(buf, entry);
    } else {
        buf_add_text(buf, "what it said then is not known; ");
    }
    put_rule(buf, &entry->policy->threshold);
    buf_add_byte(buf, '\n');
}

static void put_policy(struct buf *buf, const struct why_policy *entry)
{
    const struct policy *policy = entry->policy;

    buf_add_text(buf, "policy ");
    print_text(buf, policy->name);
    buf_add_text(buf, entry->matched ? " matched" : " did not match");
    buf_add_text(buf, "  (");
    print_text(buf, policy->file);
    if (policy->on && policy->on->line)
        buf_printf(buf, ":%u", policy->on->line);
    buf_add_text(buf, ")\n");
    if (entry->apart)
        buf_printf(buf, "  %s\n", entry->apart);
    else if (!entry->matched)
        put_tables(buf, &entry->explained);
    else if (policy->threshold.count)
        put_threshold(buf, entry);
}

/* ---- the alarm ----------------------------------------------------------- */

static void put_set(struct buf *buf, const struct why *why)
{
    char text[CLOCK_TEXT];

    if (!why->hash) {
        buf_add_text(buf, why->fresh
                              ? "not matched yet: the next run or serve "
                                "does\n"
                              : "set:      not known: no run has it, and "
                                "an older journal did not note it\n");
        return;
    }
    buf_printf(buf, "set:      %.12s", why->hash);
    if (why->noted) {
        clock_format(why->since, text);
        buf_printf(buf, ", in force since %s", text);
    }
    if (why->until) {
        clock_format(why->until, text);
        buf_printf(buf, " until %s", text);
    }
    buf_add_byte(buf, '\n');
}

void explain_put_text(struct buf *buf, const struct why *why)
{
    buf_printf(buf, "alarm %s\n", why->row.id);
    buf_add_text(buf, "source:   ");
    print_text(buf, why->row.source);
    buf_add_byte(buf, '\n');
    print_when(buf, "time:", why->row.time);
    print_when(buf, "received:", why->row.received);
    if (why->row.count > 1)
        buf_printf(buf, "stands for %" PRId64 " events\n", why->row.count);
    put_set(buf, why);
    if (why->hash && !why->alarm) {
        buf_add_text(buf, "its policies cannot be asked any more: ");
        print_text(buf, why->unknown.text);
        buf_add_byte(buf, '\n');
    }
    if (why->alarm && !why->len)
        buf_add_text(buf, "\nthe set has no policies\n");
    for (size_t i = 0; i < why->len; i++) {
        buf_add_text(buf, i ? "" : "\n");
        put_policy(buf, &why->policies[i]);
    }
}

/* ---- for programs -------------------------------------------------------- */

static void json_time(struct json_out *out, const char *key, int64_t time)
{
    char text[CLOCK_TEXT];

    if (time)
        clock_format(time, text);
    json_text(out, key, time ? text : NULL);
}

static void json_failure(struct json_out *out, size_t table,
                         const struct explain_failure *failure)
{
    json_open(out, '{');
    json_int(out, "table", (int64_t)table);
    json_int(out, "line", failure->written->line);
    json_str(out, "field", failure->written->key);
    json_key(out, "condition");
    json_put_value(out, failure->written);
    json_text(out, "test", failure->test);
    json_key(out, "values");
    json_open(out, '[');
    for (size_t i = 0; i < failure->len; i++)
        json_put_value(out, failure->values[i]);
    json_close(out, ']');
    json_text(out, "error", failure->error);
    json_close(out, '}');
}

static void json_failures(struct json_out *out,
                          const struct explained *explained)
{
    json_key(out, "failed");
    json_open(out, '[');
    for (size_t i = 0; i < explained->len; i++)
        for (size_t j = 0; j < explained->tables[i].len; j++)
            json_failure(out, i + 1, &explained->tables[i].failures[j]);
    json_close(out, ']');
}

static void json_threshold(struct json_out *out, const struct why_policy *entry)
{
    const struct policy_threshold *threshold = &entry->policy->threshold;
    bool silent = entry->counted && (entry->verdict == THRESHOLD_SILENT ||
                                     entry->verdict == THRESHOLD_COMPLETE);

    json_key(out, "threshold");
    if (!entry->matched || !threshold->count) {
        json_put_null(out);
        return;
    }
    json_open(out, '{');
    json_text(out, "verdict",
              entry->lacks     ? threshold_verdict_names[THRESHOLD_LACKS]
              : entry->counted ? threshold_verdict_names[entry->verdict]
                               : NULL);
    json_int(out, "n", entry->n);
    json_int(out, "count", threshold->count);
    json_real(out, "within", (double)threshold->within / 1000);
    print_words(out, "by", &threshold->by);
    json_text(out, "lacks", entry->lacks);
    json_time(out, "silent_until", silent ? entry->time : 0);
    json_close(out, '}');
}

static void json_policy(struct json_out *out, const struct why_policy *entry)
{
    json_open(out, '{');
    json_text(out, "policy", entry->policy->name);
    json_text(out, "file", entry->policy->file);
    json_bool(out, "matched", entry->matched);
    json_text(out, "reason", entry->apart);
    json_failures(out, &entry->explained);
    json_threshold(out, entry);
    json_close(out, '}');
}

void explain_put_json(struct json_out *out, const struct why *why)
{
    json_text(out, "alarm", why->row.id);
    json_text(out, "source", why->row.source);
    json_time(out, "time", why->row.time);
    json_time(out, "received", why->row.received);
    json_int(out, "count", why->row.count);
    json_text(out, "set", why->hash);
    json_time(out, "since", why->since);
    json_time(out, "until", why->until);
    json_text(out, "error",
              why->hash && !why->alarm ? why->unknown.text : NULL);
    json_key(out, "policies");
    json_open(out, '[');
    for (size_t i = 0; i < why->len; i++)
        json_policy(out, &why->policies[i]);
    json_close(out, ']');
}
