#ifndef RIPOSTE_FLOW_READING_H
#define RIPOSTE_FLOW_READING_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/*
 * An open file, pipe or terminal that is read in the loop. While it is not
 * paused it has a turn in every turn of the loop, until a read says
 * READING_LATER: then the next one comes when there are bytes, or, for a
 * followed file, after READING_FOLLOW_MS.
 */
struct reading;

enum { READING_FOLLOW_MS = 100 /* how late a new line may be seen */ };

struct reading_config {
    uv_loop_t *loop;
    const char *path; /* "-" is stdin */
    int fd;           /* of the path, opened; or -1. Taken */
    uint64_t offset;  /* where to begin in it */
    bool follow;
    void (*turn)(void *arg);
    void (*closed)(void *arg); /* after reading_close: nothing comes now */
    void *arg;
};

/* Begins with turns at once. */
int reading_open(struct reading **reading, const struct reading_config *config,
                 struct error *error);
void reading_pause(struct reading *reading);
void reading_resume(struct reading *reading);
/* Frees it in the loop's next turns, then calls closed. */
void reading_close(struct reading *reading);

enum {
    READING_BYTES = 1,
    READING_LATER,  /* none now: another turn will come */
    READING_END,    /* no more will come of this file */
    READING_SHRUNK, /* the followed file is shorter than what was read of it:
                       the next read is from its start */
};

/* At most `max` bytes, valid until the next call. Negative: cannot be
 * read. */
int reading_read(struct reading *reading, size_t max, struct str *bytes,
                 struct error *error);

/* Goes on with another file, which is no pipe; gives back the descriptor of the
 * one before. */
int reading_switch(struct reading *reading, int fd, uint64_t offset);
/* How far the file was read. */
uint64_t reading_offset(const struct reading *reading);

#endif
