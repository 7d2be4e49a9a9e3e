#include "gate/pending.h"

#include "base/alloc.h"
#include "base/clock.h"

/* Its lanes are full of it already, whatever their size is now. */
static void go_on(struct pending *pending)
{
    struct gate *gate = pending->gate;

    pending->in_lane = true;
    lane_hold(gate->lanes, &pending->ticket, pending->action,
              pending->judged.target);
    table_put(gate->jobs, str_of(pending->step), pending);
    if (pending->barred)
        exec_client_await(gate->client, pending->step);
    else
        gate_send(pending);
}

static void answer_not_started(struct pending *pending, const char *why)
{
    struct answer *answer = answer_new(STEP_NOT_STARTED);

    answer->error = alloc_text(why);
    gate_answer(pending, answer);
}

static struct pending *take_up(struct gate *gate, struct gate_ask *ask)
{
    struct pending *pending = pending_new(gate, ask);
    struct error *why = ALLOC(struct error);

    pending->recorded = true;
    pending->barred = judge(&pending->judged, ask, gate->guards, why);
    pending->why = why;
    pending->use = budgets_take_up(gate->budgets, ask->run, ask->step);
    pending->lease = lease_take_up(gate->leases, ask->run, ask->step);
    return pending;
}

void gate_resume(struct gate *gate, struct gate_ask *ask, bool known)
{
    struct pending *pending = take_up(gate, ask);

    if (!gate->client)
        answer_not_started(pending, "there is no executor");
    else if (known)
        go_on(pending);
    else if (pending->barred)
        gate_answer(pending, answer_refused(pending->barred, pending->why));
    else
        gate_enter(pending);
}

void gate_give_back(struct gate *gate, int64_t run, unsigned step)
{
    struct budget_use *use = budgets_take_up(gate->budgets, run, step);

    if (!use)
        return;
    budgets_give_back(gate->budgets, use);
    journal_write_unused(gate->config.journal, run, step, clock_now());
}
