#include "flow/reading.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
    struct reading_config config; /* its path is not kept */
    char *path;                   /* owned */
    int fd;
    int flags; /* to be given back to a descriptor that is not ours alone */
    bool shared;
    bool polled; /* a pipe, terminal or socket: else a file */
    bool paused;
    bool waiting; /* for the poll, or for the timer of a followed file */
    bool closing;
    off_t at;
    struct buf bytes;
    uv_idle_t idle;   /* gives the turns */
    uv_poll_t poll;   /* where it is polled */
    uv_timer_t timer; /* for followed files */
    int handles;      /* that are open */
};

static int failed(const struct reading *reading, struct error *error)
{
    return error_at(error, ERROR_SYSTEM, reading->path, 0, 0, "%s",
                    strerror(errno));
}

/* ---- turns ------------------------------------------------------------- */

static void on_idle(uv_idle_t *handle)
{
    struct reading *reading = handle->data;

    reading->config.turn(reading->config.arg);
}

static void update(struct reading *reading);

static void come_back(struct reading *reading)
{
    reading->waiting = false;
    update(reading);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events; /* the read says the same */
    come_back(handle->data);
}

static void on_timer(uv_timer_t *timer)
{
    come_back(timer->data);
}

/* Starts or stops whatever gives turns in this state. */
static void update(struct reading *reading)
{
    bool on = !reading->paused && !reading->closing;

    if (on && !reading->waiting)
        uv_idle_start(&reading->idle, on_idle);
    else
        uv_idle_stop(&reading->idle);
    if (!reading->polled)
        return;
    if (on && reading->waiting)
        uv_poll_start(&reading->poll, UV_READABLE, on_poll);
    else
        uv_poll_stop(&reading->poll);
}

static void wait_a_while(struct reading *reading)
{
    reading->waiting = true;
    if (!reading->polled)
        uv_timer_start(&reading->timer, on_timer, READING_FOLLOW_MS, 0);
    update(reading);
}

void reading_pause(struct reading *reading)
{
    reading->paused = true;
    update(reading);
}

void reading_resume(struct reading *reading)
{
    reading->paused = false;
    update(reading);
}

/* ---- reading ----------------------------------------------------------- */

static ssize_t read_some(struct reading *reading, size_t max)
{
    char *room = buf_room(&reading->bytes, max);
    ssize_t got;

    do
        got = read(reading->fd, room, max);
    while (got < 0 && errno == EINTR);
    return got;
}

static bool shrunk(struct reading *reading)
{
    struct stat here;

    if (fstat(reading->fd, &here) || here.st_size >= reading->at)
        return false;
    reading->at = lseek(reading->fd, 0, SEEK_SET);
    return true;
}

/* There is no more for now. */
static int dry(struct reading *reading)
{
    if (!reading->config.follow || reading->polled)
        return READING_END;
    if (shrunk(reading))
        return READING_SHRUNK;
    wait_a_while(reading);
    return READING_LATER;
}

int reading_read(struct reading *reading, size_t max, struct str *bytes,
                 struct error *error)
{
    ssize_t got;

    reading->bytes.len = 0;
    got = read_some(reading, max);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        wait_a_while(reading);
        return READING_LATER;
    }
    if (got < 0)
        return failed(reading, error);
    if (!got)
        return dry(reading);
    reading->at += got;
    *bytes = (struct str){reading->bytes.data, (size_t)got};
    return READING_BYTES;
}

int reading_switch(struct reading *reading, int fd, uint64_t offset)
{
    int old = reading->fd;

    assert(!reading->polled);
    reading->fd = fd;
    reading->at = lseek(fd, (off_t)offset, SEEK_SET);
    uv_timer_stop(&reading->timer);
    come_back(reading);
    return old;
}

uint64_t reading_offset(const struct reading *reading)
{
    return (uint64_t)reading->at;
}

/* ---- its life ---------------------------------------------------------- */

/* libuv makes a polled descriptor non-blocking, which all who share it would
 * feel (a terminal is stdout too): so a file description of our own is opened
 * where that is possible. */
static int own_stdin(struct reading *reading)
{
    struct stat info;
    int fd = -1;

    if (!fstat(STDIN_FILENO, &info) &&
        (S_ISFIFO(info.st_mode) || isatty(STDIN_FILENO)))
        fd = open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0)
        return fd;
    reading->shared = true;
    reading->flags = fcntl(STDIN_FILENO, F_GETFL);
    return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
}

static int open_path(struct reading *reading, struct error *error)
{
    struct stat info;

    if (reading->config.fd >= 0)
        reading->fd = reading->config.fd;
    else if (!strcmp(reading->path, "-"))
        reading->fd = own_stdin(reading);
    else /* A FIFO is not waited for here: it is polled for its writer. */
        reading->fd = open(reading->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reading->fd < 0 || fstat(reading->fd, &info))
        return failed(reading, error);
    if (reading->config.offset)
        reading->at =
            lseek(reading->fd, (off_t)reading->config.offset, SEEK_SET);
    if (!S_ISDIR(info.st_mode))
        return 0;
    errno = EISDIR;
    return failed(reading, error);
}

static void start_handles(struct reading *reading)
{
    uv_loop_t *loop = reading->config.loop;

    uv_idle_init(loop, &reading->idle);
    uv_timer_init(loop, &reading->timer);
    /* What epoll does not take can always be read: files, /dev/null. The
     * others are polled first: a FIFO without a writer yet reads as ended. */
    reading->polled = !uv_poll_init(loop, &reading->poll, reading->fd);
    reading->waiting = reading->polled;
    reading->idle.data = reading;
    reading->timer.data = reading;
    reading->poll.data = reading;
    reading->handles = reading->polled ? 3 : 2;
    update(reading);
}

static void destroy(struct reading *reading)
{
    if (reading->shared && reading->flags >= 0)
        fcntl(reading->fd, F_SETFL, reading->flags);
    if (reading->fd >= 0)
        close(reading->fd);
    buf_free(&reading->bytes);
    free(reading->path);
    free(reading);
}

int reading_open(struct reading **reading, const struct reading_config *config,
                 struct error *error)
{
    struct reading *new = ALLOC(struct reading);
    int err;

    new->config = *config;
    new->path = alloc_text(config->path);
    new->fd = -1;
    err = open_path(new, error);
    if (err) {
        destroy(new);
        return err;
    }
    start_handles(new);
    *reading = new;
    return 0;
}

static void handle_closed(uv_handle_t *handle)
{
    struct reading *reading = handle->data;
    void (*closed)(void *arg) = reading->config.closed;
    void *arg = reading->config.arg;

    if (--reading->handles)
        return;
    destroy(reading);
    closed(arg);
}

void reading_close(struct reading *reading)
{
    if (reading->closing)
        return;
    reading->closing = true;
    update(reading);
    uv_close((uv_handle_t *)&reading->idle, handle_closed);
    uv_close((uv_handle_t *)&reading->timer, handle_closed);
    if (reading->polled)
        uv_close((uv_handle_t *)&reading->poll, handle_closed);
}
