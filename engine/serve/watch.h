#ifndef RIPOSTE_SERVE_WATCH_H
#define RIPOSTE_SERVE_WATCH_H

#include <uv.h>

/*
 * Tells when the files of a site may have changed: written in place, renamed
 * over, removed, made, or a link to them put elsewhere. What editors leave
 * beside them does not count. Told once they have been left alone for
 * WATCH_QUIET_MS, and at the latest WATCH_LATE_MS after the first change.
 *
 * What a link inside a folder leads to is not looked at: whoever changes that
 * in place says riposte reload.
 */
struct watch;

enum {
    WATCH_QUIET_MS = 200, /* an editor's save, or git's checkout, is over */
    WATCH_LATE_MS = 2000, /* somebody writes all the time */
};

/* site: its absolute path. */
struct watch *watch_new(uv_loop_t *loop, const char *site,
                        void (*changed)(void *arg), void *arg);
void watch_free(struct watch *watch); /* in the loop's next turns */

#endif
