#include "flow/lease.h"
#include "flow/resume.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>

static void asked_unlink(struct asked *asked)
{
    if (asked->prev)
        asked->prev->next = asked->next;
    else
        asked->run->asked = asked->next;
    if (asked->next)
        asked->next->prev = asked->prev;
}

/* It is in no list any more. */
static void asked_free(struct asked *asked)
{
    request_free(asked->request);
    free(asked);
}

void asked_drop(struct asked *asked)
{
    struct run *run = asked->run;

    asked_unlink(asked);
    asked_free(asked);
    run_settle(run);
    run_unref(run);
}

void run_free_asked(struct run *run)
{
    struct asked *asked, *next;

    for (asked = run->asked; asked; asked = next) {
        next = asked->next;
        asked_free(asked);
    }
    run->asked = NULL;
}

/* Nobody goes on from there but a person. */
static bool is_lost(const struct asked *asked, const struct answer *answer)
{
    return answer->status == STEP_UNKNOWN &&
           asked->request->action->kind == ACTION_REMEDIATION;
}

void asked_end(void *arg, struct answer *answer, const struct argv *argv)
{
    struct asked *asked = arg;
    struct run *run = asked->run;
    struct flow *flow = run->flow;
    struct host *host = run->host;
    bool lost = is_lost(asked, answer);

    flow->counts.steps += run->cause != CAUSE_VERIFY;
    flow->counts.unknown += answer->status == STEP_UNKNOWN;
    run_say_step(run, asked->step, asked->request, argv, answer, false);
    run_keep_answer(run, run_step(run, asked->step), answer);
    if (lost)
        run_park_unknown(run, asked->step, asked->request);
    else
        flow_add_task(flow, run, asked->step);
    if (lost && host)
        host_settle(flow, host);
    asked_unlink(asked);
    asked_free(asked);
    run_consider(run);
    run_settle(run);
    run_unref(run);
}

static bool wanted(void *arg)
{
    return lease_run_wanted(((const struct asked *)arg)->run);
}

static void started(void *arg, const struct argv *argv)
{
    const struct asked *asked = arg;
    const struct flow_events *events = &asked->run->flow->config.events;

    events->started(events->arg, argv);
}

static void output(void *arg, int stream, struct str bytes)
{
    const struct asked *asked = arg;
    const struct flow_events *events = &asked->run->flow->config.events;

    events->output(events->arg, stream, bytes);
}

/* A person has to decide first: nothing was started. */
static void park(struct asked *asked, const struct gate_need *need)
{
    struct run *run = asked->run;
    struct host *host = run->host;

    run->refs++;
    asked_drop(asked);
    run_end(run, RUN_PARKED, need->why);
    if (host)
        host_retire(host); /* whoever entered the state settles it */
    run_unref(run);
}

struct asked *asked_new(struct run *run, unsigned step, struct request *request)
{
    struct flow *flow = run->flow;
    struct asked *asked = ALLOC(struct asked);

    run->refs++;
    asked->run = run;
    asked->step = step;
    asked->request = request;
    asked->next = run->asked;
    if (run->asked)
        run->asked->prev = asked;
    run->asked = asked;
    asked->ask = (struct gate_ask){
        .run = run->number,
        .step = step,
        .mode = flow->config.mode,
        .way = run->cause || run->verifies ? GATE_UNDO : GATE_ASKED,
        .policy = run->name,
        .set = run->home->set->hash,
        .request = request,
        .alarm = run->alarm,
        .site = &run->home->set->gate_site,
        .wanted = run->cause ? wanted : NULL,
        .started = flow->config.events.started ? started : NULL,
        .output = flow->config.events.output ? output : NULL,
        .done = asked_end,
        .arg = asked,
    };
    return asked;
}

/* Takes the request. */
static void ask_gate(struct run *run, unsigned step, struct request *request)
{
    struct asked *asked = asked_new(run, step, request);
    struct gate_need need = {0};

    if (!gate_ask(run->flow->config.gate, &asked->ask, &need))
        park(asked, &need);
    gate_need_clear(&need);
}

/* A question that the set or the clock answers. It need not be committed
 * before it is handed over: whatever the policy starts because of it comes
 * behind it in the journal. */
static void answer_here(struct run *run, unsigned number,
                        const struct request *request)
{
    struct flow *flow = run->flow;
    struct step *step = run_step(run, number);
    struct answer *answer = answer_new(STEP_EXECUTED);
    struct buf text = {0};

    if (request->kind == REQUEST_LIST)
        answer->yes = set_list_has(
            run->home->set, request->name,
            (struct str){request->value, request->value_len}, clock_now());
    if (request->kind == REQUEST_NOW)
        answer->time = clock_now();
    answer_write(answer, &text);
    journal_write_step(flow->config.journal,
                       &(struct journal_step){
                           .run = run->number,
                           .step = number,
                           .kind = request_kind_names[request->kind],
                           .request = buf_str(&step->request),
                           .answer = buf_str(&text),
                           .status = step_status_names[answer->status],
                           .time = clock_now(),
                       },
                       NULL, NULL);
    buf_free(&text);
    run_keep_answer(run, step, answer);
    flow_add_task(flow, run, number);
}

void run_ask(struct run *run, unsigned number, struct request *request)
{
    struct step *step = run_step(run, number);

    step->awaited = true;
    /* Asked before the run had to start over in another state: the gate has
     * it still. */
    if (step->left && !run->over && !run->flow->stopped) {
        run_resume(run, number, request);
        return;
    }
    if (step->request.len || run->over || run->flow->stopped) {
        request_free(request);
        return;
    }
    request_write(request, &step->request);
    run->requested += step->request.len;
    if (request->kind == REQUEST_ACTION) {
        ask_gate(run, number, request);
        return;
    }
    if (request->kind == REQUEST_WAIT)
        run_ask_wait(run, number, request);
    else
        answer_here(run, number, request);
    request_free(request);
}
