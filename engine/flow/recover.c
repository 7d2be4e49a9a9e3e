#include "flow/recover_inner.h"

#include "base/alloc.h"
#include "base/crash.h"
#include "base/log.h"
#include "flow/lease.h"
#include "flow/schedule.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWN_TOLD_MAX = 20 }; /* lines at a start: more are not read */

struct left {
    struct flow *flow;
    struct left_alarm *alarms; /* owned */
    size_t nalarms, alarms_cap;
    struct left_run *runs; /* owned */
    size_t nruns, runs_cap;
    struct home **homes; /* owned: of each run, or NULL */
    struct error *why;   /* owned: why there is none */
};

static struct left_alarm copy_alarm(const struct journal_alarm_row *row)
{
    return (struct left_alarm){
        .id = alloc_text(row->id),
        .source = alloc_text(row->source),
        .raw = str_copy(row->raw),
        .raw_len = row->raw.len,
        .time = row->time,
        .received = row->received,
        .count = row->count,
    };
}

static void free_alarm(struct left_alarm *alarm)
{
    free(alarm->id);
    free(alarm->source);
    free(alarm->raw);
}

void left_run_clear(struct left_run *run)
{
    free_alarm(&run->alarm);
    free(run->policy);
    free(run->set);
    free(run->unreadable);
    buf_free(&run->request);
    for (size_t i = 0; i < run->nsteps; i++) {
        buf_free(&run->steps[i].request);
        answer_free(run->steps[i].answer);
    }
    free(run->steps);
    left_free_approvals(run);
    *run = (struct left_run){0};
}

static void left_free(struct left *left)
{
    for (size_t i = 0; i < left->nalarms; i++)
        free_alarm(&left->alarms[i]);
    for (size_t i = 0; i < left->nruns; i++)
        left_run_clear(&left->runs[i]);
    free(left->alarms);
    free(left->runs);
    free(left->homes);
    free(left->why);
}

/* ---- reading ----------------------------------------------------------- */

static int on_alarm(void *arg, const struct journal_alarm_row *row)
{
    struct left *left = arg;

    left->alarms = alloc_grown(left->alarms, left->nalarms, &left->alarms_cap,
                               sizeof *left->alarms);
    left->alarms[left->nalarms++] = copy_alarm(row);
    return 0;
}

void left_run_take(struct left_run *run, const struct journal_run_row *row)
{
    *run = (struct left_run){
        .number = row->run,
        .policy = alloc_text(row->policy),
        .set = alloc_text(row->set),
        .has_alarm = row->alarm != NULL,
    };
    if (row->alarm)
        run->alarm = copy_alarm(row->alarm);
    run->due = row->due;
    run->started = row->started;
    run->cause = run_cause_find(row->cause);
    run->lease = row->lease;
    buf_add_str(&run->request, row->request);
}

static int on_run(void *arg, const struct journal_run_row *row)
{
    struct left *left = arg;

    left->runs = alloc_grown(left->runs, left->nruns, &left->runs_cap,
                             sizeof *left->runs);
    left_run_take(&left->runs[left->nruns++], row);
    return 0;
}

int left_run_add_step(void *arg, const struct journal_step_row *row)
{
    struct left_run *run = arg;
    struct error error = {0};
    struct step *step;
    int kind;

    while (run->nsteps < row->step) {
        run->steps =
            alloc_grown(run->steps, run->nsteps, &run->cap, sizeof *run->steps);
        run->steps[run->nsteps++] = (struct step){0};
    }
    step = &run->steps[row->step - 1];
    buf_add_str(&step->request, row->request);
    step->recorded = true;
    kind = request_kind_find(row->kind);
    if (kind < 0 && !run->unreadable)
        run->unreadable = alloc_printf("no step of kind %s", row->kind);
    step->kind = kind < 0 ? REQUEST_NOTE : (enum request_kind)kind;
    step->incarnation = row->incarnation;
    step->attempt = row->attempt;
    step->due = row->due;
    if (!row->answer.len)
        return 0;
    step->answer = answer_read(row->answer, &error);
    if (!step->answer && !run->unreadable)
        run->unreadable = alloc_text(error.text);
    return 0;
}

/* A count of a policy that is no longer there is left where it is. */
static int on_threshold(void *arg, const struct journal_threshold_row *row)
{
    struct flow *flow = arg;
    const struct set *set = flow->home->set;
    struct error error = {0};

    for (size_t i = 0; i < set->npolicies; i++) {
        if (strcmp(set->policies[i]->counter, row->counter) != 0)
            continue;
        if (thresholds_load(flow->thresholds, row->counter, row->key,
                            row->state, &error))
            log_line("a count of policy %s starts again: %s",
                     set->policies[i]->name, error.text);
        break;
    }
    return 0;
}

