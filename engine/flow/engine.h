#ifndef RIPOSTE_FLOW_ENGINE_H
#define RIPOSTE_FLOW_ENGINE_H

#include "flow/flow.h"

/*
 * What run, serve and act share: the loop, the lock of the state folder, the
 * journal, the gate with its executor, and the flow, opened in that order and
 * closed in reverse.
 */
struct engine;

struct engine_config {
    struct set *set;
    enum gate_mode mode;
    bool volatile_journal; /* :memory:, nothing under state/ is written */
    int fd;                /* the executor's socket, or -1 */
    const char *const *only;
    struct flow_events events; /* arg is events.arg */
    /* The executor is gone or the journal failed: the engine must end with
     * this exit status. Called once. */
    void (*fatal)(void *arg, int status, const struct error *error);
};

/* ERROR_BUSY where another process holds state/lock. */
int engine_open(struct engine **engine, const struct engine_config *config,
                struct error *error);
void engine_close(struct engine *engine); /* runs the loop until all closed */

uv_loop_t *engine_loop(struct engine *engine);
struct flow *engine_flow(struct engine *engine);
struct gate *engine_gate(struct engine *engine);

/* The process named in the lock of that state folder; 0: nobody holds it. */
int64_t engine_holder(const char *state);

#endif
