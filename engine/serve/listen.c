#include "serve/listen.h"

#include "base/alloc.h"
#include "base/log.h"
#include "serve/bind.h"
#include "serve/listen_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BACKLOG = 128,   /* who waits to be accepted; the kernel's own limit is
                        often lower */
    WATCH_MS = 1000, /* how late a connection is given up */
    KEEPALIVE_S = 60 /* of silence, until TCP asks whether the peer is there */
};

/* ---- who is connected -------------------------------------------------- */

static void on_flush(uv_prepare_t *handle)
{
    struct listener *listener = handle->data;
    struct connection *next, *connection = listener->connections;

    uv_prepare_stop(&listener->flush);
    for (; connection; connection = next) {
        next = connection->next;
        if (connection->dirty)
            connection_flush(connection);
    }
}

void listener_mark(struct connection *connection)
{
    connection->dirty = true;
    if (!connection->listener->closing)
        uv_prepare_start(&connection->listener->flush, on_flush);
}

static void on_watch(uv_timer_t *timer)
{
    struct listener *listener = timer->data;
    uint64_t ms = listener->draining ? LISTEN_DRAIN_MS : LISTEN_STUCK_MS;

    for (struct connection *c = listener->connections; c; c = c->next) {
        if (c->closing || !connection_stuck(c, ms))
            continue;
        log_line("%s: a connection is closed: it does not read its answers",
                 listener->name);
        connection_close(c);
    }
}

static void add(struct listener *listener, struct connection *connection)
{
    connection->next = listener->connections;
    if (connection->next)
        connection->next->prev = connection;
    listener->connections = connection;
    if (!listener->count++)
        uv_timer_start(&listener->watch, on_watch, WATCH_MS, WATCH_MS);
}

static void take_out(struct listener *listener, struct connection *connection)
{
    if (connection->prev)
        connection->prev->next = connection->next;
    else
        listener->connections = connection->next;
    if (connection->next)
        connection->next->prev = connection->prev;
    connection->prev = connection->next = NULL;
}

static void free_if_unused(struct listener *listener)
{
    if (!listener->closing || listener->handles || listener->count)
        return;
    free(listener->name);
    free(listener->path);
    free(listener);
}

static int init_stream(const struct listener *listener, union stream *stream)
{
    uv_loop_t *loop = listener->config.loop;

    return listener->path ? uv_pipe_init(loop, &stream->pipe, 0)
                          : uv_tcp_init(loop, &stream->tcp);
}

static void accept_one(struct listener *listener)
{
    struct connection *connection = ALLOC(struct connection);

    connection->listener = listener;
    init_stream(listener, &connection->stream);
    connection->stream.handle.data = connection;
    add(listener, connection);
    if (uv_accept(&listener->stream.stream, &connection->stream.stream)) {
        connection_close(connection);
        return;
    }
    if (!listener->path)
        uv_tcp_keepalive(&connection->stream.tcp, 1, KEEPALIVE_S);
    connection_start(connection);
}

static void accept_waiting(struct listener *listener)
{
    if (listener->draining || listener->closing || !listener->accepting)
        return;
    if (listener->count < listener->config.connections_max) {
        listener->accepting = false;
        listener->crowded = false;
        accept_one(listener);
    } else if (!listener->crowded) {
        listener->crowded = true;
        log_line("%s: %u are connected: the next one waits until one of them "
                 "has gone",
                 listener->name, listener->count);
    }
}

/* libuv gives the next one once this one was accepted. */
static void on_connection(uv_stream_t *stream, int status)
{
    struct listener *listener = stream->data;

    if (status < 0) {
        log_line("%s: a connection cannot be accepted: %s", listener->name,
                 uv_strerror(status));
        return;
    }
    listener->accepting = true;
    accept_waiting(listener);
}

void listener_remove(struct connection *connection)
{
    struct listener *listener = connection->listener;
    bool last;

    take_out(listener, connection);
    free(connection);
    last = !--listener->count;
    if (listener->closing) {
        free_if_unused(listener);
        return;
    }
    if (last)
        uv_timer_stop(&listener->watch);
    accept_waiting(listener);
    if (last && listener->draining && listener->config.drained)
        listener->config.drained(listener->config.events.arg);
}

