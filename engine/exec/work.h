#ifndef RIPOSTE_EXEC_WORK_H
#define RIPOSTE_EXEC_WORK_H

#include "exec/frame.h"

#include <uv.h>

/*
 * One job under way: its program runs as a child of this process, which must
 * be a subreaper and have no other children, because at the end of a job
 * everything below this process is killed.
 */
struct work;

struct work_events {
    /* Of a job with stream set: what it wrote, as it comes, valid during the
     * call. stream: STDOUT_FILENO or STDERR_FILENO. */
    void (*output)(void *arg, int stream, struct str bytes);
    /* Said once, in a later turn of the loop, when the program has ended and
     * nothing of its tree is left. The result is the caller's to look at
     * during the call. */
    void (*done)(void *arg, const struct result *result);
    /* Said instead where something of the tree cannot be killed: this process
     * is of no use any more, and should end. */
    void (*stuck)(void *arg);
    void *arg;
};

/* Takes what the job owns. */
struct work *work_start(uv_loop_t *loop, struct job *job,
                        const struct work_events *events);
/* Ends it: TERM, after the job's grace KILL. */
void work_cancel(struct work *work);
/* Ends it at once, with KILL. */
void work_kill(struct work *work);

/* A child has ended: waits for what the program left behind. */
void work_reap(struct work *work);

/* After done: frees it in the loop's next turns. */
void work_free(struct work *work);

const char *work_step(const struct work *work);

#endif
