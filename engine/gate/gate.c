#include "gate/gate.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "gate/job.h"
#include "gate/pending.h"
#include "gate/weigh.h"
#include "journal/pause.h"

#include <assert.h>
#include <stdlib.h>

/* ---- answered at once ------------------------------------------------- */

/* Called once the step is committed, so that it is never from inside
 * gate_ask. */
static void give_answer(void *arg)
{
    struct pending *pending = arg;
    struct answer *answer = pending->answer;

    if (!pending_committed(pending))
        return;
    pending->answer = NULL;
    pending->ask->done(pending->ask->arg, answer,
                       pending->judged.built ? &pending->judged.argv : NULL);
    pending_free(pending);
}

void gate_answer(struct pending *pending, struct answer *answer)
{
    pending->answer = answer;
    pending_write_answered(pending, give_answer);
}

static void answer_at_once(struct pending *pending, enum step_status status,
                           const char *error)
{
    struct answer *answer = answer_new(status);

    answer->error = alloc_text(error);
    gate_answer(pending, answer);
}

/* It is in force already: nothing starts. */
static void answer_shared(struct pending *pending, struct lease *join)
{
    pending->lease = join;
    pending->answer = answer_new(STEP_EXECUTED);
    pending->answer->shared = true;
    pending_write_answered(pending, give_answer);
}

/* ---- a job ------------------------------------------------------------ */

static void lost(void *arg, const struct error *error)
{
    struct gate *gate = arg;

    gate->lost = true;
    gate->stopped = true;
    gate->config.lost(gate->config.arg, error);
}

void gate_send(void *arg)
{
    struct pending *pending = arg;
    struct gate_ask *ask = pending->ask;
    struct job job;
    char *key;

    CRASH(ENGINE_INTENT_COMMITTED);
    if (!pending_committed(pending) || pending->gate->lost)
        return;
    key = alloc_printf("%s-%s", pending->step,
                       journal_id(pending->gate->config.journal));
    job_fill(&job, ask, pending->step, key, &pending->judged.argv);
    free(key);
    exec_client_start(pending->gate->client, &job);
    CRASH(ENGINE_JOB_SENT);
    job_clear(&job);
    if (ask->started)
        ask->started(ask->arg, &pending->judged.argv);
}

/* While it waited for its lane its target may have become protected, and others
 * may have done the same, or something else to it. */
static bool changed_meanwhile(struct pending *pending)
{
    const struct gate_ask *ask = pending->ask;
    struct lease *join = NULL;
    struct error error = {0};
    const char *rule = NULL;

    if (judge_never(&pending->judged, ask, pending->gate->guards, &error))
        rule = RULE_NEVER;
    if (!rule && lease_wanted(ask))
        rule = lease_judge(pending->gate->leases, ask, &pending->judged, &join,
                           &error);
    if (!rule && lease_wanted(ask))
        rule =
            lease_undoing(pending->gate->leases, ask, &pending->judged, &error);
    if (!rule && weigh_paused(pending->gate, ask)) {
        rule = RULE_PAUSE;
        error_set(&error, ERROR_BUSY, "%s", pending->gate->pause);
    }
    if (rule)
        gate_answer(pending, answer_refused(rule, &error));
    else if (join)
        answer_shared(pending, join);
    else if (ask->wanted && !ask->wanted(ask->arg))
        answer_at_once(pending, STEP_NOT_STARTED, "it is no longer wanted");
    else
        return false;
    return true;
}

static void entered(void *arg)
{
    struct pending *pending = arg;
    struct gate *gate = pending->gate;

    if (gate->stopped)
        return;
    gate->waiting--;
    if (changed_meanwhile(pending)) {
        pending_give_back(pending);
        pending_leave_lane(pending);
        return;
    }
    table_put(gate->jobs, str_of(pending->step), pending);
    CRASH(ENGINE_INTENT_WANTED);
    pending_write_intent(pending, gate_send);
}

void gate_enter(struct pending *pending)
{
    const char *target = pending->judged.target;
    char same[HASH_HEX];

    pending->gate->waiting++;
    pending->in_lane = true;
    /* Equal ones go one after the other also where there is no target. */
    if (!target && lease_wanted(pending->ask)) {
        lease_same(pending->action, &pending->judged.values, same);
        target = same;
    }
    lane_enter(pending->gate->lanes, &pending->ticket, pending->action, target,
               entered, pending);
}

/* ---- asking ----------------------------------------------------------- */

static bool is_dry(const struct gate_ask *ask)
{
    return ask->mode == GATE_SHOW ||
           (ask->mode == GATE_DRY &&
            ask->request->action->kind == ACTION_REMEDIATION);
}

static bool is_counted(const struct gate_ask *ask)
{
    return ask->way == GATE_ASKED &&
           ask->request->action->kind == ACTION_REMEDIATION;
}

