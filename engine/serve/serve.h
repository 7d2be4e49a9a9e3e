#ifndef RIPOSTE_SERVE_SERVE_H
#define RIPOSTE_SERVE_SERVE_H

#include "flow/engine.h"
#include "serve/control.h"

/*
 * The daemon: followed files into a flow, HUP builds a new set aside and
 * swaps it in, TERM or INT drains.
 */
struct serve;
struct serve_config {
    const char *site;
    const char *const *follow; /* files, NULL at the end */
    const char *source;        /* their source, or "auto" */
    int fd;                    /* the executor's socket */
    struct flow_events events;
    /* Somebody asks for something on the control socket: carry it out, then
     * control_end. */
    void (*ask)(void *arg, struct serve *serve, struct control_ask *ask);
    /* The engine ends: what is being carried out must not touch it any more. */
    void (*ending)(void *arg);
    void *arg; /* of both */
};

/* What is at work, for those who carry out what was asked. */
struct engine *serve_engine(struct serve *serve);
int64_t serve_since(const struct serve *serve); /* when it began */
/* Why the site, as it is now, is not in force: none, where it is. */
const struct problems *serve_refused(const struct serve *serve);
/* As HUP does. False: the set was refused. */
bool serve_reload(struct serve *serve);
bool serve_draining(const struct serve *serve);

/* Runs until it is told to stop. Returns the exit status. */
int serve_run(const struct serve_config *config, struct set *set);

#endif
