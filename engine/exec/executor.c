#include "exec/executor.h"

#include "base/alloc.h"
#include "base/crash.h"
#include "base/log.h"
#include "exec/pool.h"
#include "exec/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

enum { EXIT_CRASHED = 70, RESTART_WINDOW_MS = 60 * 1000 };

struct executor {
    uv_loop_t loop;
    bool serve;
    char **argv; /* the caller's */
    struct hello hello;
    struct pool *pool;      /* owned */
    uv_process_t *engine;   /* owned; NULL when none runs */
    struct wire *wire;      /* owned; to the engine, NULL when it is gone */
    bool engine_dead;       /* it was waited for: no job is started any more */
    uv_signal_t signals[2]; /* TERM and HUP */
    bool terminated;        /* TERM came; the engine may have died before it
                               heard of it */
    /* When the last restarts were, in ms of the loop, as a ring. */
    uint64_t restarted[EXECUTOR_RESTARTS];
    unsigned restarts;
    int status; /* of this process */
};

static int start_engine(struct executor *executor, struct error *error);

/* ---- What the engine says, and hears ---------------------------------- */

static void on_pool_frame(void *arg, struct str frame)
{
    struct executor *executor = arg;

    if (executor->wire)
        wire_send_frame(executor->wire, frame);
}

static int on_frame(void *arg, struct str frame, struct error *error)
{
    struct executor *executor = arg;

    /* The next engine sends it again, or decides otherwise. */
    if (executor->engine_dead && frame_type(frame) == FRAME_JOB)
        return 0;
    return pool_frame(executor->pool, frame, error);
}

/* Where the engine closed the connection it is about to end. One that talks
 * nonsense is broken, and is treated like one that crashed. */
static void on_wire_ended(void *arg, const struct error *error)
{
    struct executor *executor = arg;

    wire_close(executor->wire);
    executor->wire = NULL;
    if (!error)
        return;
    log_error(error);
    if (!executor->engine_dead)
        uv_process_kill(executor->engine, SIGKILL);
}

/* ---- The engine's end ------------------------------------------------- */

static void have_closed_engine(uv_handle_t *handle)
{
    free(handle);
}

static void finish(struct executor *executor, int status)
{
    executor->status = status;
    pool_end(executor->pool);
}

/* True where the engine may be started once more. */
static bool count_restart(struct executor *executor)
{
    uint64_t now = uv_now(&executor->loop);
    uint64_t *oldest =
        &executor->restarted[executor->restarts % EXECUTOR_RESTARTS];

    if (executor->restarts >= EXECUTOR_RESTARTS &&
        now - *oldest < RESTART_WINDOW_MS)
        return false;
    *oldest = now;
    executor->restarts++;
    return true;
}

static void on_crash(struct executor *executor, int signal)
{
    struct error error;

    if (!executor->serve) {
        log_line("the engine was ended by signal %d; its actions are ended",
                 signal);
        finish(executor, EXIT_CRASHED);
    } else if (!count_restart(executor)) {
        log_line("the engine was ended by signal %d, and was started %d times "
                 "in a minute already: giving up",
                 signal, EXECUTOR_RESTARTS);
        finish(executor, EXIT_CRASHED);
    } else {
        log_line("the engine was ended by signal %d: starting it again",
                 signal);
        if (start_engine(executor, &error) < 0) {
            log_error(&error);
            finish(executor, EXIT_CRASHED);
        }
    }
}

/* Those by which a user or a service manager asks for the end. */
static bool asked_to_end(int signal)
{
    return signal == SIGINT || signal == SIGTERM || signal == SIGHUP;
}

static void on_engine_exit(uv_process_t *process, int64_t status, int signal)
{
    struct executor *executor = process->data;

    CRASH(EXECUTOR_ENGINE_GONE);
    executor->engine_dead = true;
    pool_spare(executor->pool, 0);
    if (executor->wire)
        wire_drain(executor->wire);
    if (executor->wire)
        wire_close(executor->wire);
    executor->wire = NULL;
    executor->engine = NULL;
    uv_close((uv_handle_t *)process, have_closed_engine);
    if (!signal)
        finish(executor, (int)status);
    else if (asked_to_end(signal))
        finish(executor, 128 + signal);
    else if (executor->terminated)
        finish(executor, 128 + SIGTERM);
    else
        on_crash(executor, signal);
}

/* ---- The engine's start ----------------------------------------------- */

/* The environment with the descriptor's number in it. free() the array and
 * its first item; the others are the environment's. */
