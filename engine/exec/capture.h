#ifndef RIPOSTE_EXEC_CAPTURE_H
#define RIPOSTE_EXEC_CAPTURE_H

#include "exec/frame.h"

#include <uv.h>

/*
 * One output stream of a job: read until nobody can write to it any more,
 * its beginning kept for the result, and handed on as it comes where somebody
 * looks on.
 */
struct capture;

enum {
    CAPTURE_AT_ONCE = 64 * 1024 /* what a pipe holds */
};

struct capture_events {
    /* So many bytes were written by the program. */
    void (*written)(void *arg, size_t len);
    /* As it comes; NULL: nobody looks on. */
    void (*output)(void *arg, int stream, struct str bytes);
    /* Nothing more will come. */
    void (*ended)(void *arg);
    void *arg;
};

/* stream: STDOUT_FILENO or STDERR_FILENO. Of the secrets (NULL at the end, or
 * NULL) nothing is kept or handed on but ***. */
struct capture *capture_new(uv_loop_t *loop, int stream, char *const *secrets,
                            const struct capture_events *events);
/* Gives the end of the pipe that the program gets. A libuv status. */
int capture_open(struct capture *capture, uv_file *child);
bool capture_is_reading(const struct capture *capture);
/* The end, also where somebody could still write. cut: what was written broke
 * off; so it did where nobody has read its end. What was kept is the caller's;
 * at most JOB_OUTPUT_KEPT bytes. */
char *capture_take(struct capture *capture, bool cut, size_t *len,
                   bool *truncated);
/* No more events; frees it in the loop's next turns. */
void capture_close(struct capture *capture);

#endif
