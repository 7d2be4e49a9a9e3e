#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/site.h"
#include "flow/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Files are read one after another, so that their alarms come in the order of
 * the command line. */
struct running {
    struct session session;
    struct report *report;
    struct progress *progress;
    const char *source;
    const char **files;    /* the next one; NULL at the end */
    struct intake *intake; /* of the file that is being read, or NULL */
    bool unreadable;       /* a file could not be read to its end */
    int64_t wait;          /* ms, for runs that wait at the end */
    uv_timer_t timer;      /* for them, from the end of the input on */
    bool timing, waited;   /* it runs; it is over */
    int64_t patience;      /* until then, on the wall clock */
};

static void advance(struct running *running);

static void ended(void *arg, const struct error *error)
{
    struct running *running = arg;

    if (error) {
        log_error(error);
        running->unreadable = true;
    }
    intake_close(running->intake);
    running->intake = NULL;
    advance(running);
}

static void chosen(void *arg, const char *path, const char *source)
{
    struct running *running = arg;

    progress_hide(running->progress);
    log_line("%s is read as %s", path, source);
}

static void open_next(struct running *running)
{
    struct intake_config config = {
        .loop = engine_loop(running->session.engine),
        .flow = engine_flow(running->session.engine),
        .path = *running->files++,
        .source = running->source,
        .ended = ended,
        .chosen = chosen,
        .arg = running,
    };
    struct error error;

    if (!intake_open(&running->intake, &config, &error))
        return;
    running->intake = NULL;
    log_error(&error);
    running->unreadable = true;
}

static void wait_over(uv_timer_t *timer)
{
    struct running *running = timer->data;

    running->waited = true;
    advance(running);
}

/* Is there a lease that is to be undone, or looked at, by then? */
static bool owes(const struct running *running, int64_t then)
{
    int64_t due = flow_next_undo(engine_flow(running->session.engine));

    return due && due <= then;
}

/* Is there anything that is worth waiting for? What is owed already always
 * is. */
static bool wait_on(struct running *running)
{
    const struct flow *flow = engine_flow(running->session.engine);

    if (running->session.interrupted)
        return false;
    if (!running->wait || running->waited)
        return owes(running, clock_now());
    if (!running->timing) {
        running->patience = clock_now() + running->wait;
        uv_timer_start(&running->timer, wait_over, (uint64_t)running->wait, 0);
    }
    running->timing = true;
    return flow_counts(flow)->waiting || owes(running, running->patience);
}

/* Called whenever something may have come to its end. */
static void advance(struct running *running)
{
    struct session *session = &running->session;

    while (!running->intake && *running->files && !session->interrupted)
        open_next(running);
    if (!running->intake && flow_idle(engine_flow(session->engine)) &&
        !wait_on(running))
        session_end(session);
}

static void changed(void *arg)
{
    struct running *running = arg;

    if (running->intake && flow_ready(engine_flow(running->session.engine)))
        intake_resume(running->intake);
    else
        advance(running);
}

static void interrupted(void *arg)
{
    struct running *running = arg;

    if (running->intake)
        intake_close(running->intake);
    running->intake = NULL;
    advance(running);
}

static void before_output(void *arg)
{
    struct running *running = arg;

    progress_hide(running->progress);
}

static void fatal(void *arg, int status, const struct error *error)
{
    struct running *running = report_owner(arg);

    progress_hide(running->progress);
    session_fail(&running->session, status, error);
}

static int exit_status(const struct running *running)
{
    const struct session *session = &running->session;

    if (session->status)
        return session->status;
    if (running->unreadable)
        return EXIT_USAGE;
    return flow_counts(engine_flow(session->engine))->failed ? EXIT_FAILED_RUN
                                                             : EXIT_WELL;
}

static int run_engine(struct running *running, struct engine_config *config)
{
    int status;

    config->events = report_events(running->report);
    config->fatal = fatal;
    running->session.on_interrupt = interrupted;
    running->session.arg = running;
    status = session_open(&running->session, config);
    if (status)
        return status;
    uv_timer_init(engine_loop(running->session.engine), &running->timer);
    running->timer.data = running;
    running->progress = progress_new(running->session.engine);
    flow_keep(engine_flow(running->session.engine));
    advance(running);
    session_run(&running->session);
    progress_close(running->progress);
    running->progress = NULL;
    report_summary(running->report,
                   flow_counts(engine_flow(running->session.engine)));
    status = exit_status(running);
    if (running->intake)
        intake_close(running->intake);
    uv_close((uv_handle_t *)&running->timer, NULL);
    session_close(&running->session);
    return status;
}

