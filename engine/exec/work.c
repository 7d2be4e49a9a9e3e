#include "exec/work.h"

#include "base/alloc.h"
#include "base/crash.h"
#include "exec/capture.h"
#include "exec/tree.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    /* How long output is still read when nothing of the tree is left: only a
     * pipe that was handed to a stranger is open then. */
    DRAIN_MS = 1000,
    SWEEP_MS = 5, /* from one round of killing to the next */
    /* What KILL has not ended by then hangs in the kernel. */
    SWEEP_PATIENCE_MS = 10 * 1000,
};

enum phase {
    RUNNING,
    ENDING,   /* TERM was sent, and its grace is running */
    KILLING,  /* rounds of KILL until nothing is left of the tree */
    DRAINING, /* nothing is left, but maybe something to read */
    DONE,
};

struct work {
    uv_loop_t *loop;
    struct job job; /* owned */
    struct work_events events;
    enum phase phase;
    struct result result; /* owned; verdict 0 until one is known */
    uv_process_t process;
    bool spawned; /* the process handle is libuv's */
    bool exited;  /* and the process was waited for */
    uv_timer_t timer;
    uv_pipe_t input;
    uv_write_t writing;
    struct capture *out, *err; /* they free themselves */
    size_t written;            /* of both streams */
    uint64_t begun;            /* ns */
    uint64_t killed;           /* ms of the loop: when KILLING began */
    unsigned open;             /* handles that are not closed yet */
    bool freed;
};

static void set_timer(struct work *work, uv_timer_cb callback, uint64_t ms)
{
    /* The loop's clock stands still while callbacks run. */
    uv_update_time(work->loop);
    uv_timer_start(&work->timer, callback, ms, 0);
}

/* The first reason to end counts: what follows is its consequence. */
static void decide(struct work *work, enum verdict verdict, int code)
{
    if (work->result.verdict)
        return;
    work->result.verdict = verdict;
    work->result.code = code;
}

/* ---- The end ---------------------------------------------------------- */

static void finish(struct work *work)
{
    struct result *result = &work->result;
    bool cut = result->verdict != VERDICT_EXITED;

    uv_timer_stop(&work->timer);
    work->phase = DONE;
    result->step = alloc_text(work->job.step);
    result->out =
        capture_take(work->out, cut, &result->out_len, &result->out_truncated);
    result->err =
        capture_take(work->err, cut, &result->err_len, &result->err_truncated);
    work->events.done(work->events.arg, result);
}

static void on_finish(uv_timer_t *timer)
{
    finish(timer->data);
}

static void finish_when_read(struct work *work)
{
    if (work->phase == DRAINING && !capture_is_reading(work->out) &&
        !capture_is_reading(work->err))
        finish(work);
}

static bool is_program(void *arg, pid_t pid)
{
    const struct work *work = arg;

    return work->spawned && !work->exited && pid == work->process.pid;
}

void work_reap(struct work *work)
{
    tree_reap(&(struct tree_spares){is_program, work});
}

/* One round of killing. libuv waits for the program itself, this for all
 * others, which are orphans by now or will be. */
static void sweep(uv_timer_t *timer)
{
    struct work *work = timer->data;

    work_reap(work);
    if (work->exited && tree_empty()) {
        work->phase = DRAINING;
        set_timer(work, on_finish, DRAIN_MS);
        finish_when_read(work);
    } else if (uv_now(work->loop) - work->killed > SWEEP_PATIENCE_MS) {
        work->events.stuck(work->events.arg);
    } else {
        tree_signal(SIGKILL, NULL);
        set_timer(work, sweep, SWEEP_MS);
    }
}

static void begin_killing(struct work *work)
{
    if (work->phase >= KILLING)
        return;
    work->phase = KILLING;
    uv_update_time(work->loop);
    work->killed = uv_now(work->loop);
    sweep(&work->timer);
}

static void on_grace_over(uv_timer_t *timer)
{
    begin_killing(timer->data);
}

static void begin_ending(struct work *work, enum verdict verdict)
{
    if (work->phase != RUNNING)
        return;
    decide(work, verdict, 0);
    work->phase = ENDING;
    tree_signal(SIGTERM, NULL);
    set_timer(work, on_grace_over, work->job.grace);
}

static void on_timeout(uv_timer_t *timer)
{
    begin_ending(timer->data, VERDICT_TIMED_OUT);
}

void work_cancel(struct work *work)
{
    begin_ending(work, VERDICT_CANCELLED);
}

void work_kill(struct work *work)
{
    if (work->phase < KILLING)
        decide(work, VERDICT_CANCELLED, 0);
    begin_killing(work);
}

static void on_exit_of_program(uv_process_t *process, int64_t status,
                               int signal)
{
    struct work *work = process->data;

    CRASH(SLOT_EXITED);
    work->exited = true;
    work->result.micros = (uv_hrtime() - work->begun) / 1000;
    if (signal)
        decide(work, VERDICT_SIGNALLED, signal);
    else
        decide(work, VERDICT_EXITED, (int)status);
    if (work->phase < KILLING)
        begin_killing(work);
    else
        sweep(&work->timer);
}

/* ---- Output and input ------------------------------------------------- */

static void on_written(void *arg, size_t len)
{
    struct work *work = arg;

    work->written += len;
    if (work->written > JOB_OUTPUT_KILL && work->phase < KILLING) {
        decide(work, VERDICT_OUTPUT_LIMIT, 0);
        begin_killing(work);
    }
}

