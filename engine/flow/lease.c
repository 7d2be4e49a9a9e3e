#include "flow/lease.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "flow/lease_inner.h"
#include "flow/recover_inner.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

/* ---- when ---------------------------------------------------------------- */

int64_t lease_retry_after(int64_t attempts)
{
    int64_t pause = LEASE_RETRY_FIRST;

    while (--attempts > 0 && pause < LEASE_RETRY_MAX)
        pause *= LEASE_RETRY_FACTOR;
    return pause < LEASE_RETRY_MAX ? pause : LEASE_RETRY_MAX;
}

/* When it is to be undone, or looked at whatever the site says; -1: not by
 * itself. */
static int64_t owed(const struct keeper *keeper)
{
    const struct lease *lease = keeper->lease;
    int64_t until = lease_until(lease);

    if (keeper->run || lease->under_way || lease->state == LEASE_STUCK)
        return -1;
    if (keeper->fresh || lease->state == LEASE_DOUBTFUL)
        return 0;
    if (!until)
        return -1;
    return until > lease->retry ? until : lease->retry;
}

void keeper_arm(struct keeper *keeper)
{
    int64_t time = owed(keeper), look = keeper_next_look(keeper);

    if (look >= 0 && (time < 0 || look < time))
        time = look;
    dues_remove(keeper->flow->dues, &keeper->due);
    if (time >= 0)
        dues_add(keeper->flow->dues, &keeper->due, time);
}

static bool is_time(const struct keeper *keeper)
{
    int64_t look = keeper_next_look(keeper);

    return look >= 0 && look <= clock_now();
}

static void ring(struct due *due)
{
    struct keeper *keeper =
        (struct keeper *)(void *)((char *)due - offsetof(struct keeper, due));
    const struct lease *lease = keeper->lease;

    if (keeper->run || keeper->flow->stopped)
        return;
    if (keeper->fresh || lease->state == LEASE_DOUBTFUL ||
        (lease_due(lease, clock_now()) && !keeper->looked))
        keeper_verify(keeper);
    else if (lease_due(lease, clock_now()))
        keeper_undo(keeper);
    else if (is_time(keeper))
        keeper_look(keeper);
    else
        keeper_arm(keeper);
}

int64_t flow_next_undo(const struct flow *flow)
{
    int64_t first = 0;

    for (const struct keeper *keeper = flow->keepers; keeper;
         keeper = keeper->next) {
        int64_t time = keeper->due.place ? owed(keeper) : -1;

        if (time >= 0 && (!first || time < first))
            first = time ? time : 1;
    }
    return first;
}

/* ---- their lives --------------------------------------------------------- */

static struct keeper *keeper_new(struct flow *flow, struct lease *lease)
{
    struct keeper *keeper = ALLOC(struct keeper);

    keeper->flow = flow;
    keeper->lease = lease;
    keeper->due.ring = ring;
    keeper->home = home_find(flow, lease->set);
    /* A set that cannot be had again: the one in force may do. */
    if (!keeper->home)
        keeper->home = flow->home;
    keeper->home->runs++;
    /* An engine ended before it was looked at, or somebody asks for it. */
    keeper->before = lease->state;
    keeper->fresh = lease->state != LEASE_STARTING && !lease->checked;
    keeper->next = flow->keepers;
    if (flow->keepers)
        flow->keepers->prev = keeper;
    flow->keepers = keeper;
    lease->keeper = keeper;
    return keeper;
}

static void keeper_free(struct keeper *keeper)
{
    struct flow *flow = keeper->flow;

    dues_remove(flow->dues, &keeper->due);
    keeper_unqueue(keeper);
    keeper_looked(keeper);
    keeper_drop_restore(keeper);
    if (keeper->prev)
        keeper->prev->next = keeper->next;
    else
        flow->keepers = keeper->next;
    if (keeper->next)
        keeper->next->prev = keeper->prev;
    keeper->home->runs--;
    home_drop(flow, keeper->home);
    free(keeper);
}

static void changed(void *arg, struct lease *lease)
{
    struct keeper *keeper = lease->keeper;

    if (!keeper)
        keeper = keeper_new(arg, lease);
    if (keeper->before == LEASE_STARTING && lease->state != LEASE_STARTING) {
        keeper->fresh = true;
        keeper->stale = keeper->run != NULL;
    }
    keeper->fresh |= lease->look;
    lease->look = false;
    keeper->before = lease->state;
    if (lease->state == LEASE_ENDED)
        keeper_free(keeper);
    else
        keeper_arm(keeper);
}

/* ---- at a start -----------------------------------------------------------
 */

void lease_recover(struct flow *flow)
{
    struct leases *leases = gate_leases(flow->config.gate);
    struct error error;

    for (struct lease *lease = leases_first(leases); lease; lease = lease->next)
        if (!left_run_home(flow, lease->set, &error))
            log_line("l%" PRId64 ": the set in which it began cannot be had "
                     "again: %s",
                     lease->number, error.text);
}

static void tell_stuck(const struct leases *leases)
{
    size_t told = 0;

    for (const struct lease *lease = leases_first(leases); lease;
         lease = lease->next) {
        if (lease->state != LEASE_STUCK)
            continue;
        if (++told <= LEASE_TOLD_MAX)
            log_line("l%" PRId64 " (%s / %s on %s) has to be undone by a "
                     "person: %s; then: riposte lease end l%" PRId64 " --done",
                     lease->number, lease->plugin, lease->action,
                     lease->target ? lease->target : "its target",
                     lease->error ? lease->error : "its undo failed",
                     lease->number);
    }
    if (told > LEASE_TOLD_MAX)
        log_line("and %zu more leases have to be undone by a person",
                 told - LEASE_TOLD_MAX);
}

void lease_keep(struct flow *flow)
{
    struct leases *leases = gate_leases(flow->config.gate);

    leases_keep(leases, changed, flow);
    tell_stuck(leases);
}

void lease_rearm(struct flow *flow)
{
    for (struct keeper *keeper = flow->keepers; keeper; keeper = keeper->next)
        keeper_arm(keeper);
}

void lease_forget(struct flow *flow)
{
    leases_keep(gate_leases(flow->config.gate), NULL, NULL);
}

void lease_free_keepers(struct flow *flow)
{
    while (flow->keepers) {
        struct keeper *keeper = flow->keepers;

        flow->keepers = keeper->next;
        free(keeper);
    }
}
