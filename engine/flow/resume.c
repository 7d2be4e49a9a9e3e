#include "flow/resume.h"
#include "flow/tell.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>

/* ---- Unknown ------------------------------------------------------------ */

/* It is over, and its end is not written yet: a person has to take it from
 * there, whatever it ended for. */
static void park_over(struct run *run, const char *why)
{
    if (run->outcome == RUN_PARKED)
        return;
    run->flow->counts.failed += run->outcome != RUN_FAILED;
    run->outcome = RUN_PARKED;
    free(run->error);
    run->error = alloc_text(why);
}

void run_park_unknown(struct run *run, unsigned step,
                      const struct request *request)
{
    struct host *host = run->host;
    const struct action *action = request ? request->action : NULL;
    char *text = alloc_printf(
        "%s.%u (%s: %s) is Unknown: it may have been done or not; look at its "
        "target, then riposte resolve %s.%u done|not-done|again|abort; it is "
        "never run again by itself",
        run->id, step, action ? action->plugin->name : "?",
        action ? action->name : "?", run->id, step);

    run->lost = true;
    if (run->over)
        park_over(run, text);
    run_end(run, RUN_PARKED, text);
    free(text);
    if (host)
        host_retire(host);
}

struct unknown {
    struct run *run; /* owned reference */
    unsigned step;
    struct request *request; /* owned, or NULL */
};

static void unknown_committed(void *arg)
{
    struct unknown *unknown = arg;
    struct run *run = unknown->run;
    struct flow *flow = run->flow;
    bool closing = flow->closing;

    if (!closing && unknown->request)
        run_say_step(run, unknown->step, unknown->request, NULL,
                     run->steps[unknown->step - 1].answer, false);
    request_free(unknown->request);
    free(unknown);
    if (!closing)
        run_unref(run);
    flow_written(flow);
}

static void tell_unknown(struct run *run, unsigned step,
                         const struct request *request, const char *why)
{
    run_tell_step(run, step, request ? request->action : NULL,
                  (struct event){.kind = EVENT_UNKNOWN, .text = why});
}

/* Takes the request, which may be NULL. */
static void make_unknown(struct run *run, unsigned number,
                         struct request *request, const char *why)
{
    struct flow *flow = run->flow;
    struct step *step = run_step(run, number);
    struct unknown *unknown = ALLOC(struct unknown);
    struct buf answer = {0};

    step->left = false;
    step->answer = answer_new(STEP_UNKNOWN);
    step->answer->error = alloc_text(why);
    answer_write(step->answer, &answer);
    run->refs++;
    *unknown = (struct unknown){run, number, request};
    flow->counts.unknown++;
    flow_write(flow);
    journal_hold(flow->config.journal);
    journal_write_answer(flow->config.journal, run->number, number,
                         buf_str(&answer), step_status_names[STEP_UNKNOWN],
                         clock_now(), unknown_committed, unknown);
    tell_unknown(run, number, request, why);
    journal_release(flow->config.journal);
    buf_free(&answer);
    run_park_unknown(run, number, request);
}

static const char ended[] = "the engine ended before its result came";

void run_give_up_left(struct run *run)
{
    for (size_t i = 0; i < run->nsteps; i++)
        if (run->steps[i].left)
            make_unknown(run, (unsigned)i + 1, NULL, ended);
}

/* ---- Verify ------------------------------------------------------------- */

static void verify_committed(void *arg)
{
    struct run *run = arg;

    if (flow_written(run->flow))
        flow_add_task(run->flow, run, 0);
}

static struct leases *leases_of(const struct run *run)
{
    return gate_leases(run->flow->config.gate);
}

static void settle_lease(struct asked *asked, enum step_status status)
{
    const struct run *run = asked->run;

    if (asked->lease)
        lease_settle(leases_of(run), asked->lease, run->number, asked->step,
                     status);
    asked->lease = NULL;
}

/* A run of its own, of one step; what it is about counts as asked meanwhile. */
static void verify(struct asked *asked)
{
    struct run *of = asked->run;
    struct flow *flow = of->flow;
    struct run *run =
        run_new(flow, of->home, flow->next_run++, of->alarm, FLOW_NO_POLICY);
    struct journal_run row = {
        .run = run->number, .set = of->home->set->hash, .cause = "verify"};

    run->manual = request_like(asked->request, asked->request->action->verify);
    run->verifies = asked;
    if (!asked->doubtful)
        asked->lease = lease_take_up(leases_of(of), of->number, asked->step);
    home_record(flow, of->home);
    flow_write(flow);
    journal_write_match(flow->config.journal,
                        &(struct journal_match){
                            .time = clock_now(),
                            .runs = &row,
                            .nruns = 1,
                        },
                        verify_committed, run);
}

void run_verify_doubtful(struct asked *asked)
{
    /* Else the next engine finds its intent, and does it. */
    if (asked->run->flow->stopped)
        return;
    asked->doubtful = true;
    verify(asked);
}

