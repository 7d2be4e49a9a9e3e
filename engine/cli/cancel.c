#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/id.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "cli/site.h"
#include "model/step.h"

struct calling_off {
    const struct args *args;
    struct journal *journal;
    struct buf said; /* owned; printed once it is on the disk */
    struct error error;
};

static int refuse(struct calling_off *off,
                  const struct journal_history_row *row)
{
    long long run = row->run;

    if (row->outcome)
        return error_set(&off->error, ERROR_INVALID,
                         "r%lld ended already: %s; riposte show r%lld says "
                         "more",
                         run, row->outcome, run);
    if (row->due)
        return error_set(&off->error, ERROR_INVALID,
                         "r%lld has begun: it can only be ended by riposte run "
                         "or serve",
                         run);
    return error_set(&off->error, ERROR_INVALID,
                     "r%lld does not wait for a time: only what act --at keeps "
                     "can be called off",
                     run);
}

static void say(struct calling_off *off, const struct journal_history_row *row)
{
    if (off->args->json) {
        struct json_out out = print_begin(&off->said, "cancel");

        runs_put_json(&out, row);
        json_close(&out, '}');
        buf_add_byte(&off->said, '\n');
        return;
    }
    buf_printf(&off->said, "r%lld is called off (", (long long)row->run);
    runs_put_what(&off->said, row);
    buf_add_text(&off->said, ")\n");
}

static int on_run(void *arg, const struct journal_history_row *row)
{
    struct calling_off *off = arg;
    struct journal_history_row ended = *row;

    if (row->outcome || !row->due || row->begun)
        return refuse(off, row);
    ended.outcome = run_outcome_names[RUN_ABORTED];
    ended.error = "called off by hand";
    ended.ended = clock_now();
    say(off, &ended);
    return 0;
}

/* Written behind the reading: the journal's writer starts with it. */
static int call_off(struct calling_off *off, int64_t run)
{
    int status = journal_read_run(off->journal, run, on_run, off, &off->error);

    if (!status)
        journal_write_end(off->journal, run, run_outcome_names[RUN_ABORTED],
                          "called off by hand", clock_now(), NULL, NULL);
    return status;
}

static int run(const struct args *args)
{
    struct calling_off off = {.args = args};
    struct held held;
    int64_t number;
    int status;

    if (!id_number(args->items[0], 'r', &number)) {
        log_line("error: \"%s\" is no run: they are called r1, r2 …; riposte "
                 "ls runs lists them",
                 args->items[0]);
        return EXIT_USAGE;
    }
    status = runs_open(&held, args, &off.error);
    if (!status) {
        off.journal = held.journal;
        status = call_off(&off, number);
        held_close(&held);
    }
    if (!status && held.lost.code) {
        off.error = held.lost;
        status = held.lost.code;
    }
    if (!status)
        print_out(&off.said);
    buf_free(&off.said);
    return status ? site_error(&off.error) : EXIT_WELL;
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
    .run = run,
};
