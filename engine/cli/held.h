#ifndef RIPOSTE_CLI_HELD_H
#define RIPOSTE_CLI_HELD_H

#include "journal/journal.h"

/*
 * The journal as a command has it that is no engine: for itself alone, with
 * the lock of the state folder. Nothing is recovered, nothing is started.
 */
struct held {
    struct journal *journal;
    uv_loop_t loop;
    int lock;
    struct error lost; /* code not 0: a write failed */
};

/* ERROR_NOT_FOUND where there is no journal yet (none is made), ERROR_BUSY
 * where another process has it. held_close goes with 0 only. */
int held_open(struct held *held, const char *state, struct error *error);
/* The same, but waits for whoever has it, up to HELD_WAIT. */
enum { HELD_WAIT = 5000 }; /* ms: most commands are over by then */
int held_wait(struct held *held, const char *state, struct error *error);
/* After it what was written is on the disk, or held->lost says why not. */
void held_close(struct held *held);

#endif
