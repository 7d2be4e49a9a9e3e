#include "cli/commands.h"
#include "cli/leases.h"

static int change(struct desk *desk)
{
    bool done = args_has(desk->args, "--done");
    struct leases *leases;
    struct lease *lease;
    struct buf said = {0};

    if (leases_take(desk, &leases, &lease))
        return desk->error.code;
    buf_printf(&said, "%s %s (", desk->args->items[0],
               done         ? "has ended: it is undone by hand"
               : desk->flow ? "is undone now"
                            : "is undone by the next riposte run or serve");
    leases_put_what(&said, lease->plugin, lease->action, lease->target);
    buf_add_byte(&said, ')');
    if (done)
        lease_change(leases, lease, LEASE_ENDED, "a person has undone it");
    else
        lease_let_go(leases, lease);
    leases_say(desk, "end", &said);
    return 0;
}

static const struct desk_work work = LEASES_WORK(change);

static const struct desk_work *desk_of(const struct args *args)
{
    (void)args;
    return &work;
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
    .desk = desk_of,
};
