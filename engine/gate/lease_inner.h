#ifndef RIPOSTE_GATE_LEASE_INNER_H
#define RIPOSTE_GATE_LEASE_INNER_H

#include "gate/lease.h"

#include "base/table.h"

/* What lease.c, lease_load.c and lease_judge.c share. */
struct leases {
    struct journal *journal;
    struct table *table;   /* key to lease */
    struct table *numbers; /* number to lease */
    struct lease *all;     /* owned */
    int64_t next;
    void (*changed)(void *arg, struct lease *lease); /* or NULL */
    void *arg;
};

/* What there is one lease of. which: its target. */
void lease_key(const char *plugin, const char *action, const char *which,
               struct buf *key);
void leases_add(struct leases *leases, struct lease *lease, struct str key);
/* Another one who holds it, and is not among those who do. */
void lease_add_owner(struct lease *lease, int64_t run, int64_t step,
                     int64_t until);

/* The one of what was judged, whatever its parameters; or NULL. */
struct lease *lease_of(struct leases *leases, const struct gate_ask *ask,
                       const struct judged *judged);
/* A new one, that nobody holds yet. */
struct lease *lease_made(struct leases *leases, const struct gate_ask *ask,
                         const struct judged *judged);

#endif
