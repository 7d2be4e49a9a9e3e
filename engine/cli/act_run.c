#include "base/log.h"
#include "cli/act.h"
#include "cli/report.h"
#include "cli/session.h"

/* A manual run of one action. */
struct acting {
    struct session session;
    struct act_show *show; /* owned; NULL: JSON */
    bool answered;
    enum step_status step; /* once it is answered */
};

/* ---- what came of it ------------------------------------------------- */

static void on_step(void *arg, const struct flow_step *step)
{
    struct acting *acting = arg;

    acting->answered = true;
    acting->step = step->answer->status;
    if (step->request->action->unavailable && acting->step == STEP_DRY)
        log_line("warning: it is unavailable here: %s",
                 step->request->action->unavailable);
    if (acting->show)
        act_show_step(acting->show, step);
    else
        report_step_json(step);
}

static void on_started(void *arg, const struct argv *argv)
{
    act_show_started(((struct acting *)arg)->show, argv);
}

static void on_output(void *arg, int stream, struct str bytes)
{
    act_show_output(((struct acting *)arg)->show, stream, bytes);
}

static void check_end(void *arg)
{
    struct acting *acting = arg;

    if (flow_idle(engine_flow(acting->session.engine)))
        session_end(&acting->session);
}

static void on_run(void *arg, const struct flow_run *run)
{
    (void)run;
    check_end(arg);
}

static void on_refused(void *arg, const char *where, unsigned line,
                       const char *reason)
{
    (void)arg;
    log_line("error: %s:%u: %s", where, line, reason);
}

static void fatal(void *arg, int status, const struct error *error)
{
    struct acting *acting = arg;

    session_fail(&acting->session, status, error);
}

/* ---- the engine ------------------------------------------------------ */

static int exit_status(const struct acting *acting)
{
    if (acting->session.status)
        return acting->session.status;
    return acting->answered &&
                   (acting->step == STEP_EXECUTED || acting->step == STEP_DRY)
               ? EXIT_WELL
               : EXIT_FAILED_RUN;
}

int act_run(const struct args *args, struct set *set, struct request *request,
            struct alarm *alarm)
{
    bool dry = args_has(args, "--dry-run");
    struct acting acting = {.show = args->json ? NULL : act_show_new()};
    struct engine_config config = {
        .set = set,
        .mode = dry ? GATE_SHOW : GATE_LIVE,
        .volatile_journal = dry,
        .fd = args->fd,
        .events = {.started = args->json ? NULL : on_started,
                   .output = args->json ? NULL : on_output,
                   .step = on_step,
                   .run = on_run,
                   .refused = on_refused,
                   .changed = check_end,
                   .arg = &acting},
        .fatal = fatal,
    };
    int status;

    acting.session.on_interrupt = check_end;
    acting.session.arg = &acting;
    status = session_open(&acting.session, &config);
    if (status) {
        request_free(request);
    } else {
        flow_act(engine_flow(acting.session.engine), request, alarm);
        session_run(&acting.session);
        status = exit_status(&acting);
        session_close(&acting.session);
    }
    act_show_free(acting.show);
    return status;
}