/* ---- before anything is started -------------------------------------- */

static int check_files(const char *const *files)
{
    for (; *files; files++) {
        struct error error;

        /* Not opened: a FIFO's writer would find its reader gone again. */
        if (strcmp(*files, "-") != 0 && access(*files, R_OK)) {
            error_at(&error, ERROR_INVALID, *files, 0, 0, "%s",
                     strerror(errno));
            return site_error(&error);
        }
    }
    return 0;
}

static int check_names(const struct set *set, const char *source,
                       const char *const *policies)
{
    struct error error;

    if (strcmp(source, "auto") != 0 && !set_source(set, source, &error))
        return site_error(&error);
    for (; *policies; policies++)
        if (!set_policy(set, *policies, &error))
            return site_error(&error);
    return 0;
}

static int read_wait(const struct args *args, int64_t *wait)
{
    const char *text = args_value(args, "--wait");

    if (!text || !clock_duration(str_of(text), wait))
        return 0;
    log_line("error: --wait %s is no duration such as 30s, 10m or 1h", text);
    return EXIT_USAGE;
}

static int run_site(const struct args *args, struct set *set,
                    const char **files, const char *const *policies)
{
    bool dry = args_has(args, "--dry-run");
    bool none = dry || args_has(args, "--no-journal");
    const char *source = args_value(args, "--source");
    struct running running = {
        .source = source ? source : "auto",
        .files = files,
    };
    struct engine_config config = {
        .set = set,
        .mode = dry ? GATE_DRY : GATE_LIVE,
        .volatile_journal = none,
        .fd = args->fd,
        .recover = true,
        .only = policies[0] ? policies : NULL,
    };
    char *quarantine =
        none ? NULL
             : alloc_printf("%s/quarantine.ndjson", set->settings->state);
    int status = read_wait(args, &running.wait);

    if (!status)
        status = check_names(set, running.source, policies);

    if (!status) {
        running.report = report_new(&(struct report_config){
            .json = args->json,
            .colour = print_colours(STDOUT_FILENO),
            .quarantine = quarantine,
            .before = before_output,
            .changed = changed,
            .arg = &running,
        });
        status = run_engine(&running, &config);
        report_free(running.report);
    }
    free(quarantine);
    return status;
}

static int run(const struct args *args)
{
    static const char *standard_input[] = {"-", NULL};
    const char **files = args->len ? args->items : standard_input;
    const char **policies;
    struct set *set;
    int status;

    if (!args->len && isatty(STDIN_FILENO)) {
        log_line("error: run needs a FILE, or alarms on stdin");
        help_usage(stderr, args->command);
        return EXIT_USAGE;
    }
    status = check_files(files);
    if (status)
        return status;
    set = site_load(args, SET_ALL);
    if (!set)
        return EXIT_USAGE;
    policies = args_values(args, "--policy");
    status = run_site(args, set, files, policies);
    free(policies);
    set_unref(set);
    return status;
}

static const char *executor(const struct args *args)
{
    (void)args;
    return "run";
}

static const struct option options[] = {
    {"--source", NULL, "SOURCE|auto",
     "how the input becomes alarms (default: auto)", false},
    {"--policy", NULL, "NAME", "only that policy", true},
    {"--wait", NULL, "DURATION",
     "how long to wait at the end for people and timers (default: 0s)", false},
    {"--dry-run", NULL, NULL,
     "start no remediation and write nothing under state/", false},
    {"--no-journal", NULL, NULL,
     "keep the journal in memory; remediations still run", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_run = {
    .name = "run",
    .arguments = "[FILE…|-]",
    .summary = "Read alarms and run the policies that they concern",
    .detail =
        "Reads the files one after another, or stdin, to their end, and waits "
        "for every\nrun. The same alarms once more are duplicates: nothing is "
        "done for them again.\nThe first interrupt lets running actions end, "
        "the second kills them.\nWith --no-journal remediations still run and "
        "plugins keep their own files under\nstate/; only --dry-run starts no "
        "remediation.\n\n"
        "Examples:\n"
        "  riposte run --source sshd /var/log/auth.log\n"
        "  riposte run --dry-run --json alarms.ndjson\n",
    .options = options,
    .max_args = ARGS_ANY,
    .run = run,
    .executor = executor,
};
