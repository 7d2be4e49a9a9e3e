#include "gate/lease_inner.h"

#include "base/alloc.h"

#include <string.h>

static enum lease_state state_of(const struct journal_lease *row)
{
    int state = LEASE_STARTING;

    while (state < LEASE_ENDED &&
           strcmp(row->state, lease_state_names[state]) != 0)
        state++;
    if (state != LEASE_STARTING)
        return (enum lease_state)state;
    /* What was under way may have come to anything. */
    return row->drifted ? LEASE_DRIFTED : LEASE_UNCERTAIN;
}

static enum lease_restored restored_of(const char *name)
{
    int restored = RESTORED_FAILED;

    while (restored &&
           (!name || strcmp(name, lease_restored_names[restored]) != 0))
        restored--;
    return (enum lease_restored)restored;
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
    lease->state = state_of(row);
    lease->attempts = row->attempts;
    lease->retry = row->retry;
    lease->verified = alloc_text(row->verified);
    lease->checked = row->checked;
    lease->error = alloc_text(row->error);
    lease->quiet = row->quiet;
    lease->policy = alloc_text(row->policy);
    lease->drifted = row->drifted;
    lease->restore = row->restore;
    lease->restored = restored_of(row->restored);
    lease_key(lease->plugin, lease->action,
              lease->target ? lease->target : lease->same, &key);
    leases_add(leases, lease, buf_str(&key));
    buf_free(&key);
    return 0;
}

static int load_owner(void *arg, const struct journal_owner *row)
{
    struct lease *lease = leases_find(arg, row->lease);

    if (lease)
        lease_add_owner(lease, row->run, row->step, row->until);
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
