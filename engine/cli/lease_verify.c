#include "cli/commands.h"
#include "cli/leases.h"

static int change(struct desk *desk)
{
    struct leases *leases;
    struct lease *lease;
    struct buf said = {0};

    if (leases_take(desk, &leases, &lease))
        return desk->error.code;
    lease_look_again(leases, lease);
    buf_printf(&said, "%s is verified %s (", desk->args->items[0],
               desk->flow ? "now" : "by the next riposte run or serve");
    leases_put_what(&said, lease->plugin, lease->action, lease->target);
    buf_add_byte(&said, ')');
    leases_say(desk, "verify", &said);
    return 0;
}

static const struct desk_work work = LEASES_WORK(change);

static const struct desk_work *desk_of(const struct args *args)
{
    (void)args;
    return &work;
}

const struct command command_lease_verify = {
    .name = "lease verify",
    .arguments = "LEASE",
    .summary = "Have it looked at whether something is still in force",
    .detail =
        "LEASE is what riposte ls leases lists. The next riposte run or "
        "serve starts the\nVerify of its action; riposte ls leases --json "
        "has what it said.\n\n"
        "Example: riposte lease verify l4\n",
    .min_args = 1,
    .max_args = 1,
    .desk = desk_of,
};
