#include "gate/lease.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/table.h"
#include "gate/lease_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const lease_state_names[] = {
    [LEASE_STARTING] = "starting",     [LEASE_IN_FORCE] = "in force",
    [LEASE_UNCERTAIN] = "uncertain",   [LEASE_UNDOING] = "undoing",
    [LEASE_DOUBTFUL] = "undo unknown", [LEASE_FAILED] = "undo failed",
    [LEASE_STUCK] = "needs a person",  [LEASE_ENDED] = "ended",
};

/* ---- all of them -------------------------------------------------------- */

struct leases *leases_new(struct journal *journal)
{
    struct leases *leases = ALLOC(struct leases);

    leases->journal = journal;
    leases->table = table_new();
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
    free(lease->owners);
    free(lease);
}

static void lease_drop(struct leases *leases, struct lease *lease)
{
    table_remove(leases->table, lease->key);
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
    free(leases);
}

void leases_add(struct leases *leases, struct lease *lease, struct str key)
{
    lease->key = table_put(leases->table, key, lease);
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
    struct lease *lease = leases->all;

    while (lease && lease->number != number)
        lease = lease->next;
    return lease;
}

/* ---- loading ------------------------------------------------------------ */

static enum lease_state state_of(const char *name)
{
    int state = LEASE_STARTING;

    while (state < LEASE_ENDED && strcmp(name, lease_state_names[state]) != 0)
        state++;
    /* What was under way may have come to anything. */
    return state == LEASE_STARTING ? LEASE_UNCERTAIN : (enum lease_state)state;
}

static int load_lease(void *arg, const struct journal_lease *row)
{
    struct leases *leases = arg;
    struct lease *lease = ALLOC(struct lease);
    struct buf key = {0};

    lease->number = row->lease;
    lease->plugin = alloc_text(row->plugin);
    lease->action = alloc_text(row->action);
    lease->target = alloc_text(row->target);
    memcpy(lease->same, row->same, strnlen(row->same, HASH_HEX - 1));
    lease->params = str_copy(row->params);
    lease->set = alloc_text(row->set);
    lease->started = row->started;
    lease->state = state_of(row->state);
    lease->attempts = row->attempts;
    lease->retry = row->retry;
    lease->verified = alloc_text(row->verified);
    lease->checked = row->checked;
    lease->error = alloc_text(row->error);
    lease->quiet = row->quiet;
    lease_key(lease->plugin, lease->action,
              lease->target ? lease->target : lease->same, &key);
    leases_add(leases, lease, buf_str(&key));
    buf_free(&key);
    return 0;
}

static void add_owner(struct lease *lease, int64_t run, int64_t step,
                      int64_t until)
{
    lease->owners = alloc_grown(lease->owners, lease->nowners, &lease->cap,
                                sizeof *lease->owners);
    lease->owners[lease->nowners++] = (struct lease_owner){run, step, until};
}

static int load_owner(void *arg, const struct journal_owner *row)
{
    struct lease *lease = leases_find(arg, row->lease);

    if (lease)
        add_owner(lease, row->run, row->step, row->until);
    return 0;
}

int leases_load(struct leases *leases, struct error *error)
{
    int code = journal_read_next_lease(leases->journal, &leases->next, error);

    if (!code)
        code = journal_read_leases(leases->journal, false, load_lease, leases,
                                   error);
    if (!code)
        code = journal_read_owners(leases->journal, load_owner, leases, error);
    return code;
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

static void hold(struct leases *leases, struct lease *lease, int64_t run,
                 int64_t step, int64_t until)
{
    struct journal_owner row = {lease->number, run, step, until};

    for (size_t i = 0; i < lease->nowners; i++)
        if (lease->owners[i].run == run && lease->owners[i].step == step)
            lease->owners[i--] = lease->owners[--lease->nowners];
    if (until >= 0)
        add_owner(lease, run, step, until);
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

struct lease *lease_start(struct leases *leases, const struct gate_ask *ask,
                          const struct judged *judged)
{
    struct lease *lease = lease_of(leases, ask, judged);
    int64_t expires = ask->request->expires;

    if (!lease)
        lease = lease_made(leases, ask, judged);
    lease->under_way++;
    lease->quiet = ask->quiet;
    /* It is in force anew: what failed before is over. */
    lease->attempts = lease->retry = 0;
    free(lease->error);
    lease->error = NULL;
    lease_change(leases, lease, LEASE_STARTING, "it is started");
    hold(leases, lease, ask->run, ask->step,
         expires ? clock_now() + expires : 0);
    return lease;
}

struct lease *lease_take_up(struct leases *leases, int64_t run, unsigned step)
{
    for (struct lease *lease = leases->all; lease; lease = lease->next)
        for (size_t i = 0; i < lease->nowners; i++) {
            if (lease->owners[i].run != run || lease->owners[i].step != step)
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
