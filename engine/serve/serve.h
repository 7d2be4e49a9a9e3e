#ifndef RIPOSTE_SERVE_SERVE_H
#define RIPOSTE_SERVE_SERVE_H

#include "flow/engine.h"

/*
 * The daemon: followed files into a flow, HUP builds a new set aside and
 * swaps it in, TERM or INT drains.
 */
struct serve_config {
    const char *site;
    const char *const *follow; /* files, NULL at the end */
    const char *source;        /* their source, or "auto" */
    int fd;                    /* the executor's socket */
    struct flow_events events;
};

/* Runs until it is told to stop. Returns the exit status. */
int serve_run(const struct serve_config *config, struct set *set);

#endif
