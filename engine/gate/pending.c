#include "gate/pending.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "journal/approval.h"
#include "journal/resume.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- a pending -------------------------------------------------------- */

struct pending *pending_new(struct gate *gate, struct gate_ask *ask)
{
    struct pending *pending = ALLOC(struct pending);

    pending->gate = gate;
    pending->ask = ask;
    pending->action = ask->request->action;
    snprintf(pending->step, sizeof pending->step, "r%" PRId64 ".%u", ask->run,
             ask->step);
    pending->next = gate->all;
    if (gate->all)
        gate->all->prev = pending;
    gate->all = pending;
    return pending;
}

void pending_unlink(struct pending *pending)
{
    struct gate *gate = pending->gate;

    if (!gate)
        return;
    if (pending->prev)
        pending->prev->next = pending->next;
    else
        gate->all = pending->next;
    if (pending->next)
        pending->next->prev = pending->prev;
    pending->gate = NULL;
}

void pending_free(struct pending *pending)
{
    pending_unlink(pending);
    judged_clear(&pending->judged);
    answer_free(pending->answer);
    free(pending->why);
    free(pending);
}

void pending_leave_lane(struct pending *pending)
{
    if (!pending->in_lane)
        return;
    pending->in_lane = false;
    lane_leave(pending->gate->lanes, &pending->ticket);
}

bool pending_committed(struct pending *pending)
{
    pending->journalling = false;
    if (pending->gate)
        return true;
    pending_free(pending);
    return false;
}

/* ---- what the journal is told ----------------------------------------- */

void gate_argv_write(const struct argv *argv, struct buf *buf)
{
    struct json_out out = {.buf = buf};

    json_open(&out, '[');
    for (size_t i = 0; i < argv->words.len; i++)
        json_put_text(&out, argv->secret[i] ? "***" : argv->words.items[i]);
    json_close(&out, ']');
}

/* Without an answer: the intent. */
static void write_step(struct pending *pending, const struct answer *answer,
                       journal_done_fn done)
{
    const struct gate_ask *ask = pending->ask;
    struct gate *gate = pending->gate;
    struct buf request = {0}, argv = {0}, text = {0};

    request_write(ask->request, &request);
    if (pending->judged.built)
        gate_argv_write(&pending->judged.argv, &argv);
    if (answer)
        answer_write(answer, &text);
    pending->journalling = true;
    journal_write_step(
        gate->config.journal,
        &(struct journal_step){
            .run = ask->run,
            .step = ask->step,
            .kind = "action",
            .request = buf_str(&request),
            .argv = buf_str(&argv),
            .answer = buf_str(&text),
            .status = step_status_names[answer ? answer->status : STEP_PENDING],
            .incarnation =
                gate->client ? exec_client_incarnation(gate->client) : 0,
            .time = clock_now(),
        },
        done, pending);
    buf_free(&request);
    buf_free(&argv);
    buf_free(&text);
}

static void write_result(struct pending *pending, const struct answer *answer,
                         journal_done_fn done)
{
    struct buf text = {0};

    answer_write(answer, &text);
    pending->journalling = true;
    journal_write_answer(pending->gate->config.journal, pending->ask->run,
                         pending->ask->step, buf_str(&text),
                         step_status_names[answer->status], clock_now(), done,
                         pending);
    buf_free(&text);
}

/* What an earlier engine meant to send is sent once more. */
static void write_again(struct pending *pending, journal_done_fn done)
{
    struct gate *gate = pending->gate;

    pending->journalling = true;
    journal_write_again(
        gate->config.journal, pending->ask->run, pending->ask->step,
        exec_client_incarnation(gate->client), clock_now(), done, pending);
}

/* Also where the gate refuses: an approval counts once. */
static void write_used(const struct pending *pending)
{
    const struct gate_ask *ask = pending->ask;

    for (size_t i = 0; i < ask->napprovals; i++)
        journal_write_used(pending->gate->config.journal, ask->approvals[i],
                           ask->step, clock_now());
}

/* In the transaction of the intent. */
static void write_use(struct pending *pending)
{
    struct gate *gate = pending->gate;
    int64_t now = clock_now();
    struct journal_use row = {
        .run = pending->ask->run,
        .step = pending->ask->step,
        .attempt = pending->ask->attempt > 1 ? pending->ask->attempt : 1};
    struct buf counts = {0};

    if (!pending->use)
        return;
    budgets_begin(gate->budgets, pending->use, now, &counts, &row);
    journal_write_use(gate->config.journal, &row, budgets_expired(now));
    buf_free(&counts);
}

/* In the transaction of the answer. */
static void settle_use(struct pending *pending, const struct answer *answer)
{
    struct gate *gate = pending->gate;

    if (!pending->use)
        return;
    if (step_never_started(answer->status)) {
        budgets_give_back(gate->budgets, pending->use);
        journal_write_unused(gate->config.journal, pending->ask->run,
                             pending->ask->step, clock_now());
    } else {
        budgets_leave(pending->use);
    }
    pending->use = NULL;
}

/* Where this attempt did not start, an earlier one may have. */
static void settle_lease(struct pending *pending, const struct answer *answer)
{
    const struct gate_ask *ask = pending->ask;
    bool before = ask->attempt > 1 && step_never_started(answer->status);

    if (pending->lease)
        lease_settle(pending->gate->leases, pending->lease, ask->run, ask->step,
                     before ? STEP_UNKNOWN : answer->status);
    pending->lease = NULL;
}

/* In the transaction of the answer, behind it. */
static void tell_answering(const struct pending *pending,
                           const struct answer *answer)
{
    if (pending->ask->answering)
        pending->ask->answering(pending->ask->arg, answer);
}

void pending_give_back(struct pending *pending)
{
    if (pending->use)
        budgets_give_back(pending->gate->budgets, pending->use);
    pending->use = NULL;
}

void pending_write_intent(struct pending *pending, journal_done_fn done)
{
    struct journal *journal = pending->gate->config.journal;

    journal_hold(journal);
    if (pending->recorded) {
        write_again(pending, done);
    } else {
        write_use(pending);
        if (lease_wanted(pending->ask))
            pending->lease = lease_start(pending->gate->leases, pending->ask,
                                         &pending->judged);
        write_used(pending);
        write_step(pending, NULL, done);
    }
    journal_release(journal);
}

void pending_write_answered(struct pending *pending, journal_done_fn done)
{
    struct gate *gate = pending->gate;
    struct journal *journal = gate->config.journal;

    if (pending->recorded) {
        pending_write_answer(pending, pending->answer, done);
        return;
    }
    journal_hold(journal);
    write_used(pending);
    if (pending->lease)
        lease_join(gate->leases, pending->lease, pending->ask);
    pending->lease = NULL;
    write_step(pending, pending->answer, done);
    tell_answering(pending, pending->answer);
    journal_release(journal);
}

void pending_write_answer(struct pending *pending, const struct answer *answer,
                          journal_done_fn done)
{
    struct journal *journal = pending->gate->config.journal;

    journal_hold(journal);
    settle_use(pending, answer);
    settle_lease(pending, answer);
    if (pending->ask->way == GATE_ASKED && answer->status == STEP_EXECUTED)
        lease_undone(pending->gate->leases, pending->action, &pending->judged);
    write_result(pending, answer, done);
    tell_answering(pending, answer);
    journal_release(journal);
}
