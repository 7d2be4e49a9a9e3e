#include "serve/serve_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_WELL = 0, EXIT_USAGE = 2, EXIT_BUSY = 69, EXIT_JOURNAL = 70 };

static const int signal_numbers[SERVE_SIGNALS] = {SIGHUP, SIGTERM, SIGINT};

static void finish(struct serve *serve, int status)
{
    if (!serve->status)
        serve->status = status;
    uv_stop(engine_loop(serve->engine));
}

/* ---- events ------------------------------------------------------------ */

static void on_begun(void *arg, const struct flow_run *run)
{
    const struct flow_events *events = &((struct serve *)arg)->config->events;

    if (events->begun)
        events->begun(events->arg, run);
}

static void on_step(void *arg, const struct flow_step *step)
{
    const struct flow_events *events = &((struct serve *)arg)->config->events;

    if (events->step)
        events->step(events->arg, step);
}

static void on_run(void *arg, const struct flow_run *run)
{
    const struct flow_events *events = &((struct serve *)arg)->config->events;

    if (events->run)
        events->run(events->arg, run);
}

static void on_refused(void *arg, const char *where, unsigned line,
                       const char *reason)
{
    const struct flow_events *events = &((struct serve *)arg)->config->events;

    if (events->refused)
        events->refused(events->arg, where, line, reason);
}

/* Everything that was read is answered, nothing runs. */
static void finish_if_drained(struct serve *serve)
{
    if (serve->draining && flow_idle(engine_flow(serve->engine)) &&
        inputs_idle(serve->inputs))
        finish(serve, EXIT_WELL);
}

static void on_changed(void *arg)
{
    struct serve *serve = arg;
    const struct flow_events *events = &serve->config->events;
    struct flow *flow = engine_flow(serve->engine);

    finish_if_drained(serve);
    if (!serve->draining && serve->inputs && flow_ready(flow))
        inputs_resume(serve->inputs);
    if (events->changed)
        events->changed(events->arg);
}

static void on_fatal(void *arg, int status, const struct error *error)
{
    log_error(error);
    finish(arg, status);
}

/* ---- signals ----------------------------------------------------------- */

bool serve_draining(const struct serve *serve)
{
    return serve->draining;
}

/* What is not finished goes on at the next start. */
static void drain(struct serve *serve)
{
    struct flow *flow = engine_flow(serve->engine);
    size_t running = gate_running(engine_gate(serve->engine));

    serve->draining = true;
    inputs_drain(serve->inputs);
    flow_stop(flow);
    if (running)
        log_line("stopping once %zu running action%s ended; again to stop "
                 "at once",
                 running, running == 1 ? " has" : "s have");
    finish_if_drained(serve);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct serve *serve = handle->data;

    if (number == SIGHUP && !serve->draining)
        serve_reload(serve);
    else if (number != SIGHUP && serve->draining)
        finish(serve, 128 + number);
    else if (number != SIGHUP)
        drain(serve);
}

/* Blocked until the handlers are there, so that none is lost to their
 * defaults: state/lock tells everybody whom to signal. */
static void block_signals(int how)
{
    sigset_t set;

    sigemptyset(&set);
    for (int i = 0; i < SERVE_SIGNALS; i++)
        sigaddset(&set, signal_numbers[i]);
    pthread_sigmask(how, &set, NULL);
}

static void start_signals(struct serve *serve)
{
    for (int i = 0; i < SERVE_SIGNALS; i++) {
        uv_signal_init(engine_loop(serve->engine), &serve->signals[i]);
        serve->signals[i].data = serve;
        uv_signal_start(&serve->signals[i], on_signal, signal_numbers[i]);
    }
}

/* ---- inputs ------------------------------------------------------------ */

static void on_failed(void *arg, const struct error *error)
{
    log_error(error);
    finish(arg, EXIT_USAGE);
}

static void on_drained(void *arg)
{
    finish_if_drained(arg);
}

/* The set may be swapped; the inputs are those of the one at the start. */
static int open_inputs(struct serve *serve, struct error *error)
{
    return inputs_open(&serve->inputs,
                       &(struct inputs_config){
                           .loop = engine_loop(serve->engine),
                           .flow = engine_flow(serve->engine),
                           .entries = &serve->begun->settings->intake,
                           .follow = serve->config->follow,
                           .source = serve->config->source,
                           .failed = on_failed,
                           .drained = on_drained,
                           .arg = serve,
                       },
                       error);
}

/* ---- the control socket ------------------------------------------------- */

struct engine *serve_engine(struct serve *serve)
{
    return serve->engine;
}

static void on_ask(void *arg, struct control_ask *ask)
{
    struct serve *serve = arg;

    serve->config->ask(serve->config->arg, serve, ask);
}

/* Alarms go on without it. */
static void open_control(struct serve *serve)
{
    const struct set *set = flow_set(engine_flow(serve->engine));
    struct error error;

    if (!control_open(&serve->control,
                      &(struct control_config){
                          .loop = engine_loop(serve->engine),
                          .path = set->settings->control,
                          .ask = on_ask,
                          .arg = serve,
                      },
                      &error))
        return;
    log_error(&error);
    log_line("nobody can ask this engine for anything until it is started "
             "anew");
}

static void close_control(struct serve *serve)
{
    serve->config->ending(serve->config->arg);
    control_close(serve->control);
}

/* ---- its life ---------------------------------------------------------- */

static int open_engine(struct serve *serve, struct set *set,
                       struct error *error)
{
    struct engine_config config = {
        .set = set,
        .mode = GATE_LIVE,
        .fd = serve->config->fd,
        .recover = true,
        .events = {.begun = on_begun,
                   .step = on_step,
                   .run = on_run,
                   .refused = on_refused,
                   .changed = on_changed,
                   .arg = serve},
        .fatal = on_fatal,
    };

    return engine_open(&serve->engine, &config, error);
}

static void work(struct serve *serve, struct set *set)
{
    struct error error = {0};

    start_signals(serve);
    block_signals(SIG_UNBLOCK);
    if (open_inputs(serve, &error)) {
        log_error(&error);
        serve->status = EXIT_USAGE;
    } else {
        open_control(serve);
        if (set->settings->watch)
            serve->watch = watch_new(engine_loop(serve->engine), set->site,
                                     serve_look_again, serve);
        serve_say_in_force(set);
        flow_schedule(engine_flow(serve->engine));
        flow_keep(engine_flow(serve->engine));
        uv_run(engine_loop(serve->engine), UV_RUN_DEFAULT);
    }
    inputs_close(serve->inputs);
    close_control(serve);
    watch_free(serve->watch);
    for (int i = 0; i < SERVE_SIGNALS; i++)
        uv_close((uv_handle_t *)&serve->signals[i], NULL);
}

int serve_run(const struct serve_config *config, struct set *set)
{
    struct serve serve = {.since = clock_now(), .config = config, .begun = set};
    struct error error = {0};
    int err;

    signal(SIGPIPE, SIG_IGN);
    block_signals(SIG_BLOCK);
    err = open_engine(&serve, set, &error);
    if (err) {
        block_signals(SIG_UNBLOCK);
        log_error(&error);
        return err == ERROR_BUSY ? EXIT_BUSY : EXIT_JOURNAL;
    }
    work(&serve, set);
    engine_close(serve.engine);
    problems_free(&serve.refused);
    inputs_free(serve.inputs);
    return serve.status;
}
