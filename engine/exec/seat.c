#include "exec/seat.h"

#include "base/alloc.h"
#include "base/log.h"
#include "exec/slot.h"
#include "exec/wire.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct seat {
    struct seat_events events;
    uv_process_t process;
    uv_timer_t timer;  /* of what is expected */
    struct wire *wire; /* owned; NULL when the slot was let go */
    bool exited;       /* and waited for: its number may be a stranger's */
    unsigned open;     /* handles that are not closed yet */
};

static int on_frame(void *arg, struct str frame, struct error *error)
{
    struct seat *seat = arg;

    return seat->events.frame(seat->events.arg, frame, error);
}

static void kill_slot(struct seat *seat)
{
    seat_let_go(seat);
    if (!seat->exited)
        uv_process_kill(&seat->process, SIGKILL);
}

static void on_overdue(uv_timer_t *timer)
{
    kill_slot(timer->data);
}

/* A slot closes its socket by ending, and it only ends when it was let go:
 * this one is dying, or talks nonsense. */
static void on_wire_ended(void *arg, const struct error *error)
{
    struct seat *seat = arg;

    if (error)
        log_error(error);
    kill_slot(seat);
}

static void have_closed(uv_handle_t *handle)
{
    struct seat *seat = handle->data;

    if (--seat->open == 0)
        free(seat);
}

static void close_handles(struct seat *seat)
{
    seat->open = 2;
    uv_close((uv_handle_t *)&seat->process, have_closed);
    uv_close((uv_handle_t *)&seat->timer, have_closed);
}

static void on_exit_of_slot(uv_process_t *process, int64_t status, int signal)
{
    struct seat *seat = process->data;

    seat->exited = true;
    if (seat->wire)
        wire_drain(seat->wire);
    seat_let_go(seat);
    close_handles(seat);
    seat->events.gone(seat->events.arg, !status && !signal);
}

/* The very file that runs, whatever has been installed since. uv_spawn makes
 * the descriptor SLOT_FD there, without close-on-exec. */
static int spawn(struct seat *seat, uv_loop_t *loop, int fd)
{
    char program[] = "/proc/self/exe";
    char option[] = "--slot";
    char *args[] = {program, option, NULL};
    uv_stdio_container_t stdio[SLOT_FD + 1] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = fd},
    };
    uv_process_options_t options = {
        .exit_cb = on_exit_of_slot,
        .file = program,
        .args = args,
        /* Out of the terminal's reach: a ^C is the engine's business. */
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = SLOT_FD + 1,
        .stdio = stdio,
    };

    return uv_spawn(loop, &seat->process, &options);
}

int seat_start(struct seat **seat, uv_loop_t *loop,
               const struct seat_events *events, struct error *error)
{
    struct seat *new;
    int fds[2];
    int status = wire_pair(fds, error);

    if (status)
        return status;
    new = ALLOC(struct seat);
    new->events = *events;
    new->process.data = new->timer.data = new;
    status =
        wire_open(&new->wire, loop, fds[0],
                  &(struct wire_events){on_frame, on_wire_ended, new}, error);
    if (status) {
        close(fds[1]);
        free(new);
        return status;
    }
    uv_timer_init(loop, &new->timer);
    status = spawn(new, loop, fds[1]);
    close(fds[1]);
    if (status) {
        seat_let_go(new);
        close_handles(new);
        return error_set(error, ERROR_SYSTEM, "cannot start a slot: %s",
                         uv_strerror(status));
    }
    *seat = new;
    return 0;
}

void seat_send(struct seat *seat, struct str frame)
{
    if (seat->wire)
        wire_send_frame(seat->wire, frame);
}

void seat_let_go(struct seat *seat)
{
    if (seat->wire)
        wire_close(seat->wire);
    seat->wire = NULL;
}

void seat_expect(struct seat *seat, uint64_t ms)
{
    if (ms == SEAT_EXPECT_NOTHING) {
        uv_timer_stop(&seat->timer);
        return;
    }
    uv_update_time(seat->timer.loop);
    uv_timer_start(&seat->timer, on_overdue, ms, 0);
}

bool seat_is_let_go(const struct seat *seat)
{
    return !seat->wire;
}

pid_t seat_pid(const struct seat *seat)
{
    return seat->exited ? 0 : seat->process.pid;
}
