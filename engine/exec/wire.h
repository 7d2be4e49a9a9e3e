#ifndef RIPOSTE_EXEC_WIRE_H
#define RIPOSTE_EXEC_WIRE_H

#include "exec/frame.h"

#include <uv.h>

/*
 * One end of a socket pair that carries frames, in a uv loop: engine and
 * executor have one between them, and so have the executor and each slot.
 */
struct wire;

struct wire_events {
    /* A whole frame, valid during the call, which may close the wire. A
     * negative answer with the error filled ends the wire. */
    int (*frame)(void *arg, struct str frame, struct error *error);
    /* Said once, unless the wire was closed before: the other end is gone
     * (error NULL), or nonsense or a fault came. The owner still has to close
     * the wire, and can do it here. */
    void (*ended)(void *arg, const struct error *error);
    void *arg;
};

/* Takes the descriptor, a connected stream socket, also where it fails. */
int wire_open(struct wire **wire, uv_loop_t *loop, int fd,
              const struct wire_events *events, struct error *error);

/* Sends what the buffer holds, whole frames, and leaves it empty. Nothing is
 * sent over a wire that ended. */
void wire_send(struct wire *wire, struct buf *frames);
void wire_send_frame(struct wire *wire, struct str frame);

/* For the end of a process that had the other end: hands over at once what it
 * left in the socket. */
void wire_drain(struct wire *wire);

/* No more events; what was not sent yet is dropped. Frees the wire in the
 * loop's next turn. */
void wire_close(struct wire *wire);

/* Two connected descriptors, both close-on-exec. */
int wire_pair(int fds[2], struct error *error);

#endif
