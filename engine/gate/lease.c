#include "gate/lease.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/table.h"
#include "gate/lease_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const lease_state_names[] = {
    [LEASE_STARTING] = "starting",  [LEASE_IN_FORCE] = "in force",
    [LEASE_DRIFTED] = "drifted",    [LEASE_UNCERTAIN] = "uncertain",
    [LEASE_UNDOING] = "undoing",    [LEASE_DOUBTFUL] = "undo unknown",
    [LEASE_FAILED] = "undo failed", [LEASE_STUCK] = "needs a person",
    [LEASE_ENDED] = "ended",
};

const char *const lease_restored_names[] = {
    [RESTORED_NOT] = NULL,
    [RESTORED_BEGUN] = "begun",
    [RESTORED_DONE] = "done",
    [RESTORED_FAILED] = "failed",
};

/* ---- all of them -------------------------------------------------------- */

struct leases *leases_new(struct journal *journal)
{
    struct leases *leases = ALLOC(struct leases);

    leases->journal = journal;
    leases->table = table_new();
    leases->numbers = table_new();
    leases->next = 1;
    return leases;
}

static void lease_free(struct lease *lease)
{
    free(lease->plugin);
    free(lease->action);
    free(lease->target);
    free(lease->params);
    free(lease->set);
    free(lease->verified);
    free(lease->error);
    free(lease->policy);
    free(lease->owners);
    free(lease);
}

/* A number as a key of a table. */
static struct str number_key(const int64_t *number)
{
    return (struct str){(const char *)number, sizeof *number};
}

static void lease_drop(struct leases *leases, struct lease *lease)
{
    table_remove(leases->table, lease->key);
    table_remove(leases->numbers, number_key(&lease->number));
    if (lease->prev)
        lease->prev->next = lease->next;
    else
        leases->all = lease->next;
    if (lease->next)
        lease->next->prev = lease->prev;
    lease_free(lease);
}

void leases_free(struct leases *leases)
{
    struct lease *lease, *next;

    if (!leases)
        return;
    for (lease = leases->all; lease; lease = next) {
        next = lease->next;
        lease_free(lease);
    }
    table_free(leases->table);
    table_free(leases->numbers);
    free(leases);
}

void leases_add(struct leases *leases, struct lease *lease, struct str key)
{
    lease->key = table_put(leases->table, key, lease);
    table_put(leases->numbers, number_key(&lease->number), lease);
    lease->next = leases->all;
    if (leases->all)
        leases->all->prev = lease;
    leases->all = lease;
}

static void tell(struct leases *leases, struct lease *lease)
{
    if (leases->changed)
        leases->changed(leases->arg, lease);
}

void leases_keep(struct leases *leases,
                 void (*changed)(void *arg, struct lease *lease), void *arg)
{
    leases->changed = changed;
    leases->arg = arg;
    for (struct lease *lease = leases->all; changed && lease;
         lease = lease->next)
        changed(arg, lease);
}

struct lease *leases_first(const struct leases *leases)
{
    return leases->all;
}

struct lease *leases_find(struct leases *leases, int64_t number)
{
    return table_get(leases->numbers, number_key(&number));
}

/* ---- who holds it ------------------------------------------------------- */

int64_t lease_until(const struct lease *lease)
{
    int64_t until = -1;

    for (size_t i = 0; i < lease->nowners; i++) {
        if (!lease->owners[i].until)
            return 0;
        if (lease->owners[i].until > until)
            until = lease->owners[i].until;
    }
    return until;
}

bool lease_due(const struct lease *lease, int64_t now)
{
    int64_t until = lease_until(lease);

    return lease->state != LEASE_ENDED && lease->state != LEASE_STUCK &&
           lease->state != LEASE_DOUBTFUL && !lease->under_way && until &&
           until <= now && lease->retry <= now;
}

void lease_add_owner(struct lease *lease, int64_t run, int64_t step,
                     int64_t until)
{
    lease->owners = alloc_grown(lease->owners, lease->nowners, &lease->cap,
                                sizeof *lease->owners);
    lease->owners[lease->nowners++] = (struct lease_owner){run, step, until};
}

static void hold(struct leases *leases, struct lease *lease, int64_t run,
                 int64_t step, int64_t until)
{
    struct journal_owner row = {lease->number, run, step, until};

    for (size_t i = 0; i < lease->nowners; i++)
        if (lease->owners[i].run == run && lease->owners[i].step == step)
            lease->owners[i--] = lease->owners[--lease->nowners];
    if (until >= 0)
        lease_add_owner(lease, run, step, until);
    journal_write_owner(leases->journal, &row, clock_now());
}

void lease_change(struct leases *leases, struct lease *lease,
                  enum lease_state state, const char *why)
{
    int64_t now = clock_now();