/* The first one goes to the end, or it alone would fill what has room. */
static void turn_round(struct listener *listener)
{
    struct connection *first = listener->connections, *last;

    if (!first || !first->next)
        return;
    take_out(listener, first);
    for (last = listener->connections; last->next;)
        last = last->next;
    last->next = first;
    first->prev = last;
}

void listener_resume(struct listener *listener)
{
    turn_round(listener);
    for (struct connection *c = listener->connections; c; c = c->next)
        connection_resume(c);
}

bool listener_idle(const struct listener *listener)
{
    return !listener->count;
}

/* ---- its life ---------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;

    listener->handles--;
    free_if_unused(listener);
}

/* The path, if it still leads to our socket. */
static void remove_path(struct listener *listener)
{
    struct stat info;

    if (listener->path && !lstat(listener->path, &info) &&
        info.st_dev == listener->device && info.st_ino == listener->inode)
        unlink(listener->path);
}

static void stop_listening(struct listener *listener)
{
    if (uv_is_closing(&listener->stream.handle))
        return;
    remove_path(listener);
    uv_close(&listener->stream.handle, on_closed);
}

void listener_drain(struct listener *listener)
{
    struct connection *next, *connection = listener->connections;

    listener->draining = true;
    stop_listening(listener);
    for (; connection; connection = next) {
        next = connection->next;
        connection_work(connection);
    }
}

void listener_close(struct listener *listener)
{
    struct connection *next, *connection = listener->connections;

    stop_listening(listener);
    listener->closing = true;
    for (; connection; connection = next) {
        next = connection->next;
        connection_close(connection);
    }
    uv_close((uv_handle_t *)&listener->flush, on_closed);
    uv_close((uv_handle_t *)&listener->watch, on_closed);
}

static struct listener *new_listener(const struct listen_config *config,
                                     const char *path)
{
    struct listener *listener = ALLOC(struct listener);

    assert(config->connections_max &&
           config->connections_max <= LISTEN_CONNECTIONS_MAX);
    listener->config = *config;
    listener->config.name = NULL;
    listener->name = alloc_text(config->name);
    listener->path = alloc_text(path);
    init_stream(listener, &listener->stream);
    uv_prepare_init(config->loop, &listener->flush);
    uv_timer_init(config->loop, &listener->watch);
    listener->stream.handle.data = listener;
    listener->flush.data = listener;
    listener->watch.data = listener;
    listener->handles = 3;
    return listener;
}

/* Takes the descriptor. */
static int begin(struct listener **listener, const struct listen_config *config,
                 const char *path, int fd, struct error *error)
{
    struct listener *new = new_listener(config, path);
    struct stat info;
    int err;

    if (path && !lstat(path, &info)) {
        new->device = info.st_dev;
        new->inode = info.st_ino;
    }
    err = path ? uv_pipe_open(&new->stream.pipe, fd)
               : uv_tcp_open(&new->stream.tcp, fd);
    if (err)
        close(fd);
    else
        err = uv_listen(&new->stream.stream, BACKLOG, on_connection);
    if (err) {
        error_at(error, err == UV_EADDRINUSE ? ERROR_BUSY : ERROR_SYSTEM,
                 config->name, 0, 0, "cannot listen: %s", uv_strerror(err));
        listener_close(new);
        return error->code;
    }
    *listener = new;
    return 0;
}

int listen_unix(struct listener **listener, const struct listen_config *config,
                const char *path, mode_t mode, struct error *error)
{
    int fd = bind_unix(path, mode, error);

    return fd < 0 ? fd : begin(listener, config, path, fd, error);
}

int listen_tcp(struct listener **listener, const struct listen_config *config,
               const struct sockaddr *address, struct error *error)
{
    int fd = bind_inet(SOCK_STREAM, address, config->name, error);

    return fd < 0 ? fd : begin(listener, config, NULL, fd, error);
}
