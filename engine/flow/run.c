#include "flow/lease.h"
#include "flow/resume.h"
#include "flow/tell.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run *run_new(struct flow *flow, struct home *home, int64_t number,
                    struct alarm *alarm, size_t index)
{
    struct run *run = ALLOC(struct run);

    run->refs = 1; /* while it is open */
    run->flow = flow;
    run->number = number;
    snprintf(run->id, sizeof run->id, "r%" PRId64, number);
    run->started = clock_now();
    run->alarm = alarm ? alarm_ref(alarm) : NULL;
    run->quiet = alarm && event_made(alarm);
    run->home = home;
    run->index = index;
    if (index != FLOW_NO_POLICY) {
        run->policy = home->set->policies[index];
        run->name = alloc_text(run->policy->name);
    }
    home->runs++;
    run->next = flow->runs;
    if (flow->runs)
        flow->runs->prev = run;
    flow->runs = run;
    flow->open++;
    return run;
}

static void unlink_run(struct run *run)
{
    if (run->prev)
        run->prev->next = run->next;
    else
        run->flow->runs = run->next;
    if (run->next)
        run->next->prev = run->prev;
}

void run_unref(struct run *run)
{
    assert(run->refs);
    if (--run->refs)
        return;
    unlink_run(run);
    run_free_asked(run);
    run_free_waited(run);
    run_free_approvals(run);
    if (run->host) {
        struct host *host = run->host;

        host_leave(run);
        host_settle(run->flow, host);
    }
    for (size_t i = 0; i < run->nsteps; i++) {
        buf_free(&run->steps[i].request);
        answer_free(run->steps[i].answer);
    }
    free(run->steps);
    request_free(run->manual);
    alarm_unref(run->alarm);
    free(run->name);
    free(run->behalf);
    free(run->error);
    free(run->diverged);
    run->home->runs--;
    home_drop(run->flow, run->home);
    free(run);
}

struct step *run_step(struct run *run, unsigned step)
{
    assert(step);
    while (run->nsteps < step) {
        run->steps =
            alloc_grown(run->steps, run->nsteps, &run->cap, sizeof *run->steps);
        run->steps[run->nsteps++] = (struct step){0};
    }
    return &run->steps[step - 1];
}

/* ---- what is said ------------------------------------------------------ */

static struct flow_run description(const struct run *run)
{
    return (struct flow_run){
        .run = run->id,
        .alarm = run->alarm,
        .policy = run->name,
        .outcome = run->outcome,
        .error = run->error,
        .cause = run_cause_names[run->cause],
        .lease = run->lease,
    };
}

void run_say_step(struct run *run, unsigned step, const struct request *request,
                  const struct argv *argv, const struct answer *answer,
                  bool replayed)
{
    const struct flow_events *events = &run->flow->config.events;

    /* To verify is routine: what it found is told where it matters. */
    if (!events->step || run->cause == CAUSE_VERIFY)
        return;
    events->step(events->arg, &(struct flow_step){
                                  .run = run->id,
                                  .alarm = run->alarm ? run->alarm->id : NULL,
                                  .policy = run->name,
                                  .step = step,
                                  .request = request,
                                  .argv = argv,
                                  .answer = answer,
                                  .replayed = replayed,
                                  .cause = run_cause_names[run->cause],
                                  .lease = run->lease,
                              });
}

static void say_begun(struct run *run)
{
    const struct flow_events *events = &run->flow->config.events;
    struct flow_run said = description(run);

    run->begun = true;
    run->flow->counts.runs += run->cause != CAUSE_VERIFY;
    if (events->begun && run->cause != CAUSE_VERIFY)
        events->begun(events->arg, &said);
}

static void end_committed(void *arg)
{
    struct run *run = arg;
    struct flow *flow = run->flow;
    const struct flow_events *events = &flow->config.events;
    struct flow_run said = description(run);

    if (!flow_written(flow))
        return;
    flow->open--;
    if (events->run && run->cause != CAUSE_VERIFY)
        events->run(events->arg, &said);
    run_unref(run);
    flow_note(flow);
}

void run_settle(struct run *run)
{
    struct flow *flow = run->flow;

    if (!run->over || run->asked)
        return;
    flow_write(flow);
    journal_hold(flow->config.journal);
    if (run->cause)
        lease_run_over(run);
    journal_write_end(flow->config.journal, run->number,
                      run_outcome_names[run->outcome], run->error, clock_now(),
                      end_committed, run);
    run_tell_end(run);
    journal_release(flow->config.journal);
}

void run_end(struct run *run, enum run_outcome outcome, const char *error)
{
    if (run->over)
        return;
    run->over = true;
    run->outcome = outcome;
    run->error = alloc_text(error);
    if ((outcome == RUN_FAILED || outcome == RUN_PARKED) &&
        run->cause != CAUSE_VERIFY)
        run->flow->counts.failed++;
    dues_remove(run->flow->dues, &run->limit);
    host_leave(run);
    run_give_up_left(run);
    run_give_up_approvals(run);
    run_consider(run);
    run_settle(run);
}

