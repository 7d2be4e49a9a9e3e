#ifndef RIPOSTE_SERVE_LISTEN_INNER_H
#define RIPOSTE_SERVE_LISTEN_INNER_H

#include "base/buf.h"
#include "serve/listen.h"

/* What listen.c (who is connected) and connection.c (what is read and sent)
 * share. */

union stream {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_pipe_t pipe;
    uv_tcp_t tcp;
};

struct connection {
    struct connection *prev, *next; /* of the listener's */
    struct listener *listener;
    union stream stream;
    void *user;
    struct cutter cutter;
    struct buf held; /* what came and is not used up */
    struct buf out;  /* to be sent, and not given to the system yet */
    struct buf sending;
    uv_write_t write;
    bool writing;   /* sending is under way */
    uint64_t since; /* when the last of it went, in the loop's time */
    size_t queued;  /* of it, then */
    bool dirty;     /* connection_flush has something to do */
    bool reading;
    bool at_end;    /* no more will come, or be read */
    bool told;      /* ended was called */
    bool finishing; /* nothing more will be sent */
    bool closing;
    bool busy; /* inside of connection_work */
};

struct listener {
    struct listen_config config; /* without its name */
    char *name;                  /* owned */
    union stream stream;
    char *path; /* owned: of a UNIX socket that is ours, or NULL */
    dev_t device;
    ino_t inode;
    struct connection *connections; /* owned: a ring's first, or NULL */
    unsigned count;
    size_t held;        /* bytes, over all of them */
    uv_prepare_t flush; /* active while a connection is dirty */
    uv_timer_t watch;   /* over those that do not read; active while any
                           connection is there */
    unsigned handles;   /* that are not closed */
    bool accepting;     /* somebody waits who was not accepted */
    bool crowded;       /* said so */
    bool draining;
    bool closing;
    char chunk[LISTEN_CHUNK]; /* libuv reads into it */
};

/* connection.c */
void connection_start(struct connection *connection);
/* Gives what is held, as far as it is taken; reads on where that is due. */
void connection_work(struct connection *connection);
/* Gives to the system what is to be sent. */
void connection_flush(struct connection *connection);
/* Is what was sent not read for that long? */
bool connection_stuck(struct connection *connection, uint64_t ms);
/* Nothing more is read. */
void connection_stop(struct connection *connection);
void connection_close(struct connection *connection);

/* listen.c */
void listener_mark(struct connection *connection); /* it is dirty */
void listener_remove(struct connection *connection);

#endif
