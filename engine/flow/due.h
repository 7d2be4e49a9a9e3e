#ifndef RIPOSTE_FLOW_DUE_H
#define RIPOSTE_FLOW_DUE_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/*
 * What is to happen at a time of the wall clock: a heap with one timer. The
 * clock is looked at at least once a minute, so that one that was set is
 * noticed.
 */
struct due {
    int64_t when;                  /* ms since 1970 */
    void (*ring)(struct due *due); /* it is in no heap any more */
    size_t place;                  /* in the heap, from 1; 0: it is in none */
};

struct dues;

struct dues *dues_new(uv_loop_t *loop);
/* Rings no more; adding and removing do nothing from now on. */
void dues_stop(struct dues *dues);
/* Stops, closes the timer, then calls closed and frees it. */
void dues_close(struct dues *dues, void (*closed)(void *arg), void *arg);

/* The due is the caller's, zeroed or removed, with ring set. It never rings
 * from inside this call. */
void dues_add(struct dues *dues, struct due *due, int64_t when);
void dues_remove(struct dues *dues, struct due *due); /* if it is in there */

#endif
