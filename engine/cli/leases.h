#ifndef RIPOSTE_CLI_LEASES_H
#define RIPOSTE_CLI_LEASES_H

#include "cli/command.h"
#include "cli/held.h"
#include "gate/lease.h"

/*
 * Leases as the journal has them: what ls leases and lease extend, end and
 * verify share. Nothing is started: what becomes due here is done by the next
 * run or serve.
 */

/* Changes one, and says in words what comes of it: an exit status. */
typedef int (*leases_change_fn)(const struct args *args, struct leases *leases,
                                struct lease *lease, struct buf *said,
                                struct error *error);
/* The lease that the first argument names, with the journal for us alone. */
int leases_change(const struct args *args, const char *event,
                  leases_change_fn change);

/* "until 2026-…", "until it is ended", "nobody holds it". */
void leases_put_until(struct buf *buf, const struct lease *lease);
/* "Host Firewall / Block address on 198.51.100.7" */
void leases_put_what(struct buf *buf, const struct lease *lease);
/* The members of the JSON line of a lease; see docs/commands.md. */
void leases_put_json(struct json_out *out, const struct lease *lease);

/* ls_leases.c: an exit status. */
int ls_leases(const struct args *args);

#endif
