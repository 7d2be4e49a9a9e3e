#include "flow/due.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

enum { NAP = 60 * 1000 }; /* ms */

struct dues {
    uv_timer_t timer;
    uv_loop_t *loop;
    struct due **heap; /* owned; [0] is the first; a child follows its parent */
    size_t len, cap;
    bool stopped;
    void (*closed)(void *arg);
    void *arg;
};

/* ---- the heap ----------------------------------------------------------- */

static void put(struct dues *dues, size_t at, struct due *due)
{
    dues->heap[at] = due;
    due->place = at + 1;
}

static void rise(struct dues *dues, size_t at)
{
    struct due *due = dues->heap[at];

    while (at && dues->heap[(at - 1) / 2]->when > due->when) {
        put(dues, at, dues->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(dues, at, due);
}

static void sink(struct dues *dues, size_t at)
{
    struct due *due = dues->heap[at];

    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < dues->len &&
            dues->heap[child + 1]->when < dues->heap[child]->when)
            child++;
        if (child >= dues->len || dues->heap[child]->when >= due->when)
            break;
        put(dues, at, dues->heap[child]);
        at = child;
    }
    put(dues, at, due);
}

static void take(struct dues *dues, size_t at)
{
    struct due *last = dues->heap[--dues->len];

    dues->heap[at]->place = 0;
    if (at == dues->len)
        return;
    put(dues, at, last);
    sink(dues, at);
    rise(dues, last->place - 1);
}

/* ---- the timer ---------------------------------------------------------- */

static void ring(uv_timer_t *timer);

static void arm(struct dues *dues)
{
    int64_t pause;

    if (!dues->len || dues->stopped) {
        uv_timer_stop(&dues->timer);
        return;
    }
    pause = dues->heap[0]->when - clock_now();
    pause = pause < 0 ? 0 : pause > NAP ? NAP : pause;
    uv_update_time(dues->loop);
    uv_timer_start(&dues->timer, ring, (uint64_t)pause, 0);
}

/* What is added meanwhile waits for the next turn, also where it is due. */
static void ring(uv_timer_t *timer)
{
    struct dues *dues = timer->data;
    int64_t now = clock_now();
    size_t most = dues->len;

    while (most-- && dues->len && dues->heap[0]->when <= now &&
           !dues->stopped) {
        struct due *due = dues->heap[0];

        take(dues, 0);
        due->ring(due);
    }
    arm(dues);
}

void dues_add(struct dues *dues, struct due *due, int64_t when)
{
    assert(!due->place);
    if (dues->stopped)
        return;
    due->when = when;
    dues->heap =
        alloc_grown(dues->heap, dues->len, &dues->cap, sizeof(struct due *));
    dues->heap[dues->len] = due;
    rise(dues, dues->len++);
    if (due->place == 1)
        arm(dues);
}

void dues_remove(struct dues *dues, struct due *due)
{
    if (due->place)
        take(dues, due->place - 1);
}

/* ---- its life ----------------------------------------------------------- */

struct dues *dues_new(uv_loop_t *loop)
{
    struct dues *dues = ALLOC(struct dues);

    dues->loop = loop;
    uv_timer_init(loop, &dues->timer);
    dues->timer.data = dues;
    return dues;
}

void dues_stop(struct dues *dues)
{
    dues->stopped = true;
    uv_timer_stop(&dues->timer);
}

static void on_closed(uv_handle_t *handle)
{
    struct dues *dues = handle->data;

    while (dues->len)
        take(dues, dues->len - 1);
    free(dues->heap);
    dues->closed(dues->arg);
    free(dues);
}

void dues_close(struct dues *dues, void (*closed)(void *arg), void *arg)
{
    dues_stop(dues);
    dues->closed = closed;
    dues->arg = arg;
    uv_close((uv_handle_t *)&dues->timer, on_closed);
}
