#include "base/log.h"
#include "serve/listen_inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t unsent(const struct connection *connection)
{
    return connection->out.len +
           (connection->writing ? connection->sending.len : 0);
}

/* ---- reading ----------------------------------------------------------- */

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct connection *connection = handle->data;

    (void)wanted;
    *buf = uv_buf_init(connection->listener->chunk, LISTEN_CHUNK);
}

static void hold(struct connection *connection, struct str bytes)
{
    buf_add_str(&connection->held, bytes);
    connection->listener->held += bytes.len;
}

static void use_up(struct connection *connection, size_t len)
{
    buf_consume(&connection->held, len);
    connection->listener->held -= len;
}

/* Small records always go on; those who send large ones wait for nobody, so
 * that they cannot wait for each other. */
static bool too_much(const struct connection *connection)
{
    return connection->listener->held > LISTEN_HELD_MAX &&
           connection->held.len > LISTEN_CHUNK;
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct connection *connection = stream->data;

    if (!got)
        return;
    if (got > 0)
        hold(connection, (struct str){buf->base, (size_t)got});
    else /* whoever goes without reading his answers has sent what he has */
        connection_stop(connection);
    connection_work(connection);
    if (!connection->closing && too_much(connection)) {
        log_line("%s: a connection is closed: too many bytes of records are "
                 "not whole",
                 connection->listener->name);
        connection_close(connection);
    }
}

static void read_on(struct connection *connection, bool on)
{
    if (connection->closing || on == connection->reading)
        return;
    connection->reading = on;
    if (on)
        uv_read_start(&connection->stream.stream, on_alloc, on_read);
    else
        uv_read_stop(&connection->stream.stream);
}

void connection_stop(struct connection *connection)
{
    connection->at_end = true;
    read_on(connection, false);
}

/* ---- records ----------------------------------------------------------- */

static bool ready(struct connection *connection)
{
    const struct listener *listener = connection->listener;

    return !connection->closing && !listener->draining &&
           unsent(connection) < LISTEN_UNSENT_MAX &&
           listener->config.events.ready(connection->user);
}

static void broken(struct connection *connection, const char *why)
{
    log_line("%s: a connection is closed: %s", connection->listener->name, why);
    use_up(connection, connection->held.len);
    connection_stop(connection);
}

/* Gives records until there is none, or no more are taken. Returns whether
 * everything that came was given. */
static bool give(struct connection *connection)
{
    const struct listen_config *config = &connection->listener->config;
    struct cut_record record = {0};
    enum cut cut = CUT_MORE;
    bool stopped = false;
    size_t at = 0, used = 1;

    while (cut != CUT_BROKEN && (cut == CUT_RECORD || used)) {
        struct str left = {connection->held.data + at,
                           connection->held.len - at};

        stopped = !ready(connection);
        if (stopped)
            break;
        cut = config->cut(&connection->cutter, left, connection->at_end, &used,
                          &record);
        at += used;
        if (cut == CUT_RECORD)
            config->events.record(connection->user, &record);
    }
    use_up(connection, at);
    if (cut == CUT_BROKEN)
        broken(connection, record.refused);
    return !stopped;
}

void connection_work(struct connection *connection)
{
    bool all;

    if (connection->busy || connection->closing)
        return;
    connection->busy = true;
    all = give(connection);
    connection->busy = false;
    if (connection->closing)
        return;
    if (connection->listener->draining)
        connection_stop(connection);
    else if (!connection->at_end)
        read_on(connection, all);
    if (!connection->at_end || connection->told ||
        (!all && !connection->listener->draining))
        return;
    connection->told = true;
    connection->listener->config.events.ended(connection->user);
}

/* ---- sending ----------------------------------------------------------- */

static void on_written(uv_write_t *write, int status)
{
    struct connection *connection = write->data;

    connection->writing = false;
    connection->sending.len = 0;
    if (status < 0) /* nobody reads any more */
        connection_close(connection);
    else if (!connection->closing)
        listener_mark(connection);
}

static void send_out(struct connection *connection)
{
    struct buf sent = connection->sending;
    uv_buf_t buf;
    int err;

    connection->sending = connection->out;
    connection->out = sent;
    connection->out.len = 0;
    buf = uv_buf_init(connection->sending.data,
                      (unsigned)connection->sending.len);
    connection->writing = true;
    connection->write.data = connection;
    connection->since = uv_now(connection->listener->config.loop);
    connection->queued = 0;
    err = uv_write(&connection->write, &connection->stream.stream, &buf, 1,
                   on_written);
    if (!err)
        return;
    connection->writing = false;
    connection_close(connection);
}

void connection_flush(struct connection *connection)
{
    connection->dirty = false;
    if (connection->closing)
        return;
    if (!connection->writing && connection->out.len)
        send_out(connection);
    if (connection->finishing && !unsent(connection))
        connection_close(connection);
    connection_work(connection);
}

bool connection_stuck(struct connection *connection, uint64_t ms)
{
    size_t queued = uv_stream_get_write_queue_size(&connection->stream.stream);
    uint64_t now = uv_now(connection->listener->config.loop);

    if (!connection->writing || queued != connection->queued) {
        connection->queued = queued;
        connection->since = now;
    }
    return connection->writing && now - connection->since >= ms;
}

void connection_send(struct connection *connection, struct str bytes)
{
    if (connection->closing || connection->finishing)
        return;
    buf_add_str(&connection->out, bytes);
    listener_mark(connection);
}

void connection_resume(struct connection *connection)
{
    if (!connection->reading)
        listener_mark(connection);
}

void connection_finish(struct connection *connection)
{
    connection->finishing = true;
    connection_stop(connection);
    listener_mark(connection);
}

int connection_peer(const struct connection *connection, struct ucred *peer)
{
    socklen_t len = sizeof *peer;
    int fd;

    if (uv_fileno(&connection->stream.handle, &fd) ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &len))
        return ERROR_SYSTEM;
    return 0;
}

/* ---- its life ---------------------------------------------------------- */

void connection_start(struct connection *connection)
{
    const struct listen_config *config = &connection->listener->config;

    connection->cutter = (struct cutter){.max = config->record_max,
                                         .too_long = config->too_long};
    connection->user = config->events.opened(config->events.arg, connection);
    if (connection->user)
        connection_work(connection);
    else
        connection_close(connection);
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    const struct listen_events *events = &connection->listener->config.events;

    if (connection->user)
        events->closed(connection->user);
    use_up(connection, connection->held.len);
    buf_free(&connection->held);
    buf_free(&connection->out);
    buf_free(&connection->sending);
    listener_remove(connection); /* frees it */
}

void connection_close(struct connection *connection)
{
    if (connection->closing)
        return;
    read_on(connection, false);
    connection->closing = true;
    uv_close(&connection->stream.handle, on_closed);
}