/* Takes what was judged. join: the lease that it joins, or NULL. */
static void take(struct gate *gate, struct gate_ask *ask, struct judged *judged,
                 struct lease *join, const char *rule,
                 const struct error *error)
{
    struct pending *pending = pending_new(gate, ask);
    struct budget_what what = weigh_what(ask, judged);

    pending->judged = *judged;
    if (rule) {
        gate_answer(pending, answer_refused(rule, error));
        return;
    }
    if (!gate->client && !is_dry(ask)) {
        answer_at_once(pending, STEP_NOT_STARTED, "there is no executor");
        return;
    }
    if (join) {
        answer_shared(pending, join);
        return;
    }
    if (is_counted(ask) &&
        (ask->attempt > 1 ||
         !budgets_counted(gate->budgets, ask->run, ask->step)))
        pending->use = budgets_reserve(gate->budgets, &what);
    /* What a dry run would have started stays reserved. */
    if (is_dry(ask))
        answer_at_once(pending, STEP_DRY, pending->action->unavailable);
    else
        gate_enter(pending);
}

bool gate_knows(const struct gate *gate, uint64_t incarnation)
{
    return gate->client && exec_client_incarnation(gate->client) == incarnation;
}

/* What it is that a person decides about. */
static void describe(const struct judged *judged, struct gate_need *need)
{
    struct buf argv = {0};

    gate_argv_write(&judged->argv, &argv);
    need->argv = buf_take(&argv);
    need->target = alloc_text(judged->target);
}

bool gate_ask(struct gate *gate, struct gate_ask *ask, struct gate_need *need)
{
    struct judged judged = {0};
    struct lease *join = NULL;
    struct error error = {0};
    const char *rule;

    assert(ask->request->kind == REQUEST_ACTION);
    rule = judge(&judged, ask, gate->guards, &error);
    if (!rule && lease_wanted(ask))
        rule = lease_judge(gate->leases, ask, &judged, &join, &error);
    if (!rule && !join)
        rule = weigh(gate, ask, &judged, need, &error);
    /* In a dry run people say yes. */
    if (!rule && need->rules.len && !is_dry(ask)) {
        describe(&judged, need);
        judged_clear(&judged);
        return false;
    }
    take(gate, ask, &judged, join, rule, &error);
    return true;
}

const char *gate_judge(struct gate *gate, const struct gate_ask *ask,
                       struct gate_need *need, struct error *error)
{
    struct judged judged = {0};
    struct lease *join = NULL;
    const char *rule = judge(&judged, ask, gate->guards, error);

    if (!rule && lease_wanted(ask))
        rule = lease_judge(gate->leases, ask, &judged, &join, error);
    if (!rule && !join)
        rule = weigh(gate, ask, &judged, need, error);
    if (!rule)
        describe(&judged, need);
    judged_clear(&judged);
    return rule;
}

void gate_set_guards(struct gate *gate, struct guards *guards)
{
    if (guards)
        guards_ref(guards);
    budgets_set(gate->budgets, guards, clock_now());
    guards_unref(gate->guards);
    gate->guards = guards;
}

void gate_pause(struct gate *gate, const struct journal_pause *pause)
{
    char since[CLOCK_TEXT];

    free(gate->pause);
    gate->pause = NULL;
    gate->paused = pause ? pause->since : 0;
    if (!pause)
        return;
    clock_format(pause->since, since);
    gate->pause =
        alloc_printf("pause by %s since %s%s%s", pause->person, since,
                     pause->note ? ": " : "", pause->note ? pause->note : "");
}

int64_t gate_paused(const struct gate *gate)
{
    return gate->paused;
}

struct leases *gate_leases(struct gate *gate)
{
    return gate->leases;
}

void gate_stop(struct gate *gate)
{
    gate->stopped = true;
}

size_t gate_running(const struct gate *gate)
{
    return table_count(gate->jobs);
}

size_t gate_waiting(const struct gate *gate)
{
    return gate->waiting;
}

/* ---- the gate --------------------------------------------------------- */

static int load_use(void *arg, const struct journal_use *row)
{
    budgets_load(arg, row);
    return 0;
}

static int load_pause(void *arg, const struct journal_pause *row)
{
    gate_pause(arg, row);
    return 0;
}

int gate_new(struct gate **gate, const struct gate_config *config, int fd,
             struct error *error)
{
    struct gate *new = ALLOC(struct gate);
    struct exec_client_events events = {gate_take_result, gate_take_output,
                                        lost, new};
    int code;

    new->config = *config;
    if (fd >= 0) {
        code = exec_client_open(&new->client, config->loop, fd, &events, error);
        if (code < 0) {
            free(new);
            return code;
        }
    }
    new->lanes = lanes_new(config->total);
    new->jobs = table_new();
    new->budgets = budgets_new();
    new->leases = leases_new(config->journal);
    code = journal_read_uses(config->journal, budgets_expired(clock_now()),
                             load_use, new->budgets, error);
    if (code >= 0)
        code = leases_load(new->leases, error);
    if (code >= 0)
        code = journal_read_pause(config->journal, load_pause, new, error);
    if (code < 0)
        gate_free(new);
    else
        *gate = new;
    return code;
}

void gate_free(struct gate *gate)
{
    struct pending *pending, *next;

    gate_stop(gate);
    for (pending = gate->all; pending; pending = next) {
        next = pending->next;
        pending_leave_lane(pending);
        if (pending->journalling)
            pending_unlink(pending);
        else
            pending_free(pending);
    }
    if (gate->client)
        exec_client_close(gate->client);
    budgets_free(gate->budgets);
    leases_free(gate->leases);
    guards_unref(gate->guards);
    free(gate->pause);
    lanes_free(gate->lanes);
    table_free(gate->jobs);
    free(gate);
}
