#ifndef RIPOSTE_CLI_LEASES_H
#define RIPOSTE_CLI_LEASES_H

#include "cli/command.h"
#include "cli/held.h"
#include "gate/lease.h"
#include "model/json_out.h"

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

/* "until 2026-…", "until it is ended", "nobody holds it": as lease_until. */
void leases_put_until(struct buf *buf, int64_t until);
/* "Host Firewall / Block address on 198.51.100.7"; target: or NULL. */
void leases_put_what(struct buf *buf, const char *plugin, const char *action,
                     const char *target);

/* lease_rows.c: as the journal has them, ended ones too. */

/* leases_put_until of it; "since …" where it has ended. */
int leases_put_when(struct buf *buf, struct journal *journal,
                    const struct journal_lease *row, struct error *error);
/* The line of ls leases, without its end. */
int leases_put_row(struct buf *buf, struct journal *journal,
                   const struct journal_lease *row, struct error *error);
/* The members of its JSON line; see docs/commands.md. */
int leases_put_json(struct json_out *out, struct journal *journal,
                    const struct journal_lease *row, struct error *error);
/* Its undos and verifies: lines with that indent, or a JSON array. */
int leases_put_runs(struct buf *buf, const char *indent,
                    struct journal *journal, int64_t lease,
                    struct error *error);
int leases_put_runs_json(struct json_out *out, struct journal *journal,
                         int64_t lease, struct error *error);

#endif
