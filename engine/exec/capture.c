#include "exec/capture.h"

#include "base/alloc.h"
#include "exec/redact.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct capture {
    uv_pipe_t pipe;
    int stream;
    struct capture_events events;
    struct redact *redact; /* owned; NULL: nothing to hide */
    struct buf kept;
    bool truncated;
    bool reading;
    char *chunk; /* owned: CAPTURE_AT_ONCE bytes */
};

struct capture *capture_new(uv_loop_t *loop, int stream, char *const *secrets,
                            const struct capture_events *events)
{
    struct capture *capture = ALLOC(struct capture);

    uv_pipe_init(loop, &capture->pipe, 0);
    capture->pipe.data = capture;
    capture->stream = stream;
    capture->events = *events;
    capture->redact = redact_new(secrets);
    capture->kept.wiped = true; /* it may be what secret_command says */
    capture->chunk = alloc_bytes(CAPTURE_AT_ONCE);
    return capture;
}

static void keep(struct capture *capture, struct str bytes)
{
    size_t room = JOB_OUTPUT_KEPT - capture->kept.len;

    if (!bytes.len)
        return;
    buf_add(&capture->kept, bytes.data, bytes.len < room ? bytes.len : room);
    capture->truncated = capture->truncated || bytes.len > room;
    if (capture->events.output)
        capture->events.output(capture->events.arg, capture->stream, bytes);
}

static void hide(struct capture *capture, struct str bytes)
{
    struct buf safe = {0};

    if (!capture->redact) {
        keep(capture, bytes);
        return;
    }
    redact_push(capture->redact, bytes, &safe);
    keep(capture, buf_str(&safe));
    buf_free(&safe);
}

static void room_for(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct capture *capture = handle->data;

    (void)suggested;
    *buf = uv_buf_init(capture->chunk, CAPTURE_AT_ONCE);
}

static void have_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct capture *capture = stream->data;

    if (len >= 0) {
        hide(capture, (struct str){buf->base, (size_t)len});
        capture->events.written(capture->events.arg, (size_t)len);
        return;
    }
    uv_read_stop(stream);
    capture->reading = false;
    capture->events.ended(capture->events.arg);
}

/* Pipes and no socket pairs, which libuv would make by itself: a program must
 * be able to open /dev/stdout and /dev/stderr. */
int capture_open(struct capture *capture, uv_file *child)
{
    uv_file ends[2];
    int status = uv_pipe(ends, UV_NONBLOCK_PIPE, 0);

    if (status)
        return status;
    *child = ends[1];
    status = uv_pipe_open(&capture->pipe, ends[0]);
    if (status)
        close(ends[0]);
    else
        status =
            uv_read_start((uv_stream_t *)&capture->pipe, room_for, have_read);
    capture->reading = !status;
    return status;
}

bool capture_is_reading(const struct capture *capture)
{
    return capture->reading;
}

char *capture_take(struct capture *capture, bool cut, size_t *len,
                   bool *truncated)
{
    struct buf rest = {0};

    if (capture->redact)
        redact_end(capture->redact, cut || capture->reading, &rest);
    keep(capture, buf_str(&rest));
    buf_free(&rest);
    *len = capture->kept.len;
    *truncated = capture->truncated;
    return buf_take(&capture->kept);
}

static void have_closed(uv_handle_t *handle)
{
    struct capture *capture = handle->data;

    redact_free(capture->redact);
    buf_free(&capture->kept);
    explicit_bzero(capture->chunk, CAPTURE_AT_ONCE);
    free(capture->chunk);
    free(capture);
}

void capture_close(struct capture *capture)
{
    uv_close((uv_handle_t *)&capture->pipe, have_closed);
}
