#include "cli/session.h"

#include "base/log.h"
#include "cli/command.h"

#include <signal.h>
#include <unistd.h>

void session_fail(struct session *session, int status,
                  const struct error *error)
{
    log_error(error);
    session->status = status;
    session_end(session);
}

static void stop(struct session *session)
{
    size_t running = gate_running(engine_gate(session->engine));

    session->interrupted = true;
    session->status = EXIT_INTERRUPTED;
    if (running)
        log_line("finishing %zu action%s, interrupt again to kill %s", running,
                 running == 1 ? "" : "s", running == 1 ? "it" : "them");
    flow_stop(engine_flow(session->engine));
    if (session->on_interrupt)
        session->on_interrupt(session->arg);
}

/* What is not finished stays in the journal as it is. */
static void signalled(uv_signal_t *handle, int number)
{
    struct session *session = handle->data;

    if (number == SIGHUP)
        log_line("HUP is ignored: only serve loads its site anew");
    else if (session->interrupted)
        _exit(EXIT_INTERRUPTED);
    else
        stop(session);
}

int session_open(struct session *session, const struct engine_config *config)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct error error;

    if (engine_open(&session->engine, config, &error)) {
        log_error(&error);
        return error.code == ERROR_BUSY ? EXIT_BUSY : EXIT_JOURNAL;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uv_signal_t *handle = &session->signals[i];

        handle->data = session;
        uv_signal_init(engine_loop(session->engine), handle);
        uv_signal_start(handle, signalled, numbers[i]);
        uv_unref((uv_handle_t *)handle);
    }
    return 0;
}

void session_run(struct session *session)
{
    uv_run(engine_loop(session->engine), UV_RUN_DEFAULT);
}

void session_end(struct session *session)
{
    uv_stop(engine_loop(session->engine));
}

void session_close(struct session *session)
{
    for (size_t i = 0; i < sizeof session->signals / sizeof *session->signals;
         i++)
        uv_close((uv_handle_t *)&session->signals[i], NULL);
    engine_close(session->engine);
}
