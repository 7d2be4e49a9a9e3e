#include "base/alloc.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/report.h"
#include "cli/runs.h"
#include "cli/session.h"
#include "cli/site.h"
#include "journal/resume.h"

#include <stdlib.h>
#include <unistd.h>

struct rerunning {
    struct session session;
    struct report *report;
    struct journal_alarm_row row; /* its texts are owned */
};

static int on_alarm(void *arg, const struct journal_alarm_row *row)
{
    struct journal_alarm_row *copy = arg;

    *copy = *row;
    copy->id = alloc_text(row->id);
    copy->source = alloc_text(row->source);
    copy->raw.data = str_copy(row->raw);
    return 0;
}

static void row_free(struct journal_alarm_row *row)
{
    free((void *)(uintptr_t)row->id);
    free((void *)(uintptr_t)row->source);
    free((void *)(uintptr_t)row->raw.data);
}

static int read_alarm(const struct args *args, struct journal_alarm_row *row)
{
    struct error error = {0};
    struct held held;
    int status = runs_open(&held, args, &error);

    if (!status) {
        status = journal_read_alarm(held.journal, args->items[0], on_alarm, row,
                                    &error);
        held_close(&held);
    }
    return status ? site_error(&error) : 0;
}

/* ---- the engine --------------------------------------------------------- */

static void changed(void *arg)
{
    struct rerunning *rerunning = arg;

    if (flow_idle(engine_flow(rerunning->session.engine)))
        session_end(&rerunning->session);
}

static void fatal(void *arg, int status, const struct error *error)
{
    struct rerunning *rerunning = report_owner(arg);

    session_fail(&rerunning->session, status, error);
}

static int work(struct rerunning *rerunning)
{
    struct session *session = &rerunning->session;
    struct flow *flow = engine_flow(session->engine);
    struct error error = {0};

    if (flow_rerun(flow, &rerunning->row, &error))
        return site_error(&error);
    session_run(session);
    report_summary(rerunning->report, flow_counts(flow));
    if (session->status)
        return session->status;
    return flow_counts(flow)->failed ? EXIT_FAILED_RUN : EXIT_WELL;
}

static int run_engine(struct rerunning *rerunning, struct engine_config *config)
{
    int status;

    config->events = report_events(rerunning->report);
    config->fatal = fatal;
    rerunning->session.on_interrupt = changed;
    rerunning->session.arg = rerunning;
    status = session_open(&rerunning->session, config);
    if (status)
        return status;
    status = work(rerunning);
    session_close(&rerunning->session);
    return status;
}

static int check_policies(const struct set *set, const char *const *policies)
{
    struct error error;

    for (; *policies; policies++)
        if (!set_policy(set, *policies, &error))
            return site_error(&error);
    return 0;
}

static int rerun(const struct args *args, struct set *set)
{
    const char **policies = args_values(args, "--policy");
    struct rerunning rerunning = {0};
    struct engine_config config = {.set = set,
                                   .mode = GATE_LIVE,
                                   .fd = args->fd,
                                   .only = policies[0] ? policies : NULL};
    int status = check_policies(set, policies);

    if (!status)
        status = read_alarm(args, &rerunning.row);
    if (!status) {
        rerunning.report = report_new(
            &(struct report_config){.json = args->json,
                                    .colour = print_colours(STDOUT_FILENO),
                                    .changed = changed,
                                    .arg = &rerunning});
        status = run_engine(&rerunning, &config);
        report_free(rerunning.report);
    }
    row_free(&rerunning.row);
    free(policies);
    return status;
}

static int run(const struct args *args)
{
    struct set *set = site_load(args, SET_ALL);
    int status;

    if (!set)
        return EXIT_USAGE;
    status = rerun(args, set);
    set_unref(set);
    return status;
}

static const char *executor(const struct args *args)
{
    (void)args;
    return "run";
}

static const struct option options[] = {
    {"--policy", NULL, "NAME", "only that policy", true},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_rerun = {
    .name = "rerun",
    .arguments = "ALARM",
    .summary = "Run the policies on an alarm that was handled before",
    .detail = "ALARM is its id, or how it begins where no other does. Every "
              "policy that is for it runs anew, whatever its threshold; the "
              "earlier runs stay. Remediations run again.\n\n"
              "Example: riposte rerun 3f9c2a7e55d0 --policy ssh-brute-force\n",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
    .executor = executor,
};
