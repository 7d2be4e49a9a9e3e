#ifndef RIPOSTE_CLI_LEASES_H
#define RIPOSTE_CLI_LEASES_H

#include "cli/desk.h"
#include "gate/lease.h"
#include "model/json_out.h"

/*
 * Leases as people see them: what ls leases and lease extend, end and verify
 * share.
 */

/* One that is being changed: the parts of a desk's work that are the same
 * whatever is changed. */
struct changing {
    int64_t number;
    struct leases *own; /* owned: where no engine has them; or NULL */
};
int leases_begin(struct desk *desk);
int leases_look(struct desk *desk);
/* The one that the first argument names. */
int leases_take(struct desk *desk, struct leases **leases,
                struct lease **lease);
/* What comes of it, in words, which are freed. */
void leases_say(struct desk *desk, const char *event, struct buf *said);
void leases_end(struct desk *desk);
/* The work, whose change is that function. */
#define LEASES_WORK(function)                                                  \
    {                                                                          \
        .size = sizeof(struct changing), .begin = leases_begin,                \
        .look = leases_look, .change = (function), .end = leases_end           \
    }

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
