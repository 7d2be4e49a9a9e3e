#ifndef RIPOSTE_FLOW_INTAKE_H
#define RIPOSTE_FLOW_INTAKE_H

#include "flow/flow.h"

/*
 * Reads one input (a file, or stdin) into a flow, at the pace at which the
 * flow takes it.
 */
struct intake;

struct intake_config {
    uv_loop_t *loop;
    struct flow *flow;
    const char *path;   /* "-" is stdin */
    const char *source; /* a source's name, or "auto" */
    bool follow;        /* do not end at the end: wait for more */
    /* The input is at its end (error NULL, or that auto found no source for
     * any of its records) or cannot be read. A followed file has no end. */
    void (*ended)(void *arg, const struct error *error);
    /* The source that auto chose; may be NULL. */
    void (*chosen)(void *arg, const char *path, const char *source);
    void *arg;
};

int intake_open(struct intake **intake, const struct intake_config *config,
                struct error *error);
/* The flow can take more (flow_events.changed): goes on reading. */
void intake_resume(struct intake *intake);
/* Stops reading and frees it in the loop's next turns. */
void intake_close(struct intake *intake);

#endif