/* ---- the policy's side ------------------------------------------------- */

char *run_divergence(int64_t run, unsigned step, struct str asked,
                     struct str recorded)
{
    return alloc_printf(
        "step r%" PRId64
        ".%u differs from the record, so nothing was started: the policy "
        "asked %.*s, the record has %.*s",
        run, step, (int)asked.len, asked.data, (int)recorded.len,
        recorded.data);
}

static int past(void *arg, unsigned number, const struct request *request,
                const struct answer **answer)
{
    struct run *run = arg;
    struct step *step = number <= run->nsteps ? &run->steps[number - 1] : NULL;
    struct buf text = {0};
    bool same;

    if (!step || !step->request.len)
        return 0;
    same = request_is(request, buf_str(&step->request), &text);
    if (!same) {
        free(run->diverged);
        run->diverged = run_divergence(run->number, number, buf_str(&text),
                                       buf_str(&step->request));
    }
    buf_free(&text);
    if (!same)
        return -1;
    if (!step->answer)
        return 0;
    if (step->recorded && request->kind == REQUEST_ACTION)
        run_say_step(run, number, request, NULL, step->answer, true);
    step->recorded = false;
    *answer = step->answer;
    return 1;
}

static void ask(void *arg, unsigned step, struct request *request)
{
    run_ask(arg, step, request);
}

static void done(void *arg, enum run_outcome outcome, const char *error)
{
    struct run *run = arg;

    run_end(run, outcome,
            outcome == RUN_PARKED && run->diverged ? run->diverged : error);
}

const struct policy_events run_events = {past, ask, done};

void run_keep_answer(struct run *run, struct step *step, struct answer *answer)
{
    answer_free(step->answer);
    step->answer = answer;
    run->kept += answer->out_len + answer->err_len;
}

/* Why the run may keep no more, or NULL. */
static const char *too_large(const struct run *run)
{
    if (run->kept > FLOW_RESULTS_MAX)
        return "its results are over 16 MiB together; let the plugin print "
               "less, or split the policy";
    if (run->requested > FLOW_REQUESTS_MAX)
        return "its requests are over 16 MiB together; pass less on, or split "
               "the policy";
    return NULL;
}

static void give_up_too_large(struct run *run)
{
    struct host *host = run->host;

    run_end(run, RUN_PARKED, too_large(run));
    if (!host)
        return;
    host_retire(host);
    host_settle(run->flow, host);
}

/* ---- tasks ------------------------------------------------------------- */

static void ask_manual(struct run *run)
{
    struct request *request = run->manual;

    run->manual = NULL;
    run_ask(run, 1, request);
}

static void start(struct run *run)
{
    struct flow *flow = run->flow;
    struct error error = {0};
    struct host *host;

    if (flow->stopped || run->host)
        return;
    if (!run->begun) {
        if (!run_limit(run))
            return;
        say_begun(run);
    }
    if (lease_run_idle(run))
        return;
    if (run->manual) {
        ask_manual(run);
        return;
    }
    host = home_host(run->home, run->index, &error);
    if (!host) {
        run_end(run, RUN_FAILED, error.text);
        return;
    }
    host_join(host, run);
    policy_state_start(host->state, run, run->alarm);
    host_settle(flow, host);
}

void run_end_manual(struct run *run, const struct answer *answer)
{
    bool well = answer->status == STEP_EXECUTED || answer->status == STEP_DRY ||
                (run->cause == CAUSE_VERIFY && answer->exited) ||
                (run->cause == CAUSE_UNDO && !lease_run_due(run)) ||
                (run->cause == CAUSE_RESTORE &&
                 answer->status == STEP_NOT_STARTED && !lease_run_wanted(run));

    run_end(run, well ? RUN_DONE : RUN_FAILED,
            well            ? NULL
            : answer->error ? answer->error
                            : step_status_names[answer->status]);
}

static void deliver(struct run *run, unsigned number)
{
    struct step *step = run_step(run, number);
    struct host *host = run->host;

    if (run->verifies) {
        run_verified(run, step->answer);
    } else if (!run->policy) {
        run_end_manual(run, step->answer);
    } else if (too_large(run)) {
        give_up_too_large(run);
    } else if (!host) {
        start(run);
    } else if (step->awaited) {
        step->awaited = false;
        policy_state_answer(host->state, run, number, step->answer);
        host_settle(run->flow, host);
    }
}

void run_task(struct run *run, unsigned step)
{
    if (run->over)
        return;
    if (step)
        deliver(run, step);
    else
        start(run);
}
