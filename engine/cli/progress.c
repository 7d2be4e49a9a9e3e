#include "cli/progress.h"

#include "base/alloc.h"
#include "cli/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PERIOD_MS = 250, /* often enough to look alive, too seldom to cost */
    WINDOW = 8,      /* the rate is that of the last 2 s */
};

struct progress {
    uv_timer_t timer;
    struct engine *engine;
    int64_t seen[WINDOW]; /* counts at the last ticks */
    uint64_t ticks;
    bool shown;
};

static int64_t taken(const struct flow_counts *counts)
{
    return counts->alarms + counts->duplicates;
}

/* The cursor goes back to the front, so that a message that somebody else
 * writes takes the line over. */
static void draw(struct progress *progress, double rate)
{
    struct flow *flow = engine_flow(progress->engine);
    const struct flow_counts *counts = flow_counts(flow);
    struct buf buf = {0};

    print_count(&buf, taken(counts), "alarm, ", "alarms, ");
    print_count(&buf, (int64_t)flow_open(flow), "run open, ", "runs open, ");
    print_count(&buf, (int64_t)gate_running(engine_gate(progress->engine)),
                "action running, ", "actions running, ");
    fprintf(stderr, "\r\x1b[K%s%.0f alarms/s\r", buf.data, rate);
    buf_free(&buf);
    fflush(stderr);
    progress->shown = true;
}

static void tick(uv_timer_t *timer)
{
    struct progress *progress = timer->data;
    int64_t now = taken(flow_counts(engine_flow(progress->engine)));
    int64_t *slot = &progress->seen[progress->ticks % WINDOW];
    uint64_t span = progress->ticks < WINDOW ? progress->ticks + 1 : WINDOW;
    int64_t then = progress->ticks < WINDOW ? 0 : *slot;

    *slot = now;
    progress->ticks++;
    draw(progress, (double)(now - then) * 1000 / (double)(span * PERIOD_MS));
}

struct progress *progress_new(struct engine *engine)
{
    struct progress *progress;

    if (!isatty(STDERR_FILENO))
        return NULL;
    progress = ALLOC(struct progress);
    progress->engine = engine;
    progress->timer.data = progress;
    uv_timer_init(engine_loop(engine), &progress->timer);
    uv_timer_start(&progress->timer, tick, PERIOD_MS, PERIOD_MS);
    uv_unref((uv_handle_t *)&progress->timer);
    return progress;
}

void progress_hide(struct progress *progress)
{
    if (!progress || !progress->shown)
        return;
    fputs("\r\x1b[K", stderr);
    fflush(stderr);
    progress->shown = false;
}

static void closed(uv_handle_t *handle)
{
    free(handle->data);
}

void progress_close(struct progress *progress)
{
    if (!progress)
        return;
    progress_hide(progress);
    uv_close((uv_handle_t *)&progress->timer, closed);
}
