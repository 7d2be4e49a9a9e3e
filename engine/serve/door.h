#ifndef RIPOSTE_SERVE_DOOR_H
#define RIPOSTE_SERVE_DOOR_H

#include "flow/flow.h"

/*
 * A socket at which alarms are handed in, of one entry of `intake`
 * (docs/intake.md): at a UNIX socket each line is answered once it is on
 * stable storage; a message of syslog is not answered.
 */
struct door_config {
    uv_loop_t *loop;
    struct flow *flow;
    const struct intake_entry *entry; /* must outlive it */
    void (*drained)(void *arg);       /* after drain: idle may be true */
    void *arg;
};

/* What every kind of door can do; the first argument is what open gave. */
struct door_kind {
    int (*open)(void **door, const struct door_config *config,
                struct error *error);
    void (*resume)(void *door); /* the flow takes alarms again */
    void (*drain)(void *door);  /* nothing more is read; what was is answered */
    bool (*idle)(const void *door); /* everything is */
    void (*close)(void *door);
    /* Once the loop has run dry, and the flow is gone. */
    void (*free)(void *door);
};

extern const struct door_kind door_unix, door_syslog_tcp, door_syslog_udp;

enum {
    DOOR_PENDING_MAX = 1024,   /* lines of one sender that are not answered: two
                                  batches of the flow's, so that one sender can
                                  keep the journal busy */
    DOOR_DATAGRAM_MAX = 65536, /* UDP has no larger ones */
    DOOR_DATAGRAMS_A_TURN = 64,
    DOOR_RECEIVE_BYTES = 8 * 1024 * 1024, /* asked of the kernel to keep while
                                             the flow is busy; it may give
                                             less */
    DOOR_SAY_MS = 1000, /* how often datagrams that were lost are said */
};

#endif