    lease->state = state;
    if (state == LEASE_ENDED)
        lease->ended = now;
    journal_write_lease(leases->journal,
                        &(struct journal_lease){
                            .lease = lease->number,
                            .plugin = lease->plugin,
                            .action = lease->action,
                            .target = lease->target,
                            .same = lease->same,
                            .params = str_of(lease->params),
                            .set = lease->set,
                            .started = lease->started,
                            .state = lease_state_names[state],
                            .attempts = lease->attempts,
                            .retry = lease->retry,
                            .verified = lease->verified,
                            .checked = lease->checked,
                            .error = lease->error,
                            .ended = lease->ended,
                            .quiet = lease->quiet,
                            .policy = lease->policy,
                            .drifted = lease->drifted,
                            .restore = lease->restore,
                            .restored = lease_restored_names[lease->restored],
                        },
                        why, now);
    tell(leases, lease);
    if (state == LEASE_ENDED)
        lease_drop(leases, lease);
}

void lease_join(struct leases *leases, struct lease *lease,
                const struct gate_ask *ask)
{
    int64_t expires = ask->request->expires;
    bool heard = lease->quiet && !ask->quiet;

    hold(leases, lease, ask->run, ask->step,
         expires ? clock_now() + expires : 0);
    lease->quiet &= ask->quiet;
    if (heard)
        lease_change(leases, lease, lease->state, "it is no event's alone");
    else
        tell(leases, lease);
}

void lease_forget_drift(struct lease *lease)
{
    lease->drifted = lease->restore = 0;
    lease->restored = RESTORED_NOT;
}

/* Somebody comes to hold it: it is in force anew, and what failed before is
 * over. */
static void start_anew(struct lease *lease, const struct gate_ask *ask)
{
    lease->quiet = ask->quiet;
    free(lease->policy);
    lease->policy = alloc_text(ask->policy);
    lease->attempts = lease->retry = 0;
    free(lease->error);
    lease->error = NULL;
    lease_forget_drift(lease);
}

static bool is_restore(const struct lease *lease, int64_t run)
{
    return lease->restore && lease->restore == run;
}

struct lease *lease_start(struct leases *leases, const struct gate_ask *ask,
                          const struct judged *judged)
{
    struct lease *lease = lease_of(leases, ask, judged);
    int64_t expires = ask->request->expires;

    if (!lease)
        lease = lease_made(leases, ask, judged);
    lease->under_way++;
    if (is_restore(lease, ask->run)) {
        lease_change(leases, lease, LEASE_STARTING, "its drift is put right");
        return lease;
    }
    start_anew(lease, ask);
    lease_change(leases, lease, LEASE_STARTING, "it is started");
    hold(leases, lease, ask->run, ask->step,
         expires ? clock_now() + expires : 0);
    return lease;
}

static bool is_of(const struct lease *lease, int64_t run, unsigned step)
{
    for (size_t i = 0; i < lease->nowners; i++)
        if (lease->owners[i].run == run && lease->owners[i].step == step)
            return true;
    return is_restore(lease, run);
}

struct lease *lease_take_up(struct leases *leases, int64_t run, unsigned step)
{
    for (struct lease *lease = leases->all; lease; lease = lease->next) {
        if (!is_of(lease, run, step))
            continue;
        lease->under_way++;
        lease->state = LEASE_STARTING;
        tell(leases, lease);
        return lease;
    }
    return NULL;
}

void lease_settle(struct leases *leases, struct lease *lease, int64_t run,
                  unsigned step, enum step_status status)
{
    assert(lease->under_way);
    lease->under_way--;
    if (is_restore(lease, run)) {
        lease_change(leases, lease, LEASE_DRIFTED, step_status_names[status]);
        return;
    }
    if (step_never_started(status))
        hold(leases, lease, run, step, -1);
    if (!lease->nowners)
        lease_change(leases, lease, LEASE_ENDED, "nothing was started");
    else if (status == STEP_EXECUTED)
        lease_change(leases, lease, LEASE_IN_FORCE, "its action has ended");
    else
        lease_change(leases, lease, LEASE_UNCERTAIN, step_status_names[status]);
}

/* ---- people -------------------------------------------------------------- */

void lease_extend(struct leases *leases, struct lease *lease, int64_t until)
{
    hold(leases, lease, 0, lease->number, until);
    tell(leases, lease);
}

void lease_let_go(struct leases *leases, struct lease *lease)
{
    int64_t now = clock_now();

    while (lease->nowners) {
        struct lease_owner owner = lease->owners[0];

        hold(leases, lease, owner.run, owner.step, -1);
    }
    hold(leases, lease, 0, lease->number, now);
    lease->attempts = lease->retry = 0;
    lease_change(leases, lease,
                 lease->state == LEASE_STUCK ? LEASE_FAILED : lease->state,
                 "a person ends it");
}

void lease_look_again(struct leases *leases, struct lease *lease)
{
    lease->checked = 0;
    lease->look = true;
    lease_change(leases, lease, lease->state, "a person asks for its Verify");
}
