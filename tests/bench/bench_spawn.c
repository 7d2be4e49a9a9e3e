/*
 * What the way through executor and slots costs: actions a second beside a
 * bare uv_spawn loop in this process, the same child, as many at a time. Both
 * in alternation, so that what else the host does strikes both.
 *
 * usage: bench_spawn       (RIPOSTE_BUILD: the folder of riposte-exec)
 */
#include "base/alloc.h"
#include "exec/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 5, CHILDREN = 300 };

static char *const child_argv[] = {"/bin/echo", "ok", NULL};
static char *const child_env[] = {"LANG=C.UTF-8", NULL};

struct bench {
    uv_loop_t loop;
    struct exec_client *client;
    int started, ended; /* of CHILDREN, in this round */
};

static void die(const char *what)
{
    fprintf(stderr, "bench_spawn: %s\n", what);
    exit(1);
}

/* ---- A bare loop ------------------------------------------------------ */

struct child {
    struct bench *bench;
    uv_process_t process;
    uv_pipe_t out;
    char buffer[4096];
    size_t len;
    int open; /* handles */
};

static void start_bare(struct bench *bench);

static void have_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;
    struct bench *bench = child->bench;

    if (--child->open)
        return;
    if (child->len != 3)
        die("the child did not say ok");
    free(child);
    bench->ended++;
    if (bench->started < CHILDREN)
        start_bare(bench);
}

static void room_for(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct child *child = handle->data;

    (void)suggested;
    *buf = uv_buf_init(child->buffer, sizeof child->buffer);
}

static void have_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct child *child = stream->data;

    (void)buf;
    if (len < 0)
        uv_close((uv_handle_t *)stream, have_closed);
    else
        child->len += (size_t)len;
}

static void on_exit_of_child(uv_process_t *process, int64_t status, int signal)
{
    if (status || signal)
        die("the child failed");
    uv_close((uv_handle_t *)process, have_closed);
}

static void start_bare(struct bench *bench)
{
    struct child *child = ALLOC(struct child);
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&child->out},
        {.flags = UV_IGNORE},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of_child,
        .file = child_argv[0],
        .args = (char **)child_argv,
        .env = (char **)child_env,
        .cwd = "/",
        .stdio_count = 3,
        .stdio = stdio,
    };

    child->bench = bench;
    child->open = 2;
    uv_pipe_init(&bench->loop, &child->out, 0);
    child->out.data = child->process.data = child;
    if (uv_spawn(&bench->loop, &child->process, &options) ||
        uv_read_start((uv_stream_t *)&child->out, room_for, have_read))
        die("cannot start the child");
    bench->started++;
}

/* ---- Through executor and slots --------------------------------------- */

static void start_job(struct bench *bench)
{
    char step[32];
    struct job job = {
        .step = step,
        .argv = (char **)child_argv,
        .env = (char **)child_env,
        .folder = (char *)"/",
        .timeout = 60000,
        .grace = 5000,
    };

    snprintf(step, sizeof step, "r%d", bench->started++);
    exec_client_start(bench->client, &job);
}

static void on_result(void *arg, const struct result *result)
{
    struct bench *bench = arg;

    if (result->verdict != VERDICT_EXITED || result->code ||
        result->out_len != 3)
        die("the job failed");
    exec_client_forget(bench->client, result->step);
    bench->ended++;
    if (bench->started < CHILDREN)
        start_job(bench);
}

static void on_lost(void *arg, const struct error *error)
{
    (void)arg;
    die(error->text);
}

/* ---- Rounds ----------------------------------------------------------- */

static double run_round(struct bench *bench, void (*start)(struct bench *),
                        int at_a_time)
{
    uint64_t begun = uv_hrtime();

    bench->started = bench->ended = 0;
    for (int i = 0; i < at_a_time; i++)
        start(bench);
    while (bench->ended < CHILDREN)
        uv_run(&bench->loop, UV_RUN_ONCE);
    return CHILDREN / ((double)(uv_hrtime() - begun) / 1e9);
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_size);
    return values[ROUNDS / 2];
}

static void compare(struct bench *bench, int at_a_time)
{
    double bare[ROUNDS], slots[ROUNDS], ratio[ROUNDS];

    run_round(bench, start_job, at_a_time); /* starts the slots */
    for (int i = 0; i < ROUNDS; i++) {
        bare[i] = run_round(bench, start_bare, at_a_time);
        slots[i] = run_round(bench, start_job, at_a_time);
        ratio[i] = slots[i] / bare[i];
    }
    printf("actions/s, %2d at a time: bare uv_spawn %5.0f, executor and slots "
           "%5.0f, ratio %.2f\n",
           at_a_time, median(bare), median(slots), median(ratio));
}

static void become_engine(const char *program)
{
    const char *build = getenv("RIPOSTE_BUILD");
    char *executor = alloc_printf("%s/riposte-exec", build ? build : "build");

    execl(executor, executor, "run", program, (char *)NULL);
    fprintf(stderr, "bench_spawn: cannot start %s\n", executor);
    exit(1);
}

int main(int argc, char **argv)
{
    struct bench bench = {.started = 0};
    struct exec_client_events events = {on_result, NULL, on_lost, &bench};
    struct error error;

    (void)argc;
    if (!getenv("RIPOSTE_EXEC_FD"))
        become_engine(argv[0]);
    uv_loop_init(&bench.loop);
    if (exec_client_open(&bench.client, &bench.loop, exec_client_inherited(),
                         &events, &error) < 0)
        die(error.text);
    compare(&bench, 1);
    compare(&bench, 2);
    compare(&bench, 8);
    exec_client_close(bench.client);
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    return uv_loop_close(&bench.loop) ? 1 : 0;
}
