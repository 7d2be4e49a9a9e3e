#ifndef RIPOSTE_EXEC_CLIENT_H
#define RIPOSTE_EXEC_CLIENT_H

#include "exec/frame.h"

#include <uv.h>

/*
 * The engine's end of the socket to its executor.
 */
struct exec_client;

struct exec_client_events {
    /* The result is the client's; valid during the call. */
    void (*result)(void *arg, const struct result *result);
    /* Of a job with stream set: its output as it comes, secrets as ***; the
     * client's, valid during the call. May be NULL. */
    void (*output)(void *arg, const struct output *output);
    /* The executor is gone: nothing more will be answered. */
    void (*lost)(void *arg, const struct error *error);
    void *arg;
};

/* Takes the descriptor (also where it fails) and waits for the executor's
 * hello, at most 10 s. Where an engine crashed before this one, the results
 * that it did not have forgotten come first, in the loop's next turns. */
int exec_client_open(struct exec_client **client, uv_loop_t *loop, int fd,
                     const struct exec_client_events *events,
                     struct error *error);
/* Ends the connection, also one that is lost; frees the client in the loop's
 * next turn. */
void exec_client_close(struct exec_client *client);

uint64_t exec_client_incarnation(const struct exec_client *client);

/* Sends a job; its result comes once, unless the executor is lost, and never
 * during this call. A step that the executor knows, because it was sent before
 * and not forgotten, is not started again: so after a crash it is safe to send
 * again what may not have arrived. */
void exec_client_start(struct exec_client *client, const struct job *job);
/* Its result as of a job, where an earlier engine sent that; a step that the
 * executor does not know is not started, and that is its result. */
void exec_client_await(struct exec_client *client, const char *step);
void exec_client_cancel(struct exec_client *client, const char *step);
/* The result is committed: the executor may forget it. */
void exec_client_forget(struct exec_client *client, const char *step);

/* The descriptor that riposte-exec left for this process (environment
 * variable RIPOSTE_EXEC_FD, which is removed), or -1. Makes it close-on-exec,
 * and this process die with its parent. */
int exec_client_inherited(void);

/* The path of the riposte-exec beside this program, whether it is there or
 * not; NULL where /proc cannot be read. The caller frees it. */
char *exec_client_program(struct error *error);

/* Replaces this process by riposte-exec (found beside this program), which
 * starts the same command line again as an engine. mode: "run" or "serve".
 * Returns only where it fails. */
int exec_client_become(const char *mode, char **argv, struct error *error);

#endif
