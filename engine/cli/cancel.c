#include "base/clock.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/id.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "model/step.h"

static const char said[] = "called off by hand";

static int begin(struct desk *desk)
{
    const char *name = desk->args->items[0];

    return id_number(name, 'r', desk->mine)
               ? 0
               : error_set(&desk->error, ERROR_INVALID,
                           "\"%s\" is no run: they are called r1, r2 …; "
                           "riposte ls runs lists them",
                           name);
}

static int refuse(struct desk *desk, const struct journal_history_row *row)
{
    long long run = row->run;

    if (row->outcome)
        return error_set(&desk->error, ERROR_INVALID,
                         "r%lld ended already: %s; riposte show r%lld says "
                         "more",
                         run, row->outcome, run);
    if (row->due)
        return error_set(&desk->error, ERROR_INVALID,
                         "r%lld has begun: it can only be ended by riposte run "
                         "or serve",
                         run);
    return error_set(&desk->error, ERROR_INVALID,
                     "r%lld does not wait for a time: only what act --at keeps "
                     "can be called off",
                     run);
}

static int on_run(void *arg, const struct journal_history_row *row)
{
    struct desk *desk = arg;
    struct journal_history_row ended = *row;
    struct json_out out;

    if (row->outcome || !row->due || row->begun)
        return refuse(desk, row);
    ended.outcome = run_outcome_names[RUN_ABORTED];
    ended.error = said;
    ended.ended = clock_now();
    if (desk->args->json) {
        out = print_begin(&desk->out, "cancel");
        runs_put_json(&out, &ended);
        print_close(&out);
    } else {
        buf_printf(&desk->out, "r%lld is called off (", (long long)row->run);
        runs_put_what(&desk->out, row);
        buf_add_text(&desk->out, ")\n");
    }
    return 0;
}

static int look(struct desk *desk)
{
    const int64_t *run = desk->mine;

    return journal_read_run(desk->journal, *run, on_run, desk, &desk->error);
}

static int change(struct desk *desk)
{
    const int64_t *run = desk->mine;

    if (desk->flow)
        return flow_call_off(desk->flow, *run, said, &desk->error);
    journal_write_end(desk->journal, *run, run_outcome_names[RUN_ABORTED], said,
                      clock_now(), NULL, NULL);
    return 0;
}

static const struct desk_work work = {
    .size = sizeof(int64_t), .begin = begin, .look = look, .change = change};

static const struct desk_work *desk_of(const struct args *args)
{
    (void)args;
    return &work;
}

const struct command command_cancel = {
    .name = "cancel",
    .arguments = "RUN",
    .summary = "Call off a run that waits for its time",
    .detail = "RUN is what act --at said, and what riposte ls runs lists. It "
              "must not have begun.\n\n"
              "Example: riposte cancel r17\n",
    .min_args = 1,
    .max_args = 1,
    .desk = desk_of,
};
