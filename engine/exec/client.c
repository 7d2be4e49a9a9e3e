#include "exec/client.h"

#include "base/alloc.h"
#include "exec/hold.h"
#include "exec/wire.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char FD_VARIABLE[] = "RIPOSTE_EXEC_FD";

/* An executor says hello before it does anything else; one that is silent for
 * so long is none. */
enum { HELLO_WAIT_MS = 10 * 1000 };

/* A result that the client made itself, for a job that no frame can carry. */
struct refusal {
    struct result result; /* owned */
    struct refusal *next; /* owned */
};

struct exec_client {
    struct exec_client_events events;
    struct wire *wire;
    uint64_t incarnation;
    /* A refusal is answered in a later turn of the loop, like every other
     * result, never inside exec_client_start. */
    uv_timer_t turn;
    struct refusal *refusals; /* owned, oldest first */
    bool lost;
    bool closed;
};

/* ---- The hello -------------------------------------------------------- */

static int no_hello(struct error *error, const char *why)
{
    return error_set(error, ERROR_SYSTEM,
                     "no hello from riposte-exec: %s; start riposte itself, "
                     "it starts its executor",
                     why);
}

/* Waits until there is something to read; deadline is of uv_hrtime. */
static int wait_readable(int fd, uint64_t deadline, struct error *error)
{
    struct pollfd poll_for = {.fd = fd, .events = POLLIN};

    for (;;) {
        uint64_t now = uv_hrtime();
        int left = now < deadline ? (int)((deadline - now) / 1000000) : 0;
        int ready = poll(&poll_for, 1, left);

        if (ready > 0)
            return 0;
        if (ready == 0)
            return no_hello(error, "it was silent for 10 seconds");
        if (errno != EINTR)
            return no_hello(error, strerror(errno));
    }
}

/* Reads exactly so much: what comes after the hello is the loop's. */
static int receive(int fd, char *bytes, size_t len, struct error *error)
{
    uint64_t deadline = uv_hrtime() + HELLO_WAIT_MS * UINT64_C(1000000);
    int status = 0;

    while (!status && len) {
        ssize_t got;

        status = wait_readable(fd, deadline, error);
        if (status)
            return status;
        got = recv(fd, bytes, len, MSG_DONTWAIT);
        if (got > 0) {
            bytes += got;
            len -= (size_t)got;
        } else if (got == 0) {
            status = no_hello(error, "it has closed the connection");
        } else if (errno != EAGAIN && errno != EINTR) {
            status = no_hello(error, strerror(errno));
        }
    }
    return status;
}

static int read_hello(int fd, struct hello *hello, struct error *error)
{
    char bytes[FRAME_HELLO_SIZE];
    struct str frame = {bytes, 0};
    int status = receive(fd, bytes, sizeof bytes, error);

    if (!status)
        status = frame_next((struct str){bytes, sizeof bytes}, &frame, error);
    if (status == 0)
        status = no_hello(error, "its first frame is another one");
    return status < 0 ? status : frame_read_hello(frame, hello, error);
}

/* ---- The connection --------------------------------------------------- */

static int have_output(struct exec_client *client, struct str frame,
                       struct error *error)
{
    struct output output = {0};
    int status = frame_read_output(frame, &output, error);

    if (status)
        return status;
    if (client->events.output)
        client->events.output(client->events.arg, &output);
    output_clear(&output);
    return 0;
}

static int have_result(struct exec_client *client, struct str frame,
                       struct error *error)
{
    struct result result = {0};
    int status = frame_read_result(frame, &result, error);

    if (status)
        return status;
    client->events.result(client->events.arg, &result);
    result_clear(&result);
    return 0;
}

static int have_frame(void *arg, struct str frame, struct error *error)
{
    switch (frame_type(frame)) {
    case FRAME_OUTPUT:
        return have_output(arg, frame, error);
    case FRAME_RESULT:
        return have_result(arg, frame, error);
    default:
        return error_set(error, ERROR_INVALID,
                         "a frame of type %d from riposte-exec, where only "
                         "results and output are expected",
                         frame_type(frame));
    }
}

static void have_lost(void *arg, const struct error *error)
{
    struct exec_client *client = arg;
    struct error gone;

    client->lost = true;
    error_set(&gone, ERROR_SYSTEM, "riposte-exec is gone: %s",
              error ? error->text : "it has closed the connection");
    client->events.lost(client->events.arg, &gone);
}

int exec_client_open(struct exec_client **client, uv_loop_t *loop, int fd,
                     const struct exec_client_events *events,
                     struct error *error)
{
    struct exec_client *new;
    struct hello hello = {0};
    int status = read_hello(fd, &hello, error);

    if (status) {
        close(fd);
        return status;
    }
    new = ALLOC(struct exec_client);
    new->events = *events;
    new->incarnation = hello.incarnation;
    status =
        wire_open(&new->wire, loop, fd,
                  &(struct wire_events){have_frame, have_lost, new}, error);
    if (status) {
        free(new);
        return status;
    }
    uv_timer_init(loop, &new->turn);
    new->turn.data = new;
    *client = new;
    return 0;
}

