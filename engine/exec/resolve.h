#ifndef RIPOSTE_EXEC_RESOLVE_H
#define RIPOSTE_EXEC_RESOLVE_H

#include "exec/frame.h"

/*
 * A job whose secrets are looked up, before it can start: in the folder of
 * the service manager's credentials ($CREDENTIALS_DIRECTORY), in the site's
 * store, by the site's secret_command, in this order.
 */
struct resolve;

enum {
    /* A command that asks a server; one that asks a person never ends. */
    RESOLVE_TIMEOUT_MS = 10 * 1000,
    RESOLVE_GRACE_MS = 1000,
};

/* Takes what the job owns. */
struct resolve *resolve_new(struct job *job);
void resolve_free(struct resolve *resolve); /* NULL is fine */

/* 0: every secret is in its place, and the job is the caller's to start.
 * 1: run this command as a job, and give its result to resolve_answer.
 * Negative: it cannot start. */
int resolve_next(struct resolve *resolve, struct job *job, struct error *error);
int resolve_answer(struct resolve *resolve, const struct result *result,
                   struct error *error);
/* The job's step. */
const char *resolve_step(const struct resolve *resolve);

#endif
