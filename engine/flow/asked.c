#include "flow/lease.h"
#include "flow/past.h"
#include "flow/resume.h"
#include "flow/tell.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static void asked_link(struct asked *asked, struct asked **list)
{
    asked->list = list;
    asked->prev = NULL;
    asked->next = *list;
    if (*list)
        (*list)->prev = asked;
    *list = asked;
}

static void asked_unlink(struct asked *asked)
{
    if (asked->prev)
        asked->prev->next = asked->next;
    else
        *asked->list = asked->next;
    if (asked->next)
        asked->next->prev = asked->prev;
}

/* It is in no list any more. */
static void asked_free(struct asked *asked)
{
    request_free(asked->request);
    agreed_clear(&asked->agreed);
    free(asked);
}

static void free_list(struct asked **list)
{
    struct asked *asked, *next;

    for (asked = *list; asked; asked = next) {
        next = asked->next;
        asked_free(asked);
    }
    *list = NULL;
}

void run_free_asked(struct run *run)
{
    free_list(&run->asked);
    free_list(&run->parked);
}

void run_drop_parked(struct run *run)
{
    struct asked *asked, *next;

    for (asked = run->parked; asked; asked = next) {
        next = asked->next;
        asked_free(asked);
        run_unref(run);
    }
    run->parked = NULL;
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

static void answering(void *arg, const struct answer *answer)
{
    const struct asked *asked = arg;
    struct event event = {.text = answer->error, .rule = answer->rule};

    if (is_lost(asked, answer))
        event.kind = EVENT_UNKNOWN;
    else if (answer->rule && !strcmp(answer->rule, RULE_BUDGET))
        event.kind = EVENT_BUDGET_OVERFLOW;
    else
        return;
    run_tell_step(asked->run, asked->step, asked->request->action, event);
}

static bool wanted(void *arg)
{
    return lease_run_wanted(((const struct asked *)arg)->run);
}

static void doubtful(void *arg)
{
    run_verify_doubtful(arg);
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

static enum gate_way way_of(const struct run *run)
{
    bool free = run->cause == CAUSE_UNDO || run->cause == CAUSE_VERIFY;

    return free || run->verifies ? GATE_UNDO : GATE_ASKED;
}

struct asked *asked_new(struct run *run, unsigned step, struct request *request)
{
    struct flow *flow = run->flow;
    struct asked *asked = ALLOC(struct asked);

    run->refs++;
    asked->run = run;
    asked->step = step;
    asked->request = request;
    asked_link(asked, &run->asked);
    asked->ask = (struct gate_ask){
        .run = run->number,
        .step = step,
        .attempt = run_step(run, step)->attempt,
        .mode = flow->config.mode,
        .way = way_of(run),
        .policy = run->behalf ? run->behalf : run->name,
        .set = run->home->set->hash,
        .answered = &asked->agreed.rules,
        .request = request,
        .alarm = run->alarm,
        .site = &run->home->set->gate_site,
        .quiet = run->quiet,
        .wanted = run->cause ? wanted : NULL,
        .answering = answering,
        .started = flow->config.events.started ? started : NULL,
        .output = flow->config.events.output ? output : NULL,
        .doubtful = doubtful,
        .done = asked_end,
        .arg = asked,
    };
    return asked;
}

/* The step's row with its answer, where it has none yet. */
static void write_answered(struct run *run, unsigned number,
                           enum request_kind kind, const struct answer *answer)
{
    struct buf text = {0};

    answer_write(answer, &text);
    journal_write_step(run->flow->config.journal,
                       &(struct journal_step){
                           .run = run->number,
                           .step = number,
                           .kind = request_kind_names[kind],
                           .request = buf_str(&run_step(run, number)->request),
                           .answer = buf_str(&text),
                           .status = step_status_names[answer->status],
                           .time = clock_now(),
                       },
                       NULL, NULL);
    buf_free(&text);
}

/* ---- what a person has to decide first ----------------------------------- */

/* The journal keeps no such value, so nobody could go on later. */
static const struct param *unkept(const struct request *request)
{
    for (size_t i = 0; i < request->action->nparams; i++)
        if (request->action->params[i].encrypted &&
            request->values.items[i].given && !request->values.items[i].secret)
            return &request->action->params[i];
    return NULL;
}

static void refuse(struct asked *asked, const char *why,
                   const struct param *param)
{
    struct answer *answer = answer_new(STEP_REFUSED);

    answer->rule = alloc_text("approve");
    answer->error = alloc_printf("%s; parameter \"%s\" is encrypted, and text "
                                 "for it is not kept until then: give the name "
                                 "of a secret",
                                 why, param->name);
    write_answered(asked->run, asked->step, REQUEST_ACTION, answer);
    asked_end(asked, answer, NULL);
}

static void park(struct asked *asked, const struct gate_need *need)
{
    struct run *run = asked->run;
    struct journal *journal = run->flow->config.journal;
    const struct param *param = run->policy ? NULL : unkept(asked->request);
    struct approval *approval;

    if (param) {
        refuse(asked, need->why, param);
        return;
    }
    asked_unlink(asked);
    asked_link(asked, &run->parked);
    journal_hold(journal);
    if (!run_approval(run, asked->step))
        run_write_asked(run, asked->step, REQUEST_ACTION, need->argv);
    approval = run_open_approval(run, asked->step, NULL, asked->request, need);
    journal_release(journal);
    approval_wait(approval);
}

/* In a dry run people say yes. */
static bool ask_dry(struct asked *asked, struct gate_need *need)
{
    struct gate *gate = asked->run->flow->config.gate;

    for (size_t i = 0; i < need->rules.len; i++)
        words_add(&asked->agreed.rules, need->rules.items[i]);
    gate_need_clear(need);
    return gate_ask(gate, &asked->ask, need);
}

static void ask_gate(struct asked *asked)
{
    struct run *run = asked->run;
    struct flow *flow = run->flow;
    struct gate_need need = {0};
    bool taken;

    run_agreed(run, &asked->ask, &asked->agreed);
    asked->ask.approvals = asked->agreed.approvals;
    asked->ask.napprovals = asked->agreed.len;
    taken = gate_ask(flow->config.gate, &asked->ask, &need);
    if (!taken && flow->config.mode != GATE_LIVE)
        taken = ask_dry(asked, &need);
    if (taken)
        run_use_agreed(run, &asked->agreed);
    else
        park(asked, &need);
    gate_need_clear(&need);
}

static struct asked *parked_of(const struct run *run, unsigned step)
{
    struct asked *asked = run->parked;

    while (asked && asked->step != step)
        asked = asked->next;
    return asked;
}

void run_decided(struct run *run, const struct approval *approval)
{
    struct asked *asked = parked_of(run, approval->step);
    struct answer *answer;

    asked_unlink(asked);
    asked_link(asked, &run->asked);
    if (approval->state == APPROVAL_APPROVED) {
        ask_gate(asked);
        return;
    }
    answer = answer_new(STEP_DENIED);
    answer->error = alloc_text(approval->said);
    run_write_answer(run, asked->step, answer);
    asked_end(asked, answer, NULL);
}

/* ------------------------------------------------------------------------- */

/* Takes the request. */
static void ask_action(struct run *run, unsigned step, struct request *request)
{
    struct asked *asked = asked_new(run, step, request);
    struct approval *approval = run_approval(run, step);

    if (!approval) {
        ask_gate(asked);
        return;
    }
    /* An earlier process opened it. */
    asked_unlink(asked);
    asked_link(asked, &run->parked);
    approval_wait(approval);
}

void run_answer_now(struct run *run, unsigned number, enum request_kind kind,
                    struct answer *answer)
{
    write_answered(run, number, kind, answer);
    run_keep_answer(run, run_step(run, number), answer);
    flow_add_task(run->flow, run, number);
}

/* A question that the set or the clock answers. It need not be committed
 * before it is handed over: whatever the policy starts because of it comes
 * behind it in the journal. */
static void answer_here(struct run *run, unsigned number,
                        const struct request *request)
{
    struct answer *answer = answer_new(STEP_EXECUTED);

    if (request->kind == REQUEST_LIST)
        answer->yes = set_list_has(
            run->home->set, request->name,
            (struct str){request->value, request->value_len}, clock_now());
    if (request->kind == REQUEST_NOW)
        answer->time = clock_now();
    run_answer_now(run, number, request->kind, answer);
}

void run_ask(struct run *run, unsigned number, struct request *request)
{
    struct step *step = run_step(run, number);
    bool asked = step->request.len && !step->again;

    step->awaited = true;
    if (step->left && !run->over && !run->flow->stopped) {
        run_resume(run, number, request);
        return;
    }
    /* Asked before the run had to start over in another state: the gate has
     * it still. */
    if (asked || run->over || run->flow->stopped) {
        request_free(request);
        return;
    }
    if (!step->again) {
        request_write(request, &step->request);
        run->requested += step->request.len;
    }
    step->again = false;
    if (request->kind == REQUEST_ACTION) {
        ask_action(run, number, request);
        return;
    }
    if (request->kind == REQUEST_WAIT)
        run_ask_wait(run, number, request);
    else if (request->kind == REQUEST_APPROVE)
        run_ask_approve(run, number, request);
    else if (request->kind == REQUEST_PAST)
        run_ask_past(run, number, request);
    else
        answer_here(run, number, request);
    request_free(request);
}