static void have_closed(uv_handle_t *handle)
{
    struct exec_client *client = handle->data;

    while (client->refusals) {
        struct refusal *first = client->refusals;

        client->refusals = first->next;
        result_clear(&first->result);
        free(first);
    }
    free(client);
}

void exec_client_close(struct exec_client *client)
{
    if (client->closed)
        return;
    client->closed = true;
    wire_close(client->wire);
    uv_close((uv_handle_t *)&client->turn, have_closed);
}

uint64_t exec_client_incarnation(const struct exec_client *client)
{
    return client->incarnation;
}

/* ---- What the engine says --------------------------------------------- */

static void answer_refusals(uv_timer_t *timer)
{
    struct exec_client *client = timer->data;

    while (client->refusals && !client->closed && !client->lost) {
        struct refusal *first = client->refusals;

        client->refusals = first->next;
        client->events.result(client->events.arg, &first->result);
        result_clear(&first->result);
        free(first);
    }
}

static void refuse(struct exec_client *client, const struct job *job,
                   const struct error *error)
{
    struct refusal *refusal = ALLOC(struct refusal);
    struct refusal **last = &client->refusals;

    refusal->result = (struct result){
        .step = alloc_text(job->step),
        .verdict = VERDICT_NOT_STARTED,
        .text = alloc_text(error->text),
        .out = alloc_text(""),
        .err = alloc_text(""),
    };
    while (*last)
        last = &(*last)->next;
    *last = refusal;
    uv_timer_start(&client->turn, answer_refusals, 0, 0);
}

/* What the executor would say to this frame. It would end the connection over
 * one that does not decode, and with it every other job. */
static int check_job(struct str frame, struct error *error)
{
    struct job copy = {0};
    struct str whole;
    int status = frame_next(frame, &whole, error);

    if (status == 1)
        status = frame_read_job(whole, &copy, error);
    job_clear(&copy);
    return status;
}

void exec_client_start(struct exec_client *client, const struct job *job)
{
    struct buf frame = {.wiped = true};
    struct error error = {0};

    frame_job(&frame, job);
    if (check_job(buf_str(&frame), &error) < 0) {
        refuse(client, job, &error);
        buf_free(&frame);
        return;
    }
    wire_send(client->wire, &frame);
}

static void send_step(struct exec_client *client, enum frame_type type,
                      const char *step)
{
    struct buf frame = {0};

    frame_step(&frame, type, step);
    wire_send(client->wire, &frame);
}

void exec_client_await(struct exec_client *client, const char *step)
{
    send_step(client, FRAME_AWAIT, step);
}

void exec_client_cancel(struct exec_client *client, const char *step)
{
    send_step(client, FRAME_CANCEL, step);
}

void exec_client_forget(struct exec_client *client, const char *step)
{
    send_step(client, FRAME_FORGET, step);
}

/* ---- How engine and executor find each other -------------------------- */

/* A number of at most 9 digits, or -1. */
static int fd_of(const char *text)
{
    int fd = 0;

    if (!text || !*text || strlen(text) > 9)
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        fd = 10 * fd + (*text - '0');
    }
    return fd;
}

int exec_client_inherited(void)
{
    struct ucred maker;
    socklen_t len = sizeof maker;
    int fd = fd_of(getenv(FD_VARIABLE));

    unsetenv(FD_VARIABLE);
    hold_inherited();
    if (fd <= STDERR_FILENO ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &maker, &len) < 0)
        return -1;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
        prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
        return -1;
    /* The pair was made by the executor. Where that is not the parent any
     * more, it died before the line above took effect: die as agreed. */
    if (maker.pid != getppid())
        raise(SIGKILL);
    return fd;
}

/* The path of this program, or NULL. The caller frees it. */
static char *own_program(struct error *error)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self);

    if (len < 0) {
        error_set(error, ERROR_SYSTEM, "cannot read /proc/self/exe: %s",
                  strerror(errno));
        return NULL;
    }
    return alloc_copy(self, (size_t)len);
}

char *exec_client_program(struct error *error)
{
    char *self = own_program(error);
    char *executor = NULL;

    if (self)
        executor = alloc_printf("%.*s/riposte-exec",
                                (int)(strrchr(self, '/') - self), self);
    free(self);
    return executor;
}

int exec_client_become(const char *mode, char **argv, struct error *error)
{
    char *self = own_program(error);
    char *executor = self ? exec_client_program(error) : NULL;
    size_t count = 0;
    char **command;
    int code;

    if (!executor) {
        free(self);
        return ERROR_SYSTEM;
    }
    while (argv[count])
        count++;
    assert(count > 0);
    command = alloc_zeroed(count + 3, sizeof *command);
    command[0] = executor;
    command[1] = alloc_text(mode);
    command[2] = self;
    memcpy(command + 3, argv + 1, (count - 1) * sizeof *command);
    execv(executor, command);
    code = error_set(error, ERROR_SYSTEM,
                     "cannot start %s: %s; it belongs beside this program",
                     executor, strerror(errno));
    free(command[1]);
    free(command);
    free(executor);
    free(self);
    return code;
}
