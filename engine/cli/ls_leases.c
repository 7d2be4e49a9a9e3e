#include "cli/leases.h"

#include "cli/print.h"
#include "cli/runs.h"
#include "cli/site.h"

#include <inttypes.h>

enum { STATE_COLUMN = 14 }; /* as wide as "needs a person" */

/* By number: they are listed newest first, wherever they come from. */
static const struct lease *next_one(const struct leases *leases, int64_t after)
{
    const struct lease *found = NULL;

    for (const struct lease *lease = leases_first(leases); lease;
         lease = lease->next)
        if (lease->number > after && (!found || lease->number < found->number))
            found = lease;
    return found;
}

static void put_lease(struct buf *buf, const struct lease *lease, bool json)
{
    if (json) {
        struct json_out out = {.buf = buf};

        json_open(&out, '{');
        json_text(&out, "event", "lease");
        leases_put_json(&out, lease);
        json_close(&out, '}');
    } else {
        buf_printf(buf, "l%-6" PRId64 " %-*s ", lease->number, STATE_COLUMN,
                   lease_state_names[lease->state]);
        leases_put_until(buf, lease);
        buf_add_text(buf, "  ");
        leases_put_what(buf, lease);
        if (lease->error) {
            buf_add_text(buf, ": ");
            print_text(buf, lease->error);
        }
    }
    buf_add_byte(buf, '\n');
}

static int list(struct journal *journal, struct buf *buf, bool json,
                struct error *error)
{
    struct leases *leases = leases_new(journal);
    int status = leases_load(leases, error);

    for (const struct lease *lease = next_one(leases, 0); lease && !status;
         lease = next_one(leases, lease->number))
        put_lease(buf, lease, json);
    leases_free(leases);
    return status;
}

int ls_leases(const struct args *args)
{
    struct error error = {0};
    struct buf buf = {0};
    struct held held;
    int status = runs_open(&held, args, &error);

    if (status == ERROR_NOT_FOUND)
        return EXIT_WELL; /* nothing has run yet */
    if (!status) {
        status = list(held.journal, &buf, args->json, &error);
        held_close(&held);
    }
    print_out(&buf);
    buf_free(&buf);
    return status ? site_error(&error) : EXIT_WELL;
}
