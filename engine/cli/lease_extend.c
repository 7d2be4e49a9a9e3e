#include "base/clock.h"
#include "cli/commands.h"
#include "cli/leases.h"

/* From now, or from its end where that is later. */
static int change(struct desk *desk)
{
    const char *name = desk->args->items[0], *more_text = desk->args->items[1];
    struct leases *leases;
    struct lease *lease;
    struct buf said = {0};
    int64_t until, now = clock_now(), more;

    if (leases_take(desk, &leases, &lease))
        return desk->error.code;
    if (clock_duration(str_of(more_text), &more))
        return error_set(&desk->error, ERROR_INVALID,
                         "%s is no duration such as 30m, 1h or 7d", more_text);
    until = lease_until(lease);
    if (!until)
        return error_set(&desk->error, ERROR_INVALID,
                         "%s lasts until it is ended: there is nothing to "
                         "extend",
                         name);
    lease_extend(leases, lease, (until > now ? until : now) + more);
    buf_printf(&said, "%s is held ", name);
    leases_put_until(&said, lease_until(lease));
    buf_add_text(&said, " (");
    leases_put_what(&said, lease->plugin, lease->action, lease->target);
    buf_add_byte(&said, ')');
    leases_say(desk, "extend", &said);
    return 0;
}

static const struct desk_work work = LEASES_WORK(change);

static const struct desk_work *desk_of(const struct args *args)
{
    (void)args;
    return &work;
}

const struct command command_lease_extend = {
    .name = "lease extend",
    .arguments = "LEASE DURATION",
    .summary = "Keep in force what would be undone sooner",
    .detail = "LEASE is what riposte ls leases lists. The duration counts from "
              "its end.\n\nExample: riposte lease extend l4 2h\n",
    .min_args = 2,
    .max_args = 2,
    .desk = desk_of,
};
