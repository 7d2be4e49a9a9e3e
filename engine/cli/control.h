#ifndef RIPOSTE_CLI_CONTROL_H
#define RIPOSTE_CLI_CONTROL_H

#include "cli/desk.h"
#include "serve/serve.h"

/*
 * The control socket from both ends. serve carries out what is asked there at
 * desks of its own (control.c); every other process asks (control_ask.c).
 */

/* ---- serve -------------------------------------------------------------- */

struct errands;
struct errands *errands_new(const char *site);
void errands_free(struct errands *errands);

/* For struct serve_config, whose arg is the errands. */
void errands_begin(void *arg, struct serve *serve, struct control_ask *ask);
void errands_stop(void *arg);

/* ---- everybody else ----------------------------------------------------- */

/* Has the engine that works on that site do it, and prints what came of it.
 * *status: the exit status. false: there is none that listens, and nothing was
 * said. */
bool control_ask(const struct args *args, const char *path, int *status);

#endif