static void on_output(void *arg, int stream, struct str bytes)
{
    struct work *work = arg;

    work->events.output(work->events.arg, stream, bytes);
}

static void on_ended(void *arg)
{
    finish_when_read(arg);
}

static void free_when_closed(struct work *work)
{
    if (!work->freed || work->open)
        return;
    job_clear(&work->job);
    result_clear(&work->result);
    free(work);
}

static void have_closed(uv_handle_t *handle)
{
    struct work *work = handle->data;

    work->open--;
    free_when_closed(work);
}

/* End of file for the program, or nobody there to read. */
static void have_written(uv_write_t *request, int status)
{
    uv_handle_t *handle = (uv_handle_t *)request->handle;

    if (status != UV_ECANCELED && !uv_is_closing(handle))
        uv_close(handle, have_closed);
}

static void write_input(struct work *work)
{
    uv_stream_t *stream = (uv_stream_t *)&work->input;
    uv_buf_t bytes =
        uv_buf_init(work->job.input, (unsigned)work->job.input_len);

    if (uv_write(&work->writing, stream, &bytes, 1, have_written))
        uv_close((uv_handle_t *)stream, have_closed);
}

/* ---- The start -------------------------------------------------------- */

static int open_input(struct work *work, uv_file *child)
{
    uv_file ends[2];
    int status;

    if (!work->job.input)
        return 0;
    status = uv_pipe(ends, 0, UV_NONBLOCK_PIPE);
    if (status)
        return status;
    *child = ends[0];
    status = uv_pipe_open(&work->input, ends[1]);
    if (status)
        close(ends[1]);
    return status;
}

static int spawn_with(struct work *work, const uv_file child[3])
{
    uv_stdio_container_t stdio[3];
    uv_process_options_t options = {
        .exit_cb = on_exit_of_program,
        .file = work->job.argv[0],
        .args = work->job.argv,
        .env = work->job.env,
        .cwd = work->job.folder,
        .flags = UV_PROCESS_DETACHED, /* a session of its own */
        .stdio_count = 3,
        .stdio = stdio,
    };
    int status;

    for (int i = 0; i < 3; i++) {
        stdio[i].flags = child[i] < 0 ? UV_IGNORE : UV_INHERIT_FD;
        stdio[i].data.fd = child[i];
    }
    work->begun = uv_hrtime();
    work->open++;
    work->spawned = true;
    status = uv_spawn(work->loop, &work->process, &options);
    work->exited = status != 0;
    return status;
}

static int spawn(struct work *work)
{
    uv_file child[3] = {-1, -1, -1};
    int status = open_input(work, &child[0]);

    if (!status)
        status = capture_open(work->out, &child[1]);
    if (!status)
        status = capture_open(work->err, &child[2]);
    if (!status)
        status = spawn_with(work, child);
    for (int i = 0; i < 3; i++) {
        if (child[i] >= 0)
            close(child[i]);
    }
    CRASH(SLOT_SPAWNED);
    if (!status && work->job.input)
        write_input(work);
    return status;
}

/* uv_spawn gives one number for all that went wrong between fork and exec. */
static char *why_not(const struct job *job, int status)
{
    char *inside = alloc_printf("%s/.", job->folder);
    int folder = access(inside, X_OK) < 0 ? errno : 0;

    free(inside);
    if (folder)
        return alloc_printf("cannot enter the working folder %s: %s",
                            job->folder, strerror(folder));
    if (status == UV_ENOENT && access(job->argv[0], F_OK) == 0)
        return alloc_printf("cannot start %s: the interpreter that its first "
                            "line names is missing",
                            job->argv[0]);
    return alloc_printf("cannot start %s: %s", job->argv[0],
                        uv_strerror(status));
}

static void open_handles(struct work *work)
{
    struct capture_events events = {
        .written = on_written,
        .output = work->job.stream ? on_output : NULL,
        .ended = on_ended,
        .arg = work,
    };

    uv_timer_init(work->loop, &work->timer);
    uv_pipe_init(work->loop, &work->input, 0);
    work->open = 2;
    work->timer.data = work->input.data = work->process.data = work;
    work->out = capture_new(work->loop, STDOUT_FILENO, work->job.hide, &events);
    work->err = capture_new(work->loop, STDERR_FILENO, work->job.hide, &events);
}

struct work *work_start(uv_loop_t *loop, struct job *job,
                        const struct work_events *events)
{
    struct work *work = ALLOC(struct work);
    int status;

    work->loop = loop;
    work->job = *job;
    *job = (struct job){0};
    work->events = *events;
    open_handles(work);
    status = spawn(work);
    if (status) {
        decide(work, VERDICT_NOT_STARTED, 0);
        work->result.text = why_not(&work->job, status);
        work->phase = DRAINING;
        set_timer(work, on_finish, 0);
    } else {
        set_timer(work, on_timeout, work->job.timeout);
    }
    return work;
}

static void close_handle(void *handle, uv_close_cb callback)
{
    if (!uv_is_closing(handle))
        uv_close(handle, callback);
}

void work_free(struct work *work)
{
    work->freed = true;
    close_handle(&work->timer, have_closed);
    close_handle(&work->input, have_closed);
    capture_close(work->out);
    capture_close(work->err);
    if (work->spawned)
        close_handle(&work->process, have_closed);
}

const char *work_step(const struct work *work)
{
    return work->job.step;
}
