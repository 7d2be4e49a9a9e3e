#include "model/event.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/json_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const event_table[EVENT_KINDS] = {
    [EVENT_APPROVAL_OPENED] = "approval opened",
    [EVENT_APPROVAL_EXPIRED] = "approval expired",
    [EVENT_BUDGET_OVERFLOW] = "budget overflow",
    [EVENT_UNKNOWN] = "unknown",
    [EVENT_RUN_FAILED] = "run failed",
    [EVENT_RUN_PARKED] = "run parked",
    [EVENT_UNDO_FAILED] = "undo failed",
    [EVENT_LEASE_STUCK] = "lease needs a person",
    [EVENT_DRIFT] = "drift",
    [EVENT_RESTORE_FAILED] = "restore failed",
    [EVENT_SET_REFUSED] = "set refused",
    [EVENT_JOURNAL_FULL] = "journal full",
    [EVENT_JOURNAL_LARGE] = "journal too large",
};

const char *const event_fields[EVENT_FIELDS] = {
    "Action",  "Alarm",   "AlarmDate", "AlarmId", "AlarmRuleName", "Approval",
    "Attempt", "Expires", "Lease",     "Policy",  EVENT_FIELD,     "Rule",
    "Run",     "Set",     "Step",      "Target",  "Text",
};

/* Its first bytes, whole characters, and a sign that there were more. */
static void shorten(char *text)
{
    static const char more[] = "...";
    size_t len = EVENT_TEXT_MAX - (sizeof more - 1);

    if (strlen(text) <= EVENT_TEXT_MAX)
        return;
    while (((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    memcpy(text + len, more, sizeof more);
}

static void put(struct json_out *out, const char *field, const char *text)
{
    char *safe;

    if (!text)
        return;
    safe = log_safe(str_of(text));
    shorten(safe);
    json_text(out, field, safe);
    free(safe);
}

static void put_number(struct json_out *out, const char *field, char letter,
                       int64_t number)
{
    char text[24]; /* a letter, 20 digits, NUL */

    if (!number)
        return;
    snprintf(text, sizeof text, "%c%" PRId64, letter, number);
    json_text(out, field, text);
}

static void put_time(struct json_out *out, const char *field, int64_t time)
{
    char text[CLOCK_TEXT];

    if (!time)
        return;
    clock_format(time, text);
    json_text(out, field, text);
}

/* What it is about, in the shortest words. */
static char *subject(const struct event *event)
{
    if (event->approval)
        return alloc_printf(" a%" PRId64, event->approval);
    if (event->lease)
        return alloc_printf(" l%" PRId64, event->lease);
    if (event->run)
        return alloc_printf(" r%" PRId64 ".%u", event->run, event->step);
    return alloc_text("");
}

static void put_head(struct json_out *out, const struct event *event)
{
    const char *name = event_table[event->kind];
    char *rule = alloc_printf("riposte: %s", name);
    char *about = subject(event);
    char time[CLOCK_TEXT];
    char *id;

    clock_format(event->time, time);
    id = alloc_printf("%s%s@%s", name, about, time);
    json_text(out, "AlarmId", id);
    json_text(out, "AlarmRuleName", rule);
    json_text(out, "AlarmDate", time);
    json_text(out, EVENT_FIELD, name);
    free(id);
    free(about);
    free(rule);
}

static void put_step(struct json_out *out, const struct event *event)
{
    char text[40]; /* "r", 20 digits, ".", 10 digits, NUL */

    put_number(out, "Run", 'r', event->run);
    if (!event->step)
        return;
    snprintf(text, sizeof text, "r%" PRId64 ".%u", event->run, event->step);
    json_text(out, "Step", text);
}

static void put_action(struct json_out *out, const struct event *event)
{
    char *text;

    if (!event->action)
        return;
    text = alloc_printf("%s / %s", event->plugin, event->action);
    put(out, "Action", text);
    free(text);
}

void event_write(const struct event *event, struct buf *buf)
{
    struct json_out out = {.buf = buf};

    json_open(&out, '{');
    put_head(&out, event);
    put(&out, "Text", event->text);
    put_step(&out, event);
    put_number(&out, "Approval", 'a', event->approval);
    put_number(&out, "Lease", 'l', event->lease);
    put(&out, "Policy", event->policy);
    put(&out, "Alarm", event->alarm);
    put_action(&out, event);
    put(&out, "Target", event->target);
    put(&out, "Rule", event->rule);
    put(&out, "Set", event->set);
    if (event->attempt)
        json_int(&out, "Attempt", event->attempt);
    put_time(&out, "Expires", event->expires);
    json_close(&out, '}');
}
