#ifndef RIPOSTE_EXEC_SEAT_H
#define RIPOSTE_EXEC_SEAT_H

#include "exec/frame.h"

#include <uv.h>

/*
 * A slot process, seen from the executor that started it.
 */
struct seat;

struct seat_events {
    /* A frame of the slot's, valid during the call, not yet read. A negative
     * answer with the error filled ends the slot. */
    int (*frame)(void *arg, struct str frame, struct error *error);
    /* Said once: the process has ended and was waited for, and the seat is
     * freed after the call. clean: nothing of a job is left of it. */
    void (*gone)(void *arg, bool clean);
    void *arg;
};

/* Starts a slot: this program again. */
int seat_start(struct seat **seat, uv_loop_t *loop,
               const struct seat_events *events, struct error *error);
void seat_send(struct seat *seat, struct str frame);
/* Closes the socket, so that the slot kills what it runs and ends. */
void seat_let_go(struct seat *seat);
/* Kills the slot where neither a result nor its end has come in so many ms:
 * then it was stopped, or hangs. Ends an expectation before. */
#define SEAT_EXPECT_NOTHING UINT64_MAX
void seat_expect(struct seat *seat, uint64_t ms);
bool seat_is_let_go(const struct seat *seat);
/* The process, or 0 where it was waited for already. */
pid_t seat_pid(const struct seat *seat);

#endif
