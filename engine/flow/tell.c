#include "flow/tell.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

bool event_made(const struct alarm *alarm)
{
    return !strcmp(alarm->source, EVENT_SOURCE);
}

static struct alarm *make_alarm(const struct flow *flow,
                                const struct event *event)
{
    struct alarm *alarm = NULL;
    struct buf raw = {0};
    int made;

    event_write(event, &raw);
    made = source_decode(flow->home->set->events, buf_str(&raw), event->time,
                         &alarm, NULL);
    assert(made == 1);
    (void)made;
    alarm_identify(alarm, "", 0);
    buf_free(&raw);
    return alarm;
}

/* Without policies nobody knows who listens: whoever loads them finds out. */
static bool is_heard(const struct flow *flow, const struct alarm *alarm)
{
    const struct home *home = flow->home;
    const size_t *numbers;
    struct error error = {0};
    size_t count;

    if (!home->set->policies)
        return true;
    count = set_match(home->set, alarm, &numbers, &error);
    for (size_t i = 0; i < count; i++)
        if (home->chosen[numbers[i]])
            return true;
    return false;
}

static bool has_listeners(const struct set *set)
{
    for (size_t i = 0; i < set->npolicies; i++)
        if (set->policies[i]->listens)
            return true;
    return !set->policies;
}

void flow_tell(struct flow *flow, struct event event)
{
    struct alarm *alarm;

    if (flow->config.mode != GATE_LIVE || flow->closing ||
        !has_listeners(flow->home->set))
        return;
    event.time = clock_now();
    alarm = make_alarm(flow, &event);
    if (is_heard(flow, alarm))
        flow_write_alarm(flow, alarm, event.time, EVENT_SOURCE);
    else
        alarm_unref(alarm);
}

void run_tell(struct run *run, struct event event)
{
    bool own = run->cause == CAUSE_UNDO || run->cause == CAUSE_VERIFY;

    if (run->quiet || own)
        return;
    event.run = run->number;
    event.lease = run->lease;
    event.policy = run->behalf ? run->behalf : run->name;
    event.alarm = run->alarm ? run->alarm->id : NULL;
    flow_tell(run->flow, event);
}

void run_tell_step(struct run *run, unsigned step, const struct action *action,
                   struct event event)
{
    event.step = step;
    if (action) {
        event.plugin = action->plugin->name;
        event.action = action->name;
    }
    run_tell(run, event);
}

static void tell_approval(const struct approval *approval,
                          const struct action *action, struct event event)
{
    event.approval = approval->number;
    event.expires = approval->expires;
    event.target = approval->target;
    run_tell_step(approval->run, approval->step, action, event);
}

void approval_tell(const struct approval *approval, const struct action *action,
                   enum event_kind kind, const char *text)
{
    tell_approval(approval, action, (struct event){.kind = kind, .text = text});
}

void approval_tell_opened(const struct approval *approval,
                          const struct action *action, struct str question)
{
    const struct words *rules = &approval->rules;
    char *text = str_copy(question);

    tell_approval(approval, action,
                  (struct event){.kind = EVENT_APPROVAL_OPENED,
                                 .text = text,
                                 .rule = rules->len ? rules->items[0] : NULL});
    for (size_t i = 0; i < rules->len; i++)
        if (guards_is_budget(rules->items[i]))
            tell_approval(approval, action,
                          (struct event){.kind = EVENT_BUDGET_OVERFLOW,
                                         .text = rules->items[i],
                                         .rule = rules->items[i]});
    free(text);
}

void lease_tell(struct flow *flow, const struct lease *lease,
                struct event event)
{
    if (lease->quiet)
        return;
    event.lease = lease->number;
    event.plugin = lease->plugin;
    event.action = lease->action;
    event.target = lease->target;
    flow_tell(flow, event);
}

/* Whoever asks for an action by hand sees what comes of it, and of a step
 * whose outcome nobody knows it is said already. */
void run_tell_end(struct run *run)
{
    bool seen = !run->name && !run->due;

    if (run->lost || seen)
        return;
    if (run->outcome == RUN_PARKED)
        run_tell(run,
                 (struct event){.kind = EVENT_RUN_PARKED, .text = run->error});
    if (run->outcome == RUN_FAILED)
        run_tell(run,
                 (struct event){.kind = EVENT_RUN_FAILED, .text = run->error});
}
