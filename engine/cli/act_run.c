#include "base/log.h"
#include "cli/act.h"
#include "cli/report.h"
#include "cli/session.h"

/* A manual run of one action. */
struct acting {
    struct session session;
    bool json;
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
    if (acting->json)
        report_step_json(step);
    else
        act_show_step(step);
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
    struct acting acting = {.json = args->json};
    struct engine_config config = {
        .set = set,
        .mode = dry ? GATE_SHOW : GATE_LIVE,
        .volatile_journal = dry,
        .fd = args->fd,
        .events = {.step = on_step,
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
        return status;
    }
    flow_act(engine_flow(acting.session.engine), request, alarm);
    session_run(&acting.session);
    status = exit_status(&acting);
    session_close(&acting.session);
    return status;
}
