#include "flow/why.h"

#include "base/alloc.h"
#include "flow/recover_inner.h"
#include "flow/schedule.h"
#include "flow/tell.h"
#include "journal/find.h"

#include <stdlib.h>
#include <string.h>

/* ---- what the journal has ------------------------------------------------ */

/* One alarm, or how many there are. */
struct finding {
    struct why *why;
    size_t count;
};

static int on_alarm(void *arg, const struct journal_alarm_found *found)
{
    struct finding *finding = arg;
    struct why *why = finding->why;

    if (finding->count++)
        return 0;
    why->row = found->row;
    why->row.id = alloc_text(found->row.id);
    why->row.source = alloc_text(found->row.source);
    why->row.raw.data = str_copy(found->row.raw);
    why->fresh = found->fresh;
    return 0;
}

static int read_alarm_of(struct why *why, struct journal *journal,
                         const char *prefix, struct error *error)
{
    struct finding finding = {why, 0};
    int code = journal_find_alarm(journal, prefix, on_alarm, &finding, error);

    if (code)
        return code;
    if (finding.count == 1)
        return 0;
    return error_set(error, ERROR_NOT_FOUND,
                     finding.count
                         ? "several alarms have an id that begins with %s; "
                           "give more of it"
                         : "the journal has no alarm %s; riposte ls alarms "
                           "lists them",
                     prefix);
}

static int on_in_force(void *arg, const struct journal_in_force *row)
{
    struct why *why = arg;

    why->noted = true;
    why->hash = alloc_text(row->set);
    why->since = row->since;
    why->until = row->until;
    if (row->only.len)
        why->only = json_parse(row->only, "journal", 0, NULL);
    return 0;
}

static int on_run(void *arg, const struct journal_history_row *row)
{
    struct why *why = arg;

    if (!why->hash && row->policy)
        why->hash = alloc_text(row->set);
    return 0;
}

/* Older journals did not note it; then a run of the alarm has its set. */
static int read_in_force(struct why *why, struct journal *journal,
                         struct error *error)
{
    int code = journal_read_in_force(journal, why->row.id, on_in_force, why,
                                     &why->unknown);

    if (code != ERROR_NOT_FOUND) {
        if (code)
            *error = why->unknown;
        return code;
    }
    return journal_read_runs_of_alarm(journal, why->row.id, on_run, why, error);
}

static int on_counted(void *arg, const struct journal_counted *row)
{
    struct why *why = arg;

    for (size_t i = 0; i < why->len; i++) {
        struct why_policy *policy = &why->policies[i];

        if (strcmp(policy->policy->name, row->policy) != 0)
            continue;
        for (int v = THRESHOLD_LACKS; v <= THRESHOLD_COMPLETE; v++)
            if (!strcmp(threshold_verdict_names[v], row->verdict)) {
                policy->counted = true;
                policy->verdict = (enum threshold_verdict)v;
            }
        policy->n = row->n;
        policy->time = row->time;
    }
    return 0;
}

/* ---- the policies -------------------------------------------------------- */

static bool might_run(const struct why *why, const char *policy)
{
    const struct json *only = why->only ? json_root(why->only) : NULL;

    for (size_t i = 0; only && i < only->as.list.len; i++)
        if (str_is(only->as.list.items[i].as.text, policy))
            return true;
    return !only;
}

static const char *lacking(const struct policy *policy,
                           const struct alarm *alarm)
{
    const struct words *by = &policy->threshold.by;

    for (size_t i = 0; policy->threshold.count && i < by->len; i++)
        if (!alarm_get(alarm, str_of(by->items[i])))
            return by->items[i];
    return NULL;
}

/* own: the alarm is the engine's own, and this the policy that it is for. */
static const char *stands_apart(const struct why *why,
                                const struct policy *policy, bool own)
{
    if (schedule_made(why->alarm))
        return own ? NULL
                   : "the alarm is the engine's own, and for another policy";
    if (!might_run(why, policy->name))
        return "--policy named others";
    if (!policy->on)
        return "it has no on: time starts it, no alarm";
    if (policy->listens && !event_made(why->alarm))
        return "it is for events alone, and the alarm is none, whatever its "
               "fields say";
    if (!policy->listens && event_made(why->alarm))
        return "the alarm is an event, and its on names no RiposteEvent";
    return NULL;
}

static int explain_policy(const struct why *why, struct why_policy *entry,
                          bool own, struct error *error)
{
    const struct policy *policy = entry->policy;

    entry->apart = stands_apart(why, policy, own);
    if (entry->apart)
        return 0;
    if (own) {
        entry->matched = true;
    } else if (explain_on(policy->on, why->alarm, policy->file,
                          &entry->explained, error)) {
        return error->code;
    } else {
        entry->matched = entry->explained.matched;
    }
    if (entry->matched)
        entry->lacks = lacking(policy, why->alarm);
    return 0;
}

static int explain_policies(struct why *why, struct journal *journal,
                            struct error *error)
{
    size_t own = schedule_made(why->alarm)
                     ? schedule_policy(why->set, why->alarm)
                     : FLOW_NO_POLICY;
    int code = 0;

    why->len = why->set->npolicies;
    why->policies = alloc_zeroed(why->len + 1, sizeof *why->policies);
    for (size_t i = 0; i < why->len; i++)
        why->policies[i].policy = why->set->policies[i];
    for (size_t i = 0; i < why->len && !code; i++)
        code = explain_policy(why, &why->policies[i], i == own, error);
    if (!code)
        code =
            journal_read_counted(journal, why->row.id, on_counted, why, error);
    return code;
}

/* ---- all of it ----------------------------------------------------------- */

static struct alarm *decode(struct why *why)
{
    return alarm_again(&why->row, why->set, &why->unknown);
}

int why_read(struct why *why, struct journal *journal, const char *site,
             const char *prefix, struct error *error)
{
    int code;

    *why = (struct why){0};
    code = read_alarm_of(why, journal, prefix, error);
    if (!code && !why->fresh)
        code = read_in_force(why, journal, error);
    if (code || !why->hash)
        return code;
    why->set = left_set(journal, site, why->hash, SET_PAST, &why->unknown);
    if (!why->set)
        return 0;
    why->alarm = decode(why);
    return why->alarm ? explain_policies(why, journal, error) : 0;
}

void why_clear(struct why *why)
{
    for (size_t i = 0; i < why->len; i++)
        explained_clear(&why->policies[i].explained);
    free(why->policies);
    alarm_unref(why->alarm);
    set_unref(why->set);
    json_free(why->only);
    free(why->hash);
    free((void *)(uintptr_t)why->row.id);
    free((void *)(uintptr_t)why->row.source);
    free((void *)(uintptr_t)why->row.raw.data);
    *why = (struct why){0};
}
