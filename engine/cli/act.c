#include "cli/act.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/act_at.h"
#include "cli/commands.h"
#include "cli/site.h"

#include <string.h>

/* What is to be run, as the command line and the answers say. */
struct plan {
    const struct args *args;
    struct set *set;             /* owned reference */
    struct ask *ask;             /* owned; NULL: nothing is asked */
    const struct action *action; /* the set's */
    struct request *request;     /* owned */
    struct alarm *alarm;         /* owned reference, or NULL */
    int64_t due;                 /* 0: now */
};

static int left(enum act_asked asked)
{
    return asked == ACT_ASKED  ? 0
           : asked == ACT_LEFT ? EXIT_INTERRUPTED
                               : EXIT_FAILED_RUN;
}

static int find_action(struct plan *plan)
{
    const struct args *args = plan->args;
    const struct plugin *plugin = NULL;
    enum act_asked asked = ACT_ASKED;
    struct error error = {0};

    if (args->len)
        plugin =
            catalogue_plugin(&plan->set->catalogue, args->items[0], &error);
    else
        asked = act_ask_plugin(plan->ask, &plan->set->catalogue, &plugin);
    if (plugin && args->len > 1)
        plan->action = plugin_action(plugin, args->items[1], &error);
    else if (plugin)
        asked = act_ask_action(plan->ask, plugin, &plan->action);
    if (error.code)
        return site_error(&error);
    return left(asked);
}

static int load_alarm(struct plan *plan)
{
    const char *path = args_value(plan->args, "--alarm");
    const char *source = args_value(plan->args, "--source");
    struct error error = {0};

    if (source && strcmp(source, "auto") != 0 &&
        !set_source(plan->set, source, &error))
        return site_error(&error);
    if (!path || !act_load_alarm(plan->set, path, source ? source : "auto",
                                 &plan->alarm, &error))
        return 0;
    log_error(&error);
    return EXIT_USAGE;
}

static int fill_request(struct plan *plan)
{
    struct error error;

    plan->request = request_new(REQUEST_ACTION);
    plan->request->action = plan->action;
    plan->request->values = values_new(plan->action);
    if (!act_set_params(plan->set, plan->request, plan->args, &error))
        return 0;
    log_error(&error);
    return EXIT_USAGE;
}

static int ask_rest(struct plan *plan)
{
    enum act_asked asked = act_ask_values(plan->ask, plan->set, plan->request,
                                          plan->alarm, plan->due != 0);

    if (asked == ACT_ASKED && !args_has(plan->args, "--dry-run"))
        asked = act_ask_run(plan->ask, plan->request, plan->alarm, plan->due);
    return left(asked);
}

/* Everything that has to be known before anything starts, and what is asked
 * for it. 0, or an exit
 * status: then it was said why. */
static int make_plan(struct plan *plan)
{
    int status = find_action(plan);

    if (!status)
        status = fill_request(plan);
    if (!status && plan->ask)
        status = ask_rest(plan);
    return status;
}

static int start(struct plan *plan, struct request *request)
{
    const struct args *args = plan->args;
    bool dry = args_has(args, "--dry-run");
    int status = 0;

    if (plan->due && !dry)
        return act_at(args, plan->set, request, plan->alarm, plan->due);
    if (plan->due)
        status = act_at_check(plan->set, request, plan->alarm, plan->due);
    if (!status)
        return act_run(args, plan->set, request, plan->alarm);
    request_free(request);
    return status;
}

static int carry_out(struct plan *plan)
{
    struct request *request = plan->request;
    bool asked = plan->ask != NULL;
    struct buf again = {0};
    int status;

    if (asked)
        act_again(&again, plan->args, request, plan->alarm);
    ask_close(plan->ask);
    plan->ask = NULL;
    plan->request = NULL;
    status = start(plan, request);
    if (asked)
        ask_say(&again);
    buf_free(&again);
    return status;
}

static bool asks(const struct args *args)
{
    return args->len < 2 || args_has(args, "--ask");
}

/* Why it cannot ask, or NULL. */
static const char *unanswerable(const struct args *args)
{
    const char *alarm = args_value(args, "--alarm");

    if (!ask_possible())
        return args->len < 2 ? "arguments are missing, it takes \"PLUGIN\" "
                               "\"ACTION\"; it asks for them on a terminal only"
                             : "--ask works on a terminal only";
    if (alarm && !strcmp(alarm, "-"))
        return "--alarm - reads the alarm where the answers would come from";
    return NULL;
}

static int read_time(struct plan *plan)
{
    const char *text = args_value(plan->args, "--at");
    struct error error;

    if (!text || !act_at_time(text, clock_now(), &plan->due, &error))
        return 0;
    log_error(&error);
    return EXIT_USAGE;
}

static int open_ask(struct plan *plan)
{
    struct error error;

    if (!asks(plan->args) || !ask_open(&plan->ask, &error))
        return 0;
    log_error(&error);
    return EXIT_USAGE;
}

/* What may be wrong, or slow, before anybody was asked anything comes first:
 * while questions are asked, signals wait for one. */
static int run_plan(struct plan *plan)
{
    int status = read_time(plan);

    if (!status)
        status = load_alarm(plan);
    if (!status)
        status = open_ask(plan);
    if (!status)
        status = make_plan(plan);
    if (!status)
        status = carry_out(plan);
    ask_close(plan->ask);
    request_free(plan->request);
    alarm_unref(plan->alarm);
    return status;
}

static int run(const struct args *args)
{
    struct plan plan = {.args = args};
    const char *reason = asks(args) ? unanswerable(args) : NULL;
    int status;

    if (reason) {
        log_line("error: act: %s", reason);
        help_usage(stderr, args->command);
        return EXIT_USAGE;
    }
    plan.set = site_load(args, SET_CATALOGUE);
    if (!plan.set)
        return EXIT_USAGE;
    status = run_plan(&plan);
    set_unref(plan.set);
    return status;
}

static const char *executor(const struct args *args)
{
    if (args_has(args, "--dry-run") || args_has(args, "--at") ||
        (asks(args) && unanswerable(args)))
        return NULL;
    return "run";
}

static const struct option options[] = {
    {"--param", "-p", "NAME=VALUE",
     "a parameter, by its name or the slug of it", true},
    {"--alarm", NULL, "FILE",
     "what is left out comes from its first alarm (-: stdin)", false},
    {"--source", NULL, "SOURCE",
     "how FILE becomes alarms; auto (default): what fits it best", false},
    {"--ask", NULL, NULL, "ask for the parameters that -p does not give",
     false},
    {"--at", NULL, "TIME",
     "later: 2026-11-24T22:00:00Z, 22:00 (the next one, UTC), +10m", false},
    {"--dry-run", NULL, NULL, "start nothing, show the command line", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_act = {
    .name = "act",
    .arguments = "[\"PLUGIN\" [\"ACTION\"]]",
    .summary = "Run one plugin action by hand",
    .detail =
        "On a terminal it asks for what is not given: plugin, action, each "
        "parameter.\n"
        "Prints the exact command line, then what came of it. Exit status 1 "
        "where it was\nnot Executed, 3 where there is no such plugin or "
        "action.\n\n"
        "Example:\n"
        "  riposte act \"Host Firewall\" \"Block address\" "
        "-p address=192.0.2.7 --dry-run\n",
    .options = options,
    .min_args = 0,
    .max_args = 2,
    .run = run,
    .executor = executor,
};
