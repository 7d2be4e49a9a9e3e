#include "base/alloc.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/id.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "gate/lease.h"
#include "journal/budget.h"
#include "journal/resume.h"
#include "model/step.h"

#include <stdlib.h>
#include <string.h>

/* What a person may say of a step whose outcome nobody knows. */
static const struct decision {
    const char *name;
    const char *said;
    enum step_status status; /* STEP_PENDING: no answer */
    bool abort;
} decisions[] = {
    {"done", "counts as done", STEP_EXECUTED, false},
    {"not-done", "counts as not started", STEP_NOT_STARTED, false},
    {"again", "is asked for again", STEP_PENDING, false},
    {"abort", "ends its run", STEP_PENDING, true},
};
enum { DECISIONS = sizeof decisions / sizeof *decisions };

struct resolving {
    const struct decision *decision;
    int64_t run;
    unsigned step;
    bool manual;
    bool found, unknown;
    struct leases *leases; /* owned; NULL: an engine has them */
};

/* ---- the command line --------------------------------------------------- */

static int begin(struct desk *desk)
{
    struct resolving *resolving = desk->mine;
    const char *const *items = desk->args->items;

    if (!id_step(items[0], &resolving->run, &resolving->step))
        return error_set(&desk->error, ERROR_INVALID,
                         "\"%s\" is no step: they are called r1.1, r1.2 …; "
                         "riposte show RUN lists them",
                         items[0]);
    for (size_t i = 0; i < DECISIONS; i++)
        if (!strcmp(decisions[i].name, items[1]))
            resolving->decision = &decisions[i];
    if (!resolving->decision)
        return error_set(&desk->error, ERROR_INVALID,
                         "\"%s\" is no decision: say done, not-done, again or "
                         "abort",
                         items[1]);
    return 0;
}

/* ---- what there is ------------------------------------------------------ */

static int on_run(void *arg, const struct journal_history_row *row)
{
    struct desk *desk = arg;
    struct resolving *resolving = desk->mine;

    resolving->manual = !row->policy;
    if (row->outcome && !strcmp(row->outcome, run_outcome_names[RUN_PARKED]))
        return 0;
    return error_set(&desk->error, ERROR_INVALID,
                     "r%lld is not parked but %s: there is nothing to resolve",
                     (long long)row->run, runs_outcome(row));
}

static int on_step(void *arg, const struct journal_step_row *row)
{
    struct resolving *resolving = arg;
    struct error error;
    struct answer *answer;

    if (row->step != resolving->step)
        return 0;
    resolving->found = true;
    answer = row->answer.len ? answer_read(row->answer, &error) : NULL;
    resolving->unknown = answer && answer->status == STEP_UNKNOWN;
    answer_free(answer);
    return 0;
}

static int check(const struct resolving *resolving, struct error *error)
{
    long long run = resolving->run;

    if (!resolving->found)
        return error_set(error, ERROR_NOT_FOUND,
                         "r%lld has no step %u; riposte show r%lld lists them",
                         run, resolving->step, run);
    if (!resolving->unknown)
        return error_set(error, ERROR_INVALID,
                         "r%lld.%u is not Unknown: there is nothing to resolve",
                         run, resolving->step);
    if (resolving->manual && !resolving->decision->status &&
        !resolving->decision->abort)
        return error_set(error, ERROR_INVALID,
                         "r%lld was asked for by hand: say abort, then ask "
                         "again with riposte act",
                         run);
    return 0;
}

static int look(struct desk *desk)
{
    struct resolving *resolving = desk->mine;
    int code = journal_read_run(desk->journal, resolving->run, on_run, desk,
                                &desk->error);

    if (!code)
        code = journal_read_steps(desk->journal, resolving->run, on_step,
                                  resolving, &desk->error);
    if (!code)
        code = check(resolving, &desk->error);
    if (code || desk->flow)
        return code;
    resolving->leases = leases_new(desk->journal);
    return leases_load(resolving->leases, &desk->error);
}

/* ---- the decision ------------------------------------------------------- */

static void write_answer(const struct decision *decision, struct buf *buf)
{
    struct answer *answer = answer_new(decision->status);

    if (decision->status == STEP_NOT_STARTED)
        answer->error = alloc_text("a person says that it was not done");
    answer_write(answer, buf);
    answer_free(answer);
}

/* What it says of the lease that the step may hold: an undo is owed until it
 * is certain that nothing was done. */
static void settle_lease(const struct resolving *resolving,
                         struct leases *leases)
{
    enum step_status status = resolving->decision->status;
    struct lease *lease =
        status ? lease_take_up(leases, resolving->run, resolving->step) : NULL;

    if (lease)
        lease_settle(leases, lease, resolving->run, resolving->step, status);
}

static int change(struct desk *desk)
{
    const struct resolving *resolving = desk->mine;
    const struct decision *decision = resolving->decision;
    struct buf answer = {0};
    int64_t now = clock_now();

    if (decision->status)
        write_answer(decision, &answer);
    journal_hold(desk->journal);
    if (decision->status == STEP_NOT_STARTED)
        journal_write_unused(desk->journal, resolving->run, resolving->step,
                             now);
    settle_lease(resolving, resolving->leases ? resolving->leases
                                              : flow_leases(desk->flow));
    journal_write_resolution(desk->journal,
                             &(struct journal_resolution){
                                 .run = resolving->run,
                                 .step = resolving->step,
                                 .decision = decision->name,
                                 .answer = buf_str(&answer),
                                 .status = step_status_names[decision->status],
                                 .abort = decision->abort,
                                 .uid = desk->caller.uid,
                                 .person = desk->caller.name,
                                 .note = args_value(desk->args, "--note"),
                                 .time = now,
                             },
                             NULL, NULL);
    journal_release(desk->journal);
    buf_free(&answer);
    return 0;
}

static void say(struct desk *desk)
{
    const struct resolving *resolving = desk->mine;
    char *step =
        alloc_printf("r%lld.%u", (long long)resolving->run, resolving->step);

    if (desk->args->json) {
        struct json_out out = print_begin(&desk->out, "resolve");

        json_text(&out, "step", step);
        json_text(&out, "decision", resolving->decision->name);
        print_close(&out);
    } else {
        buf_printf(&desk->out, "%s %s%s\n", step, resolving->decision->said,
                   resolving->decision->abort
                       ? ""
                       : "; its run goes on under the next run or serve");
    }
    free(step);
}

static void end(struct desk *desk)
{
    const struct resolving *resolving = desk->mine;

    leases_free(resolving->leases);
}

static const struct desk_work work = {.size = sizeof(struct resolving),
                                      .begin = begin,
                                      .look = look,
                                      .change = change,
                                      .say = say,
                                      .end = end};

static const struct desk_work *desk_of(const struct args *args)
{
    (void)args;
    return &work;
}

static const struct option options[] = {
    {"--note", NULL, "TEXT", "why; it is kept in the audit", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_resolve = {
    .name = "resolve",
    .arguments = "STEP done|not-done|again|abort",
    .summary = "Say what became of a step that is Unknown",
    .detail = "Look at its target first. done: it counts as Executed; "
              "not-done: as Not started; again: it is asked for once more; "
              "that answers its approvals and budgets, not never-act, types "
              "and what is missing; abort: its run ends. But for abort the run "
              "goes on under the next run or serve, once none of its steps is "
              "Unknown.\n\n"
              "Example: riposte resolve r17.3 done --note 'seen on the "
              "firewall'\n",
    .options = options,
    .min_args = 2,
    .max_args = 2,
    .desk = desk_of,
};
