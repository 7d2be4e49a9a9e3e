#include "flow/lease_inner.h"

#include "base/clock.h"

/*
 * Verify by a timer, where the site says so. It is due so long after it was
 * last asked, which the journal knows; few are under way at once, and the rest
 * wait in the order in which their time came.
 */

/* The upper half of a product is mixed best (Fibonacci hashing). */
int64_t lease_pause(int64_t lease, int64_t every)
{
    const uint64_t golden = 0x9E3779B97F4A7C15; /* 2^64 / the golden ratio */
    uint64_t mixed = ((uint64_t)lease * golden) >> 32;

    return every + (int64_t)(mixed % (uint64_t)(every / LEASE_SPREAD + 1));
}

static bool may_drift(const struct lease *lease)
{
    return lease->state == LEASE_IN_FORCE || lease->state == LEASE_DRIFTED ||
           lease->state == LEASE_UNCERTAIN;
}

int64_t keeper_next_look(const struct keeper *keeper)
{
    const struct flow *flow = keeper->flow;
    const struct lease *lease = keeper->lease;
    const struct settings_verify *verify;

    if (!flow->looks.on || keeper->queued || keeper->run || lease->under_way ||
        !may_drift(lease))
        return -1;
    verify = settings_verify(flow->home->set->settings, lease->plugin,
                             lease->action);
    if (!verify || !verify->every || !keeper_action(keeper, CAUSE_VERIFY))
        return -1;
    return lease->checked + lease_pause(lease->number, verify->every);
}

/* ---- those that wait ----------------------------------------------------- */

static void enqueue(struct keeper *keeper)
{
    struct looks *looks = &keeper->flow->looks;

    keeper->queued = true;
    keeper->later = NULL;
    keeper->earlier = looks->last;
    if (looks->last)
        looks->last->later = keeper;
    else
        looks->first = keeper;
    looks->last = keeper;
}

void keeper_unqueue(struct keeper *keeper)
{
    struct looks *looks = &keeper->flow->looks;

    if (!keeper->queued)
        return;
    keeper->queued = false;
    if (keeper->earlier)
        keeper->earlier->later = keeper->later;
    else
        looks->first = keeper->later;
    if (keeper->later)
        keeper->later->earlier = keeper->earlier;
    else
        looks->last = keeper->earlier;
}

void keeper_look(struct keeper *keeper)
{
    struct looks *looks = &keeper->flow->looks;

    if (looks->open >= LEASE_LOOKS_MAX) {
        enqueue(keeper);
        keeper_arm(keeper); /* for its undo */
        return;
    }
    looks->open++;
    keeper->timed = true;
    keeper_verify(keeper);
}

void keeper_looked(struct keeper *keeper)
{
    struct looks *looks = &keeper->flow->looks;
    struct keeper *next = looks->first;

    if (!keeper->timed)
        return;
    keeper->timed = false;
    looks->open--;
    if (!next)
        return;
    keeper_unqueue(next);
    keeper_arm(next);
}
