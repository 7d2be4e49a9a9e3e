#include "base/clock.h"
#include "cli/commands.h"
#include "cli/leases.h"

/* From now, or from its end where that is later. */
static int extend(const struct args *args, struct leases *leases,
                  struct lease *lease, struct buf *said, struct error *error)
{
    int64_t until = lease_until(lease), now = clock_now(), more;

    if (clock_duration(str_of(args->items[1]), &more))
        return error_set(error, ERROR_INVALID,
                         "%s is no duration such as 30m, 1h or 7d",
                         args->items[1]);
    if (!until)
        return error_set(error, ERROR_INVALID,
                         "%s lasts until it is ended: there is nothing to "
                         "extend",
                         args->items[0]);
    lease_extend(leases, lease, (until > now ? until : now) + more);
    buf_printf(said, "%s is held ", args->items[0]);
    leases_put_until(said, lease_until(lease));
    buf_add_text(said, " (");
    leases_put_what(said, lease->plugin, lease->action, lease->target);
    buf_add_byte(said, ')');
    return 0;
}

static int run(const struct args *args)
{
    return leases_change(args, "extend", extend);
}

const struct command command_lease_extend = {
    .name = "lease extend",
    .arguments = "LEASE DURATION",
    .summary = "Keep in force what would be undone sooner",
    .detail = "LEASE is what riposte ls leases lists. The duration counts from "
              "its end.\n\nExample: riposte lease extend l4 2h\n",
    .min_args = 2,
    .max_args = 2,
    .run = run,
};
