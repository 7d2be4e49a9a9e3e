#include "exec/orphans.h"

#include "base/alloc.h"
#include "base/log.h"

#include <signal.h>
#include <stdlib.h>

enum {
    /* Between two rounds of killing: at first, and at most. */
    SWEEP_MS = 5,
    SWEEP_MS_MAX = 1000,
    /* What KILL has not ended by then hangs in the kernel. */
    PATIENCE_MS = 10 * 1000,
};

struct orphans {
    const struct tree_spares *spares;
    struct orphans_events events;
    uv_signal_t child;
    uv_timer_t timer;
    bool killing;   /* the timer runs */
    bool said;      /* gone, for this killing */
    uint64_t begun; /* ms of the loop */
    uint64_t pause; /* ms */
    unsigned open;  /* handles that are not closed yet */
};

static void say_gone(struct orphans *orphans)
{
    if (orphans->said)
        return;
    orphans->said = true;
    orphans->events.gone(orphans->events.arg);
}

static void sweep(uv_timer_t *timer)
{
    struct orphans *orphans = timer->data;

    tree_reap(orphans->spares);
    if (tree_signal(SIGKILL, orphans->spares) == 0) {
        orphans->killing = false;
        say_gone(orphans);
        return;
    }
    uv_timer_start(timer, sweep, orphans->pause, 0);
    if (orphans->pause < SWEEP_MS_MAX)
        orphans->pause *= 2;
    if (!orphans->said && uv_now(timer->loop) - orphans->begun > PATIENCE_MS) {
        log_line("a process that a slot left does not end though it was "
                 "killed");
        say_gone(orphans);
    }
}

void orphans_kill(struct orphans *orphans)
{
    uv_update_time(orphans->timer.loop);
    orphans->said = false;
    orphans->killing = true;
    orphans->begun = uv_now(orphans->timer.loop);
    orphans->pause = SWEEP_MS;
    /* In another turn, so that gone never comes from in here. */
    uv_timer_start(&orphans->timer, sweep, 0, 0);
}

bool orphans_left(const struct orphans *orphans)
{
    return orphans->killing && !orphans->said;
}

static void on_child(uv_signal_t *signal, int number)
{
    const struct orphans *orphans = signal->data;

    (void)number;
    tree_reap(orphans->spares);
}

struct orphans *orphans_new(uv_loop_t *loop, const struct tree_spares *spares,
                            const struct orphans_events *events)
{
    struct orphans *orphans = ALLOC(struct orphans);

    orphans->spares = spares;
    orphans->events = *events;
    orphans->open = 2;
    orphans->said = true;
    uv_timer_init(loop, &orphans->timer);
    uv_signal_init(loop, &orphans->child);
    orphans->timer.data = orphans->child.data = orphans;
    uv_signal_start(&orphans->child, on_child, SIGCHLD);
    return orphans;
}

static void have_closed(uv_handle_t *handle)
{
    struct orphans *orphans = handle->data;

    if (--orphans->open == 0)
        free(orphans);
}

void orphans_free(struct orphans *orphans)
{
    uv_close((uv_handle_t *)&orphans->timer, have_closed);
    uv_close((uv_handle_t *)&orphans->child, have_closed);
}
