#ifndef RIPOSTE_EXEC_ORPHANS_H
#define RIPOSTE_EXEC_ORPHANS_H

#include "exec/tree.h"

#include <uv.h>

/*
 * What a slot leaves behind when it dies: its tree becomes this process's,
 * which must be a subreaper. Every child that is not spared is taken for an
 * orphan.
 */
struct orphans;

struct orphans_events {
    /* None is left, or what is left hangs in the kernel and runs no more. */
    void (*gone)(void *arg);
    void *arg;
};

/* Waits for dead orphans from now on. The spares live as long as this. */
struct orphans *orphans_new(uv_loop_t *loop, const struct tree_spares *spares,
                            const struct orphans_events *events);
/* Kills them all. Says gone once, also where there were none. */
void orphans_kill(struct orphans *orphans);
/* Whether gone is still to be said. */
bool orphans_left(const struct orphans *orphans);
/* No more events; frees it in the loop's next turns. */
void orphans_free(struct orphans *orphans);

#endif
