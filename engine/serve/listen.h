#ifndef RIPOSTE_SERVE_LISTEN_H
#define RIPOSTE_SERVE_LISTEN_H

#include "base/error.h"
#include "serve/cut.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <uv.h>

/*
 * A stream socket that others connect to: what each of them sends is cut into
 * records, what is to be answered is sent back, all of it within bounds.
 * Whoever sends faster than records are taken, or does not read what he is
 * answered, is not read from meanwhile.
 */
struct listener;
struct connection;

enum {
    LISTEN_CONNECTIONS_MAX = 256,       /* a descriptor each, of the 1024 that a
                                           process usually may have; the next one
                                           waits to be accepted */
    LISTEN_CHUNK = 64 * 1024,           /* read at once */
    LISTEN_HELD_MAX = 64 * 1024 * 1024, /* bytes of records not yet whole, over
                                           all connections of a listener */
    LISTEN_UNSENT_MAX = 256 * 1024,     /* answers that one does not read; past
                                           it nothing is read from him */
    LISTEN_STUCK_MS = 60 * 1000, /* then who reads no answer is gone: people
                                    stop a process in a debugger, or suspend
                                    it, for less */
    LISTEN_DRAIN_MS = 5 * 1000,  /* the same while the daemon wants to end */
};

/* What happens on a connection; user is what `opened` gave. */
struct listen_events {
    /* NULL: nothing is to be done with it, it is closed at once. */
    void *(*opened)(void *arg, struct connection *connection);
    /* May another record be given now? connection_resume says it may again. */
    bool (*ready)(void *user);
    void (*record)(void *user, const struct cut_record *record);
    /* Every record was given: the other side sends no more, or the listener is
     * draining. Call connection_finish once everything is answered. */
    void (*ended)(void *user);
    /* It is gone, and must not be used any more. */
    void (*closed)(void *user);
    void *arg;
};

struct listen_config {
    uv_loop_t *loop;
    const char *name; /* for messages */
    cut_fn cut;
    size_t record_max;
    const char *too_long;     /* what a longer record is refused for */
    unsigned connections_max; /* at most LISTEN_CONNECTIONS_MAX */
    struct listen_events events;
    /* The last connection of a draining listener is gone; or NULL. */
    void (*drained)(void *arg);
};

/* A UNIX socket that has its permissions before anybody can connect. One that
 * a process left which is gone is replaced; ERROR_BUSY where somebody listens
 * there, ERROR_INVALID where there is something else, or the path is too long
 * for a socket. */
int listen_unix(struct listener **listener, const struct listen_config *config,
                const char *path, mode_t mode, struct error *error);
int listen_tcp(struct listener **listener, const struct listen_config *config,
               const struct sockaddr *address, struct error *error);

/* Records may be taken again: every connection goes on, another one first each
 * time. */
void listener_resume(struct listener *listener);
/* Nothing is accepted or read any more; what was given is still answered. */
void listener_drain(struct listener *listener);
/* No connection is left. */
bool listener_idle(const struct listener *listener);
/* Closes all at once; frees it in the loop's next turns. */
void listener_close(struct listener *listener);

/* Sent before the loop waits again. The bytes are copied. */
void connection_send(struct connection *connection, struct str bytes);
void connection_resume(struct connection *connection);
/* Closes it once everything is sent. */
void connection_finish(struct connection *connection);
/* Who it is; ERROR_SYSTEM where the socket does not say. */
int connection_peer(const struct connection *connection, struct ucred *peer);

#endif
