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
    gate_send(pending);
}

static void no_executor(struct pending *pending)
{
    struct answer *answer = answer_new(STEP_NOT_STARTED);

    answer->error = alloc_text("there is no executor");
    gate_answer(pending, answer);
}

bool gate_resume(struct gate *gate, struct gate_ask *ask, bool known,
                 struct error *error)
{
    struct judged judged = {0};
    struct pending *pending;

    ask->way = GATE_UNDO;
    if (judge(&judged, ask, NULL, error)) {
        judged_clear(&judged);
        return false;
    }
    pending = pending_new(gate, ask);
    pending->judged = judged;
    pending->recorded = true;
    pending->use = budgets_take_up(gate->budgets, ask->run, ask->step);
    pending->lease = lease_take_up(gate->leases, ask->run, ask->step);
    if (!gate->client)
        no_executor(pending);
    else if (known)
        go_on(pending);
    else
        gate_enter(pending);
    return true;
}

void gate_give_back(struct gate *gate, int64_t run, unsigned step)
{
    struct budget_use *use = budgets_take_up(gate->budgets, run, step);

    if (!use)
        return;
    budgets_give_back(gate->budgets, use);
    journal_write_unused(gate->config.journal, run, step, clock_now());
}
