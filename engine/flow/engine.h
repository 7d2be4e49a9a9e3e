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
    bool recover; /* go on with what an earlier process left: run, serve */
    const char *const *only;
    struct flow_events events; /* arg is events.arg */
    /* The executor is gone or the journal failed: the engine must end with
     * this exit status. Called once. */
    void (*fatal)(void *arg, int status, const struct error *error);
};

/* ERROR_BUSY where another process holds state/lock. No event comes before
 * the loop runs. */
int engine_open(struct engine **engine, const struct engine_config *config,
                struct error *error);
/* Runs the loop until all is closed and frees it. No event comes any more;
 * what is not finished stays in the journal. The caller has closed its own
 * handles, or does so with callbacks that need nothing of the engine. */
void engine_close(struct engine *engine);

uv_loop_t *engine_loop(struct engine *engine);
struct flow *engine_flow(struct engine *engine);
struct gate *engine_gate(struct engine *engine);
struct journal *engine_journal(struct engine *engine);

/* The process named in the lock of that state folder; 0: nobody holds it. */
int64_t engine_holder(const char *state);

#endif
