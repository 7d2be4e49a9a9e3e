#include "flow/flow_inner.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stddef.h>
#include <stdlib.h>

enum {
    LEAVE_AFTER = 5000
}; /* ms: most answers come sooner, and to start over
      costs every step once more */

/* A step that waits for a time. */
struct waited {
    struct due due;
    struct waited *prev, *next; /* of the run's list */
    struct run *run;            /* owned reference */
    unsigned step;
};

/* ---- what counts as open ------------------------------------------------ */

/* What it was asked and answered stays; the coroutine can be had again. */
static void leave_state(struct run *run)
{
    struct host *host = run->host;

    if (!host)
        return;
    policy_state_drop(host->state, run);
    host_leave(run);
    for (size_t i = 0; i < run->nsteps; i++)
        run->steps[i].awaited = false;
    host_settle(run->flow, host);
}

static void leave(struct due *due)
{
    leave_state(
        (struct run *)(void *)((char *)due - offsetof(struct run, leave)));
}

void run_consider(struct run *run)
{
    struct flow *flow = run->flow;
    bool waiting = run->waits && !run->asked && !run->tasks && !run->over;

    if (waiting == run->waiting)
        return;
    run->waiting = waiting;
    if (waiting) {
        flow->open--;
        flow->counts.waiting++;
        run->leave.ring = leave;
        dues_add(flow->dues, &run->leave, clock_now() + LEAVE_AFTER);
    } else {
        flow->open++;
        flow->counts.waiting--;
        dues_remove(flow->dues, &run->leave);
    }
    flow_note(flow);
}

/* ---- riposte.wait ------------------------------------------------------- */

static void waited_free(struct waited *waited)
{
    struct run *run = waited->run;

    dues_remove(run->flow->dues, &waited->due);
    if (waited->prev)
        waited->prev->next = waited->next;
    else
        run->waited = waited->next;
    if (waited->next)
        waited->next->prev = waited->prev;
    free(waited);
}

void run_free_waited(struct run *run)
{
    struct waited *waited, *next;

    for (waited = run->waited; waited; waited = next) {
        next = waited->next;
        dues_remove(run->flow->dues, &waited->due);
        free(waited);
    }
    run->waited = NULL;
}

static void give_up_waited(struct run *run)
{
    while (run->waited) {
        waited_free(run->waited);
        run->waits--;
        run_unref(run);
    }
}

void run_write_answer(struct run *run, unsigned step,
                      const struct answer *answer)
{
    struct buf text = {0};

    answer_write(answer, &text);
    journal_write_answer(run->flow->config.journal, run->number, step,
                         buf_str(&text), step_status_names[answer->status],
                         clock_now(), NULL, NULL);
    buf_free(&text);
}

static void over(struct due *due)
{
    struct waited *waited =
        (struct waited *)(void *)((char *)due - offsetof(struct waited, due));
    struct run *run = waited->run;
    unsigned step = waited->step;
    struct answer *answer = answer_new(STEP_EXECUTED);

    answer->time = clock_now();
    waited_free(waited);
    run->waits--;
    run_write_answer(run, step, answer);
    run_keep_answer(run, run_step(run, step), answer);
    flow_add_task(run->flow, run, step);
    run_consider(run);
    run_unref(run);
}

void run_wait_until(struct run *run, unsigned step, int64_t when)
{
    struct waited *waited = ALLOC(struct waited);

    *waited = (struct waited){.run = run, .step = step, .due = {.ring = over}};
    waited->next = run->waited;
    if (run->waited)
        run->waited->prev = waited;
    run->waited = waited;
    run->refs++;
    run->waits++;
    dues_add(run->flow->dues, &waited->due, when);
}

void run_write_asked(struct run *run, unsigned number, enum request_kind kind,
                     const char *argv)
{
    journal_write_step(run->flow->config.journal,
                       &(struct journal_step){
                           .run = run->number,
                           .step = number,
                           .kind = request_kind_names[kind],
                           .request = buf_str(&run_step(run, number)->request),
                           .argv = str_of(argv ? argv : ""),
                           .status = step_status_names[STEP_PENDING],
                           .time = clock_now(),
                       },
                       NULL, NULL);
}

void run_ask_wait(struct run *run, unsigned number,
                  const struct request *request)
{
    struct flow *flow = run->flow;
    bool dry = flow->config.mode != GATE_LIVE;
    int64_t when = clock_now() + (dry ? 0 : request->duration);

    journal_hold(flow->config.journal);
    run_write_asked(run, number, REQUEST_WAIT, NULL);
    journal_write_due(flow->config.journal, run->number, number, when, NULL,
                      NULL);
    journal_release(flow->config.journal);
    run_wait_until(run, number, when);
}

/* ---- how long a run lasts ----------------------------------------------- */

static void end_old(struct run *run)
{
    static const char why[] = "it has lasted 30 days, and no run lasts longer; "
                              "ask for it again, or riposte rerun its alarm";

    leave_state(run);
    run_close_approvals(run, why);
    give_up_waited(run);
    run_end(run, RUN_ABORTED, why);
}

static void on_limit(struct due *due)
{
    end_old((struct run *)(void *)((char *)due - offsetof(struct run, limit)));
}

bool run_limit(struct run *run)
{
    int64_t begun = run->due > run->started ? run->due : run->started;

    /* What the engine asks by itself is one action, and often an undo. */
    if (run->cause || run->verifies)
        return true;
    if (clock_now() - begun >= FLOW_RUN_MAX) {
        end_old(run);
        return false;
    }
    run->limit.ring = on_limit;
    dues_add(run->flow->dues, &run->limit, begun + FLOW_RUN_MAX);
    return true;
}
