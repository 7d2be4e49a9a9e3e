#ifndef RIPOSTE_CLI_SESSION_H
#define RIPOSTE_CLI_SESSION_H

#include "flow/engine.h"

/*
 * An engine at work in the foreground, as run and act have it: it ends when
 * its work is done, when somebody interrupts it, or when it cannot go on.
 * The first INT or TERM lets what runs come to its end, the second ends the
 * process at once, both with EXIT_INTERRUPTED. HUP is for serve: it must not
 * end a run that somebody takes for one.
 */
struct session {
    struct engine *engine;
    int status;                      /* of the exit, as far as it is known */
    bool interrupted;                /* nothing new may be started */
    void (*on_interrupt)(void *arg); /* called at the first one; or NULL */
    void *arg;
    uv_signal_t signals[3];
};

/* Says what is wrong itself; returns 0 or an exit status. */
int session_open(struct session *session, const struct engine_config *config);
/* For engine_config.fatal: says why, and ends with that status. */
void session_fail(struct session *session, int status,
                  const struct error *error);
/* Runs the loop until session_end. */
void session_run(struct session *session);
void session_end(struct session *session);
void session_close(struct session *session);

#endif