static int read_all(struct left *left, struct error *error)
{
    struct flow *flow = left->flow;
    struct journal *journal = flow->config.journal;
    int err = journal_read_thresholds(journal, on_threshold, flow, error);

    if (!err)
        err = journal_read_open_runs(journal, on_run, left, error);
    for (size_t i = 0; i < left->nruns && !err; i++)
        err = journal_read_steps(journal, left->runs[i].number,
                                 left_run_add_step, &left->runs[i], error);
    if (!err)
        err = left_read_approvals(flow, left->runs, left->nruns, error);
    if (!err)
        err = journal_read_new_alarms(journal, on_alarm, left, error);
    if (err)
        return err;
    left->homes = alloc_zeroed(left->nruns + 1, sizeof(struct home *));
    left->why = alloc_zeroed(left->nruns + 1, sizeof *left->why);
    for (size_t i = 0; i < left->nruns; i++)
        left->homes[i] = left_run_home(flow, left->runs[i].set, &left->why[i]);
    lease_recover(flow);
    return 0;
}

/* ---- going on ---------------------------------------------------------- */

struct alarm *alarm_again(const struct journal_alarm_row *row,
                          const struct set *set, struct error *error)
{
    const struct source *source = set_decoder(set, row->source, error);
    struct alarm *alarm = NULL;
    int made;

    if (!source)
        return NULL;
    made = source_decode(source, row->raw, row->received, &alarm, error);
    if (!made)
        error_set(error, ERROR_INVALID, "the source %s no longer knows it",
                  row->source);
    if (made != 1)
        return NULL;
    memcpy(alarm->id, row->id, strnlen(row->id, HASH_HEX - 1) + 1);
    alarm->time = row->time;
    alarm->count = row->count;
    return alarm;
}

struct alarm *left_alarm_again(const struct left_alarm *left,
                               const struct set *set, struct error *error)
{
    return alarm_again(
        &(struct journal_alarm_row){.id = left->id,
                                    .source = left->source,
                                    .raw = {left->raw, left->raw_len},
                                    .time = left->time,
                                    .received = left->received,
                                    .count = left->count},
        set, error);
}

/* It was acknowledged, so it may not vanish: what became of it is said. */
static void dismiss(struct flow *flow, const struct left_alarm *left,
                    const struct error *error)
{
    struct str raw = {left->raw, left->raw_len};

    log_line("alarm %.12s, accepted earlier, cannot be decoded: %s", left->id,
             error->text);
    flow_quarantine(flow, left->source, raw, "journal", 0, error->text);
    flow_dismiss(flow, left->id);
}

static void match_left(struct flow *flow, const struct left_alarm *left)
{
    struct error error = {0};
    struct alarm *alarm = left_alarm_again(left, flow->home->set, &error);

    if (alarm)
        flow_match(flow, alarm);
    else
        dismiss(flow, left, &error);
    alarm_unref(alarm);
}

/* Told at every start until somebody has settled it. */
static int tell_unknown(void *arg, const struct journal_unknown_row *row)
{
    size_t *told = arg;

    if (++*told <= UNKNOWN_TOLD_MAX)
        log_line("r%" PRId64 ".%u is Unknown since an earlier time (policy %s, "
                 "alarm %.12s): look whether it was done, then: riposte "
                 "resolve r%" PRId64 ".%u done|not-done|again|abort",
                 row->run, row->step, row->policy ? row->policy : "none",
                 row->alarm ? row->alarm : "none", row->run, row->step);
    return 0;
}

static int tell_all_unknown(struct flow *flow, struct error *error)
{
    size_t told = 0;
    int err =
        journal_read_unknown(flow->config.journal, tell_unknown, &told, error);

    if (told > UNKNOWN_TOLD_MAX)
        log_line("and %zu more steps are Unknown", told - UNKNOWN_TOLD_MAX);
    return err;
}

int flow_recover(struct flow *flow, struct error *error)
{
    struct left left = {.flow = flow};
    int err;

    CRASH(ENGINE_RECOVERY_BEGUN);
    err = tell_all_unknown(flow, error);
    if (!err)
        err = schedule_read(flow->schedule, error);
    if (!err)
        err = read_all(&left, error);
    if (!err)
        lease_keep(flow);
    for (size_t i = 0; i < left.nruns && !err; i++)
        left_run_resume(flow, &left.runs[i], left.homes[i], &left.why[i]);
    if (left.nalarms && flow->config.only && !err)
        log_line("%zu alarms that were accepted earlier are matched against "
                 "the policies of --policy alone",
                 left.nalarms);
    for (size_t i = 0; i < left.nalarms && !err; i++)
        match_left(flow, &left.alarms[i]);
    left_free(&left);
    CRASH(ENGINE_RECOVERED);
    return err;
}
