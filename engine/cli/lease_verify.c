#include "cli/commands.h"
#include "cli/leases.h"

static int verify(const struct args *args, struct leases *leases,
                  struct lease *lease, struct buf *said, struct error *error)
{
    (void)error;
    lease_look_again(leases, lease);
    buf_printf(said, "%s is verified by the next riposte run or serve (",
               args->items[0]);
    leases_put_what(said, lease->plugin, lease->action, lease->target);
    buf_add_byte(said, ')');
    return 0;
}

static int run(const struct args *args)
{
    return leases_change(args, "verify", verify);
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
    .run = run,
};
