#include "flow/flow_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "flow/person.h"
#include "journal/approval.h"

#include <stdlib.h>

/* In the transaction of the run. */
static void write_requester(const struct run *run)
{
    struct person person;

    person_caller(&person);
    journal_write_requester(run->flow->config.journal, run->number, person.id,
                            person.name, clock_now());
    person_clear(&person);
}

static void committed(void *arg)
{
    struct run *run = arg;
    struct flow *flow = run->flow;

    if (flow_written(flow))
        flow_add_task(flow, run, 0);
}

void flow_act(struct flow *flow, struct request *request, struct alarm *alarm)
{
    struct run *run =
        run_new(flow, flow->home, flow->next_run++, alarm, FLOW_NO_POLICY);
    struct journal_run row = {.run = run->number, .set = flow->home->set->hash};

    run->manual = request;
    if (alarm) /* the journal does not have it, where it waits for a person */
        values_take_over(&request->values, request->action, alarm);
    home_record(flow, flow->home);
    flow_write(flow);
    journal_hold(flow->config.journal);
    /* The alarm of a manual run did not pass intake, so the journal does not
     * know it. */
    journal_write_match(flow->config.journal,
                        &(struct journal_match){
                            .time = clock_now(),
                            .runs = &row,
                            .nruns = 1,
                        },
                        committed, run);
    write_requester(run);
    journal_release(flow->config.journal);
}

/* ---- for a later time --------------------------------------------------- */

enum { NAP = 60 * 1000 }; /* ms: so late is noticed that the clock was set */

static void begin(struct run *run, int64_t now)
{
    struct flow *flow = run->flow;
    char due[CLOCK_TEXT];
    char *text;

    flow->open++;
    if (now - run->due <= FLOW_LATE_MAX) {
        flow_add_task(flow, run, 0);
        return;
    }
    clock_format(run->due, due);
    text = alloc_printf("it was due at %s, and for over an hour nothing was "
                        "there to start it; ask for it again",
                        due);
    run_end(run, RUN_ABORTED, text);
    free(text);
}

static void on_time(uv_timer_t *timer);

static void arm(struct flow *flow, int64_t now)
{
    int64_t pause = flow->waiting ? flow->waiting->due - now : NAP;

    /* The first may have become due since its timer was set. */
    pause = pause < 0 ? 0 : pause;
    uv_update_time(flow->config.loop);
    uv_timer_start(&flow->wait, on_time, (uint64_t)(pause < NAP ? pause : NAP),
                   0);
}

static void on_time(uv_timer_t *timer)
{
    struct flow *flow = timer->data;
    int64_t now = clock_now();

    while (flow->waiting && flow->waiting->due <= now) {
        struct run *run = flow->waiting;

        flow->waiting = run->later;
        flow->counts.waiting--;
        begin(run, now);
    }
    if (flow->waiting)
        arm(flow, now);
}

static void say_waiting(const struct run *run)
{
    const struct action *action = run->manual->action;
    char due[CLOCK_TEXT];

    clock_format(run->due, due);
    log_line("%s (%s: %s) waits until %s", run->id, action->plugin->name,
             action->name, due);
}

void flow_wait(struct run *run)
{
    struct flow *flow = run->flow;
    struct run **at = &flow->waiting;
    int64_t now = clock_now();

    flow->open--;
    if (run->due <= now) {
        begin(run, now);
        return;
    }
    while (*at && (*at)->due <= run->due)
        at = &(*at)->later;
    run->later = *at;
    *at = run;
    flow->counts.waiting++;
    say_waiting(run);
    arm(flow, now);
}

static void wait_committed(void *arg)
{
    struct run *run = arg;
    struct flow *flow = run->flow;
    const struct flow_events *events = &flow->config.events;

    if (!flow_written(flow))
        return;
    if (events->run)
        events->run(events->arg,
                    &(struct flow_run){.run = run->id, .outcome = RUN_WAITING});
    flow_note(flow);
}

void flow_act_at(struct flow *flow, struct request *request, int64_t due)
{
    struct run *run =
        run_new(flow, flow->home, flow->next_run++, NULL, FLOW_NO_POLICY);
    struct journal_run row = {.run = run->number, .set = flow->home->set->hash};
    struct buf text = {0};

    request_write(request, &text);
    run->manual = request;
    flow->open--;
    home_record(flow, flow->home);
    flow_write(flow);
    journal_hold(flow->config.journal);
    journal_write_match(
        flow->config.journal,
        &(struct journal_match){
            .time = clock_now(),
            .runs = &row,
            .nruns = 1,
            .waiting = &(struct journal_waiting){buf_str(&text), due},
        },
        wait_committed, run);
    write_requester(run);
    journal_release(flow->config.journal);
    buf_free(&text);
}
