#include "gate/gate.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/table.h"
#include "gate/job.h"
#include "gate/judge.h"
#include "gate/lane.h"
#include "gate/outcome.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_TEXT = 40 }; /* "r", 19 digits, ".", 10 digits, NUL */

/*
 * One requested action, from gate_ask until what it has to say is committed.
 * Its way: answered at once (refused, dry), or: a lane, the intent, the job,
 * the result, the answer. Two things can refer to it from outside: a lane's
 * ticket, and at most one callback of the journal.
 */
struct pending {
    struct pending *prev, *next; /* of the gate's list */
    struct gate *gate;           /* NULL: gone, before the journal's callback */
    struct gate_ask *ask;        /* the caller's, until done */
    const struct action *action;
    char step[STEP_TEXT];
    struct judged judged;  /* owned: values, command line, target */
    struct answer *answer; /* owned, where it is given at once */
    struct ticket ticket;
    bool in_lane;
    bool journalling; /* a callback of the journal will come */
};

struct gate {
    struct gate_config config;
    struct exec_client *client; /* or NULL: there is no executor */
    struct guards *guards;      /* owned reference, or NULL */
    struct lanes *lanes;
    struct table *jobs; /* step to pending, for those with an intent */
    struct pending *all;
    size_t waiting;
    bool stopped;
    bool lost;
};

/* ---- a pending -------------------------------------------------------- */

static struct pending *pending_new(struct gate *gate, struct gate_ask *ask)
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

static void unlink_pending(struct pending *pending)
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

static void pending_free(struct pending *pending)
{
    unlink_pending(pending);
    judged_clear(&pending->judged);
    answer_free(pending->answer);
    free(pending);
}

static void leave_lane(struct pending *pending)
{
    if (!pending->in_lane)
        return;
    pending->in_lane = false;
    lane_leave(pending->gate->lanes, &pending->ticket);
}

/* The journal's callback has come. False where the gate has gone before, and
 * now the pending too. */
static bool committed(struct pending *pending)
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

