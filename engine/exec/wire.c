#include "exec/wire.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_AT_ONCE = 64 * 1024 };

struct wire {
    uv_pipe_t pipe;
    struct wire_events events;
    struct buf in; /* received, not yet a whole frame */
    bool ended;    /* said so; nothing goes in or out any more */
    bool closed;   /* by its owner: no more events */
};

struct sending {
    uv_write_t request;
    char *data; /* owned */
    size_t len;
};

static void end(struct wire *wire, const struct error *error)
{
    if (wire->ended || wire->closed)
        return;
    wire->ended = true;
    uv_read_stop((uv_stream_t *)&wire->pipe);
    wire->events.ended(wire->events.arg, error);
}

static void end_with(struct wire *wire, int status)
{
    struct error error;

    error_set(&error, ERROR_SYSTEM, "the connection broke: %s",
              uv_strerror(status));
    end(wire, &error);
}

static void room_for(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct wire *wire = handle->data;

    (void)suggested;
    *buf = uv_buf_init(buf_room(&wire->in, READ_AT_ONCE), READ_AT_ONCE);
}

/* Hands over every whole frame; what is left of the bytes moves to the front
 * once for all of them. */
static void hand_over(struct wire *wire)
{
    struct error error = {0};
    struct str rest = buf_str(&wire->in);
    struct str frame;
    int found;

    while ((found = frame_next(rest, &frame, &error)) > 0) {
        rest.data += frame.len;
        rest.len -= frame.len;
        found = wire->events.frame(wire->events.arg, frame, &error);
        if (found < 0 || wire->closed || wire->ended)
            break;
    }
    buf_consume(&wire->in, wire->in.len - rest.len);
    if (found < 0)
        end(wire, &error);
}

static void have_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct wire *wire = stream->data;

    (void)buf;
    if (len > 0) {
        wire->in.len += (size_t)len;
        hand_over(wire);
    } else if (len == UV_EOF || len == UV_ECONNRESET) {
        /* A reset says only that the other end left something unread. */
        end(wire, NULL);
    } else if (len < 0) {
        end_with(wire, (int)len);
    }
}

static void have_closed(uv_handle_t *handle)
{
    struct wire *wire = handle->data;

    buf_free(&wire->in);
    free(wire);
}

static int system_error(struct error *error, const char *what, int status)
{
    return error_set(error, ERROR_SYSTEM, "%s: %s", what, uv_strerror(status));
}

int wire_open(struct wire **wire, uv_loop_t *loop, int fd,
              const struct wire_events *events, struct error *error)
{
    struct wire *new = ALLOC(struct wire);
    int status;

    new->events = *events;
    new->in.wiped = true; /* jobs hold encrypted values */
    new->pipe.data = new;
    status = uv_pipe_init(loop, &new->pipe, 0);
    if (status) {
        close(fd);
        free(new);
        return system_error(error, "cannot make a pipe", status);
    }
    status = uv_pipe_open(&new->pipe, fd);
    if (status)
        close(fd);
    else
        status = uv_read_start((uv_stream_t *)&new->pipe, room_for, have_read);
    if (status) {
        wire_close(new);
        return system_error(error, "cannot use the connection", status);
    }
    *wire = new;
    return 0;
}

static void free_sending(struct sending *sending)
{
    explicit_bzero(sending->data, sending->len);
    free(sending->data);
    free(sending);
}

static void have_sent(uv_write_t *request, int status)
{
    struct sending *sending = request->data;
    struct wire *wire = request->handle->data;

    free_sending(sending);
    /* A wire that its owner closed gives UV_ECANCELED here. The other end
     * gone (EPIPE) is told by the reading side, once it has read all. */
    if (status && status != UV_ECANCELED && status != UV_EPIPE)
        end_with(wire, status);
}

void wire_send(struct wire *wire, struct buf *frames)
{
    struct sending *sending;
    uv_buf_t bytes;
    int status;

    if (wire->ended || wire->closed || !frames->len) {
        buf_free(frames);
        return;
    }
    sending = ALLOC(struct sending);
    sending->len = frames->len;
    sending->data = buf_take(frames);
    bytes = uv_buf_init(sending->data, (unsigned)sending->len);
    sending->request.data = sending;
    status = uv_write(&sending->request, (uv_stream_t *)&wire->pipe, &bytes, 1,
                      have_sent);
    if (status)
        free_sending(sending);
}

void wire_send_frame(struct wire *wire, struct str frame)
{
    struct buf copy = {.wiped = true};

    buf_add_str(&copy, frame);
    wire_send(wire, &copy);
}

void wire_drain(struct wire *wire)
{
    ssize_t len;
    int fd;

    while (!wire->ended && !wire->closed &&
           uv_fileno((uv_handle_t *)&wire->pipe, &fd) == 0) {
        len = recv(fd, buf_room(&wire->in, READ_AT_ONCE), READ_AT_ONCE,
                   MSG_DONTWAIT);
        if (len <= 0)
            return;
        wire->in.len += (size_t)len;
        hand_over(wire);
    }
}

void wire_close(struct wire *wire)
{
    if (wire->closed)
        return;
    wire->closed = true;
    uv_close((uv_handle_t *)&wire->pipe, have_closed);
}

int wire_pair(int fds[2], struct error *error)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return error_set(error, ERROR_SYSTEM, "cannot make a socket pair: %s",
                         strerror(errno));
    return 0;
}
