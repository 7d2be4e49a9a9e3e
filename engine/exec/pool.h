#ifndef RIPOSTE_EXEC_POOL_H
#define RIPOSTE_EXEC_POOL_H

#include "exec/frame.h"

#include <uv.h>

/*
 * The slots of an executor, and the steps that they were given. A step is
 * known from the start of its job until it is forgotten, and is started at
 * most once while it is known.
 */
struct pool;

enum {
    /* The gate sends 64 jobs at most; a sender of more is refused. */
    POOL_SLOTS_MAX = 128,
    /* Kept for reuse; more are ended when their job is. */
    POOL_SLOTS_IDLE = 8,
    /* Running, or ended and not forgotten, each with up to 128 KiB of output:
     * an engine that forgets nothing is refused here. */
    POOL_STEPS_MAX = 1024,
};

struct pool_events {
    /* What the engine is told: a frame with a result or output, valid during
     * the call. */
    void (*frame)(void *arg, struct str frame);
    /* After pool_end: every slot is gone. */
    void (*ended)(void *arg);
    void *arg;
};

struct pool *pool_new(uv_loop_t *loop, const struct pool_events *events);

/* A frame of the engine's: a job, an await, a cancel, or a forget. Negative
 * where it is none of them, or does not decode. */
int pool_frame(struct pool *pool, struct str frame, struct error *error);

/* Says every result again that is not forgotten, for a new engine. */
void pool_repeat(struct pool *pool);

/* The child of this process that is no slot's orphan; 0: there is none. */
void pool_spare(struct pool *pool, pid_t engine);

/* Kills what runs and ends every slot, then says ended. */
void pool_end(struct pool *pool);
/* After ended: frees the pool in the loop's next turns. */
void pool_free(struct pool *pool);

#endif
