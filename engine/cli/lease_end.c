#include "cli/commands.h"
#include "cli/leases.h"

static int end(const struct args *args, struct leases *leases,
               struct lease *lease, struct buf *said, struct error *error)
{
    bool done = args_has(args, "--done");

    (void)error;
    buf_printf(said, "%s %s (", args->items[0],
               done ? "has ended: it is undone by hand"
                    : "is undone by the next riposte run or serve");
    leases_put_what(said, lease->plugin, lease->action, lease->target);
    buf_add_byte(said, ')');
    if (done)
        lease_change(leases, lease, LEASE_ENDED, "a person has undone it");
    else
        lease_let_go(leases, lease);
    return 0;
}

static int run(const struct args *args)
{
    return leases_change(args, "end", end);
}

static const struct option options[] = {
    {"--done", NULL, NULL, "it is undone already, by hand", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_lease_end = {
    .name = "lease end",
    .arguments = "LEASE",
    .summary = "Undo what is in force, whoever holds it",
    .detail = "LEASE is what riposte ls leases lists. The next riposte run or "
              "serve undoes it,\nalso where that failed before.\n\n"
              "Example: riposte lease end l4\n",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
