#ifndef RIPOSTE_SERVE_INPUTS_H
#define RIPOSTE_SERVE_INPUTS_H

#include "flow/flow.h"

/*
 * Everything that alarms come in by: the files of the command line, and the
 * entries of `intake` in riposte.lua.
 */
struct inputs;

struct inputs_config {
    uv_loop_t *loop;
    struct flow *flow;
    const struct intake_entries *entries; /* they must outlive it */
    const char *const *follow;            /* files, NULL at the end */
    const char *source;                   /* theirs, or "auto" */
    /* One of them cannot go on. */
    void (*failed)(void *arg, const struct error *error);
    /* inputs_idle may have become true. */
    void (*drained)(void *arg);
    void *arg;
};

/* Takes what could be opened also where it fails: close and free it. */
int inputs_open(struct inputs **inputs, const struct inputs_config *config,
                struct error *error);
/* The flow takes alarms again. */
void inputs_resume(struct inputs *inputs);
/* Nothing more is read; what was is answered. */
void inputs_drain(struct inputs *inputs);
bool inputs_idle(const struct inputs *inputs);
void inputs_close(struct inputs *inputs);
void inputs_free(struct inputs *inputs); /* once the loop has run dry */

#endif
