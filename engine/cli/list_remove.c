#include "cli/commands.h"
#include "cli/list.h"

static int run(const struct args *args)
{
    struct list_edit edit = {.remove = true};

    return list_change(args, &edit);
}

const struct command command_list_remove = {
    .name = "list remove",
    .arguments = "NAME VALUE",
    .summary = "Take a value off a list of the site, at once",
    .detail = "Every line of lists/NAME.txt that holds that address, or "
              "exactly that text, goes.\nA range that an address lies in "
              "stays.\n",
    .min_args = 2,
    .max_args = 2,
    .run = run,
};