static void write_answer(struct pending *pending, const struct answer *answer,
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

/* ---- answered at once ------------------------------------------------- */

/* Called once the step is committed, so that it is never from inside
 * gate_ask. */
static void give_answer(void *arg)
{
    struct pending *pending = arg;
    struct answer *answer = pending->answer;

    if (!committed(pending))
        return;
    pending->answer = NULL;
    pending->ask->done(pending->ask->arg, answer,
                       pending->judged.built ? &pending->judged.argv : NULL);
    pending_free(pending);
}

static void answer_at_once(struct pending *pending, enum step_status status,
                           const char *rule, const char *error)
{
    pending->answer = answer_new(status);
    pending->answer->rule = alloc_text(rule);
    pending->answer->error = alloc_text(error);
    write_step(pending, pending->answer, give_answer);
}

/* ---- a job ------------------------------------------------------------ */

/* A result that is not forgotten would be given again to the next engine. */
static void forget(void *arg)
{
    struct pending *pending = arg;

    if (!committed(pending))
        return;
    if (!pending->gate->lost)
        exec_client_forget(pending->gate->client, pending->step);
    pending_free(pending);
}

static void result(void *arg, const struct result *result)
{
    struct gate *gate = arg;
    struct pending *pending = table_remove(gate->jobs, str_of(result->step));
    struct gate_ask *ask;
    struct answer *answer;

    if (!pending) {
        /* An earlier engine's: its step has an answer since the recovery. */
        log_line("a result for %s, which nobody waits for", result->step);
        exec_client_forget(gate->client, result->step);
        return;
    }
    ask = pending->ask;
    answer = outcome_answer(pending->action, result);
    /* The answer goes before the intents of whoever gets the lane. */
    write_answer(pending, answer, forget);
    leave_lane(pending);
    ask->done(ask->arg, answer, &pending->judged.argv);
}

static void output(void *arg, const struct output *piece)
{
    struct gate *gate = arg;
    struct pending *pending = table_get(gate->jobs, str_of(piece->step));

    if (pending && pending->ask->output)
        pending->ask->output(pending->ask->arg, piece->stream,
                             (struct str){piece->bytes, piece->len});
}

static void lost(void *arg, const struct error *error)
{
    struct gate *gate = arg;

    gate->lost = true;
    gate->stopped = true;
    gate->config.lost(gate->config.arg, error);
}

static void start_job(void *arg)
{
    struct pending *pending = arg;
    struct gate_ask *ask = pending->ask;
    struct job job;
    char *key;

    if (!committed(pending) || pending->gate->lost)
        return;
    key = alloc_printf("%s-%s", pending->step,
                       journal_id(pending->gate->config.journal));
    job_fill(&job, ask, pending->step, key, &pending->judged.argv);
    free(key);
    exec_client_start(pending->gate->client, &job);
    job_clear(&job);
    if (ask->started)
        ask->started(ask->arg, &pending->judged.argv);
}

static void entered(void *arg)
{
    struct pending *pending = arg;
    struct gate *gate = pending->gate;

    if (gate->stopped)
        return;
    gate->waiting--;
    table_put(gate->jobs, str_of(pending->step), pending);
    write_step(pending, NULL, start_job);
}

static void enter_lane(struct pending *pending)
{
    pending->gate->waiting++;
    pending->in_lane = true;
    lane_enter(pending->gate->lanes, &pending->ticket, pending->action,
               pending->judged.target, entered, pending);
}

/* ---- asking ----------------------------------------------------------- */

static bool is_dry(const struct gate_ask *ask)
{
    return ask->mode == GATE_SHOW ||
           (ask->mode == GATE_DRY &&
            ask->request->action->kind == ACTION_REMEDIATION);
}

/* Takes what was judged. */
static void take(struct gate *gate, struct gate_ask *ask, struct judged *judged,
                 const char *rule, const struct error *error)
{
    struct pending *pending = pending_new(gate, ask);

    pending->judged = *judged;
    if (rule)
        answer_at_once(pending, STEP_REFUSED, rule, error->text);
    else if (is_dry(ask))
        answer_at_once(pending, STEP_DRY, NULL, pending->action->unavailable);
    else if (!gate->client)
        answer_at_once(pending, STEP_NOT_STARTED, NULL, "there is no executor");
    else
        enter_lane(pending);
}

bool gate_ask(struct gate *gate, struct gate_ask *ask, struct gate_need *need)
{
    struct judged judged = {0};
    struct error error = {0};
    const char *rule;

    assert(ask->request->kind == REQUEST_ACTION);
    rule = judge(&judged, ask, gate->guards, &error);
    (void)need;
    take(gate, ask, &judged, rule, &error);
    return true;
}

const char *gate_judge(struct gate *gate, const struct gate_ask *ask,
                       struct gate_need *need, struct error *error)
{
    struct judged judged = {0};
    const char *rule = judge(&judged, ask, gate->guards, error);

    (void)need;
    judged_clear(&judged);
    return rule;
}

void gate_set_guards(struct gate *gate, struct guards *guards)
{
    if (guards)
        guards_ref(guards);
    guards_unref(gate->guards);
    gate->guards = guards;
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

int gate_new(struct gate **gate, const struct gate_config *config, int fd,
             struct error *error)
{
    struct gate *new = ALLOC(struct gate);
    struct exec_client_events events = {result, output, lost, new};
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
    *gate = new;
    return 0;
}

void gate_free(struct gate *gate)
{
    struct pending *pending, *next;

    gate_stop(gate);
    for (pending = gate->all; pending; pending = next) {
        next = pending->next;
        leave_lane(pending);
        if (pending->journalling)
            unlink_pending(pending);
        else
            pending_free(pending);
    }
    if (gate->client)
        exec_client_close(gate->client);
    guards_unref(gate->guards);
    lanes_free(gate->lanes);
    table_free(gate->jobs);
    free(gate);
}