/* It is known now, and was not before. */
static void settle(struct asked *asked, bool was_done)
{
    struct run *run = asked->run;
    struct journal *journal = run->flow->config.journal;
    struct answer *answer =
        answer_new(was_done ? STEP_EXECUTED : STEP_NOT_STARTED);

    if (!was_done)
        answer->error = alloc_text("its Verify says that it was not done");
    journal_hold(journal);
    if (!was_done)
        gate_give_back(run->flow->config.gate, run->number, asked->step);
    settle_lease(asked, answer->status);
    run_write_answer(run, asked->step, answer);
    journal_release(journal);
    asked_end(asked, answer, NULL);
}

static void cannot_tell(struct asked *asked)
{
    struct run *run = asked->run;
    struct answer *answer = answer_new(STEP_UNKNOWN);

    answer->error = alloc_printf("%s, and its Verify cannot tell", ended);
    journal_hold(run->flow->config.journal);
    settle_lease(asked, answer->status);
    run_write_answer(run, asked->step, answer);
    tell_unknown(run, asked->step, asked->request, answer->error);
    journal_release(run->flow->config.journal);
    asked_end(asked, answer, NULL);
}

static void tell(struct asked *asked, enum gate_verified verified)
{
    if (asked->doubtful)
        gate_settle(asked->run->flow->config.gate, &asked->ask, verified);
    else if (verified == GATE_CANNOT_TELL)
        cannot_tell(asked);
    else
        settle(asked, verified == GATE_IN_FORCE);
}

void run_verified(struct run *run, const struct answer *answer)
{
    static const char *const texts[] = {
        [GATE_IN_FORCE] = "was done",
        [GATE_NOT_IN_FORCE] = "was not done",
        [GATE_CANNOT_TELL] = "cannot be told",
    };
    struct asked *asked = run->verifies;
    enum gate_verified verified = gate_verified_by(answer);
    char *text =
        alloc_printf("%s.%u %s", asked->run->id, asked->step, texts[verified]);

    run->verifies = NULL;
    tell(asked, verified);
    run_end(run, RUN_DONE, text);
    free(text);
}

/* ---- taking up ---------------------------------------------------------- */

static void resume(struct asked *asked)
{
    struct run *run = asked->run;
    struct gate *gate = run->flow->config.gate;
    const struct action *action = asked->request->action;
    bool known = gate_knows(gate, run_step(run, asked->step)->incarnation);

    if (!known && action->kind == ACTION_REMEDIATION)
        verify(asked);
    else
        gate_resume(gate, &asked->ask, known);
}

static bool can_be_taken_up(const struct run *run, const struct step *step,
                            const struct action *action)
{
    return action->kind == ACTION_CONTEXT || action->verify ||
           gate_knows(run->flow->config.gate, step->incarnation);
}

void run_resume(struct run *run, unsigned number, struct request *request)
{
    struct step *step = run_step(run, number);

    step->left = false;
    if (can_be_taken_up(run, step, request->action))
        resume(asked_new(run, number, request));
    else
        make_unknown(run, number, request, ended);
}

static void take_up(struct run *run, unsigned number, bool set)
{
    struct step *step = run_step(run, number);
    struct json_doc *doc =
        set ? json_parse(buf_str(&step->request), "journal", 0, NULL) : NULL;
    bool whole = false;
    struct request *request =
        doc ? request_again(json_root(doc), run->home->set, &whole) : NULL;

    json_free(doc);
    if (!request || (!whole && !run->policy)) {
        make_unknown(run, number, request, ended);
    } else if (whole) {
        run_resume(run, number, request);
    } else {
        /* Its policy has the values that the record does not. */
        step->left = true;
        request_free(request);
    }
}

/* The engine died when it had written that a step is Unknown, and not yet that
 * its run is parked: no policy may go on from there. What its set does not
 * have any more may have been a remediation. */
static void park_left_unknown(struct run *run, unsigned number)
{
    struct json_doc *doc = json_parse(buf_str(&run_step(run, number)->request),
                                      "journal", 0, NULL);
    bool whole;
    struct request *request =
        doc ? request_again(json_root(doc), run->home->set, &whole) : NULL;

    json_free(doc);
    if (!request || request->action->kind == ACTION_REMEDIATION)
        run_park_unknown(run, number, request);
    request_free(request);
}

void run_take_up(struct run *run, bool set)
{
    for (size_t i = 0; i < run->nsteps; i++) {
        const struct step *step = &run->steps[i];

        if (step->request.len && !step->answer && step->incarnation)
            take_up(run, (unsigned)i + 1, set);
    }
    for (size_t i = 0; i < run->nsteps && !run->over; i++) {
        const struct step *step = &run->steps[i];

        if (step->answer && step->answer->status == STEP_UNKNOWN)
            park_left_unknown(run, (unsigned)i + 1);
    }
}
