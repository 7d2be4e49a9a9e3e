#ifndef RIPOSTE_SERVE_DOOR_STREAM_H
#define RIPOSTE_SERVE_DOOR_STREAM_H

#include "serve/door.h"
#include "serve/listen.h"

/* What doors of stream sockets share: their first member. */
struct door_stream {
    struct door_config config;
    struct listener *listener;
};

/* What to listen with; the events' arg is the door. */
struct listen_config door_listening(struct door_stream *door, cut_fn cut,
                                    const struct listen_events *events);
/* For struct door_kind. */
void door_resume(void *door);
void door_drain(void *door);
void door_close(void *door);

#endif