static char **engine_environment(int fd)
{
    size_t count = 0;
    char **env;

    while (environ[count])
        count++;
    env = alloc_zeroed(count + 2, sizeof *env);
    env[0] = alloc_printf("RIPOSTE_EXEC_FD=%d", fd);
    memcpy(env + 1, environ, count * sizeof *env);
    return env;
}

/* The descriptor keeps its number: a fixed one might be the user's, who may
 * have handed over files by number (riposte run /dev/fd/3). */
static int spawn_engine(struct executor *executor, int fd)
{
    char **env = engine_environment(fd);
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_INHERIT_FD, .data.fd = STDIN_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDOUT_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    uv_process_options_t options = {
        .exit_cb = on_engine_exit,
        .file = executor->argv[0],
        .args = executor->argv,
        .env = env,
        .stdio_count = 3,
        .stdio = stdio,
    };
    int status;

    fcntl(fd, F_SETFD, 0);
    status = uv_spawn(&executor->loop, executor->engine, &options);
    free(env[0]);
    free(env);
    return status;
}

static int start_engine(struct executor *executor, struct error *error)
{
    struct wire_events events = {on_frame, on_wire_ended, executor};
    struct buf hello = {0};
    int fds[2];
    int status = wire_pair(fds, error);

    if (status)
        return status;
    status =
        wire_open(&executor->wire, &executor->loop, fds[0], &events, error);
    if (status) {
        close(fds[1]);
        return status;
    }
    executor->engine = ALLOC(uv_process_t);
    executor->engine->data = executor;
    status = spawn_engine(executor, fds[1]);
    close(fds[1]);
    if (status) {
        wire_close(executor->wire);
        executor->wire = NULL;
        uv_close((uv_handle_t *)executor->engine, have_closed_engine);
        executor->engine = NULL;
        return error_set(error, ERROR_SYSTEM, "cannot start the engine %s: %s",
                         executor->argv[0], uv_strerror(status));
    }
    executor->engine_dead = false;
    pool_spare(executor->pool, executor->engine->pid);
    frame_hello(&hello, &executor->hello);
    wire_send(executor->wire, &hello);
    pool_repeat(executor->pool);
    return 0;
}

/* ---- The process ------------------------------------------------------ */

static void on_signal(uv_signal_t *handle, int number)
{
    struct executor *executor = handle->data;

    executor->terminated = executor->terminated || number == SIGTERM;
    if (executor->engine)
        uv_process_kill(executor->engine, number);
}

static void on_pool_ended(void *arg)
{
    struct executor *executor = arg;

    for (int i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&executor->signals[i], NULL);
    pool_free(executor->pool);
}

static void watch_signals(struct executor *executor)
{
    static const int forwarded[2] = {SIGTERM, SIGHUP};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGPIPE, &ignore, NULL);
    /* The terminal gives it to the engine too, which decides. */
    sigaction(SIGINT, &ignore, NULL);
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&executor->loop, &executor->signals[i]);
        executor->signals[i].data = executor;
        uv_signal_start(&executor->signals[i], on_signal, forwarded[i]);
    }
}

static int init(struct executor *executor, struct error *error)
{
    struct pool_events events = {on_pool_frame, on_pool_ended, executor};
    int status;

    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return error_set(error, ERROR_SYSTEM, "cannot become a subreaper: %s",
                         strerror(errno));
    if (getrandom(&executor->hello, sizeof executor->hello, 0) !=
        (ssize_t)sizeof executor->hello)
        return error_set(error, ERROR_SYSTEM, "cannot get random bytes: %s",
                         strerror(errno));
    status = uv_loop_init(&executor->loop);
    if (status)
        return error_set(error, ERROR_SYSTEM, "cannot make a loop: %s",
                         uv_strerror(status));
    executor->pool = pool_new(&executor->loop, &events);
    watch_signals(executor);
    return 0;
}

int executor_run(bool serve, char **argv)
{
    struct executor *executor = ALLOC(struct executor);
    struct error error;
    int status;

    executor->serve = serve;
    executor->argv = argv;
    if (init(executor, &error) < 0) {
        log_error(&error);
        free(executor);
        return EXIT_CRASHED;
    }
    if (start_engine(executor, &error) < 0) {
        log_error(&error);
        finish(executor, EXIT_CRASHED);
    }
    uv_run(&executor->loop, UV_RUN_DEFAULT);
    uv_loop_close(&executor->loop);
    status = executor->status;
    free(executor);
    return status;
}
