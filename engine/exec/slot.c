#include "exec/slot.h"

#include "base/alloc.h"
#include "base/crash.h"
#include "base/log.h"
#include "exec/hold.h"
#include "exec/resolve.h"
#include "exec/tree.h"
#include "exec/wire.h"
#include "exec/work.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* A slot that ended with something below it still alive. */
enum { EXIT_UNCLEAN = 70 };

struct slot {
    uv_loop_t loop;
    uv_signal_t child;       /* some process below has ended */
    struct wire *wire;       /* owned; NULL when the executor is gone */
    struct work *work;       /* owned; NULL when idle */
    struct resolve *resolve; /* owned; while a job's secrets are looked up */
};

static void on_output(void *arg, int stream, struct str bytes)
{
    struct slot *slot = arg;
    struct buf frame = {0};

    frame_output(&frame, work_step(slot->work), stream, bytes);
    if (slot->wire)
        wire_send(slot->wire, &frame);
    buf_free(&frame);
}

static void on_done(void *arg, const struct result *result)
{
    struct slot *slot = arg;
    struct buf frame = {0};

    frame_result(&frame, result);
    if (slot->wire)
        wire_send(slot->wire, &frame);
    buf_free(&frame);
    CRASH(SLOT_RESULT_SAID);
    work_free(slot->work);
    slot->work = NULL;
}

/* The executor takes over what is left, and says that the job is lost. */
static void on_stuck(void *arg)
{
    const struct slot *slot = arg;

    log_line("step %s: a process does not end though it was killed; its slot "
             "gives up",
             work_step(slot->work));
    _exit(EXIT_UNCLEAN);
}

static void advance(struct slot *slot);

/* Nothing of the job has run. */
static void give_up(struct slot *slot, const struct error *error)
{
    struct buf frame = {0};

    frame_result(&frame,
                 &(struct result){
                     .step = (char *)(uintptr_t)resolve_step(slot->resolve),
                     .verdict = VERDICT_NOT_STARTED,
                     .text = (char *)(uintptr_t)error->text,
                 });
    if (slot->wire)
        wire_send(slot->wire, &frame);
    buf_free(&frame);
    resolve_free(slot->resolve);
    slot->resolve = NULL;
}

static void on_looked_up(void *arg, const struct result *result)
{
    struct slot *slot = arg;
    struct error error;
    int status = resolve_answer(slot->resolve, result, &error);

    work_free(slot->work);
    slot->work = NULL;
    if (!status && !slot->wire)
        status = error_set(&error, ERROR_SYSTEM, "its executor is gone");
    if (status)
        give_up(slot, &error);
    else
        advance(slot);
}

/* The next secret that must be asked for, or the job itself. */
static void advance(struct slot *slot)
{
    struct work_events running = {on_output, on_done, on_stuck, slot};
    struct work_events asking = {NULL, on_looked_up, on_stuck, slot};
    struct error error;
    struct job job;
    int status = resolve_next(slot->resolve, &job, &error);

    if (status < 0) {
        give_up(slot, &error);
    } else if (status) {
        slot->work = work_start(&slot->loop, &job, &asking);
    } else {
        resolve_free(slot->resolve);
        slot->resolve = NULL;
        slot->work = work_start(&slot->loop, &job, &running);
    }
}

static int start(struct slot *slot, struct str frame, struct error *error)
{
    struct job job = {0};
    int status = frame_read_job(frame, &job, error);

    if (status)
        return status;
    if (slot->work) {
        status =
            error_set(error, ERROR_INVALID, "job %s came while %s was running",
                      job.step, work_step(slot->work));
        job_clear(&job);
        return status;
    }
    CRASH(SLOT_JOB_TAKEN);
    slot->resolve = resolve_new(&job);
    advance(slot);
    return 0;
}

/* A cancel that crossed with the result names a step that is over. */
static int cancel(struct slot *slot, struct str frame, struct error *error)
{
    char *step;
    int status = frame_read_step(frame, &step, error);

    if (status)
        return status;
    if (slot->work && strcmp(work_step(slot->work), step) == 0)
        work_cancel(slot->work);
    free(step);
    return 0;
}

static int on_frame(void *arg, struct str frame, struct error *error)
{
    struct slot *slot = arg;

    switch (frame_type(frame)) {
    case FRAME_JOB:
        return start(slot, frame, error);
    case FRAME_CANCEL:
        return cancel(slot, frame, error);
    default:
        return error_set(error, ERROR_INVALID, "a slot takes no frame %d",
                         frame_type(frame));
    }
}

/* The executor let this slot go, or is dead, or talks nonsense. */
static void on_ended(void *arg, const struct error *error)
{
    struct slot *slot = arg;

    if (error)
        log_error(error);
    wire_close(slot->wire);
    slot->wire = NULL;
    if (slot->work)
        work_kill(slot->work);
}

static void on_child(uv_signal_t *signal, int number)
{
    struct slot *slot = signal->data;

    (void)number;
    if (slot->work)
        work_reap(slot->work);
}

/* What this process is, and what its children inherit from it. */
static int become_slot(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    int hold;

    /* A slot ends by its socket alone: a service manager that signals every
     * process of a service shall not make results unknown. libuv gives
     * children the default again. */
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        sigaction(ignored[i], &ignore, NULL);
    umask(077);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ||
        fcntl(SLOT_FD, F_SETFD, FD_CLOEXEC) < 0)
        return -1;
    /* Open until this process ends, and not in what it starts. */
    hold = hold_inherited();
    if (hold < 0)
        return close_range(SLOT_FD + 1, ~0U, 0);
    return close_range(SLOT_FD + 1, (unsigned)hold - 1, 0) < 0
               ? -1
               : close_range((unsigned)hold + 1, ~0U, 0);
}

static int run(struct slot *slot)
{
    struct error error;

    if (uv_loop_init(&slot->loop) < 0)
        return EXIT_UNCLEAN;
    if (wire_open(&slot->wire, &slot->loop, SLOT_FD,
                  &(struct wire_events){on_frame, on_ended, slot},
                  &error) < 0) {
        log_error(&error);
        return EXIT_UNCLEAN;
    }
    uv_signal_init(&slot->loop, &slot->child);
    slot->child.data = slot;
    uv_signal_start(&slot->child, on_child, SIGCHLD);
    uv_unref((uv_handle_t *)&slot->child);
    uv_run(&slot->loop, UV_RUN_DEFAULT);

    uv_close((uv_handle_t *)&slot->child, NULL);
    uv_run(&slot->loop, UV_RUN_DEFAULT);
    uv_loop_close(&slot->loop);
    return tree_empty() ? 0 : EXIT_UNCLEAN;
}

int slot_run(void)
{
    struct slot *slot;
    int status;

    if (become_slot() < 0) {
        log_line("a slot cannot start: this kernel lacks close_range or "
                 "subreapers (Linux 5.9 has both)");
        return EXIT_UNCLEAN;
    }
    slot = ALLOC(struct slot);
    status = run(slot);
    free(slot);
    return status;
}
