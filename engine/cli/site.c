#include "cli/site.h"

#include "base/log.h"
#include "cli/print.h"

/* Commands that start programs, and load policies to choose them. */
static bool runs_policies(const struct args *args, int flags)
{
    return args->command->executor && flags == SET_ALL;
}

struct set *site_load(const struct args *args, int flags)
{
    struct problems problems = {0};
    struct set *set = set_load(args->site, flags, &problems);

    for (size_t i = 0; i < problems.len; i++)
        if (!problems.items[i].warning || flags == SET_ALL)
            print_problem(&problems.items[i], false);
    problems_free(&problems);
    if (set && !set->npolicies && runs_policies(args, flags))
        log_line("warning: no policies in %s/policies: alarms are kept, "
                 "nothing runs",
                 set->site);
    return set;
}

int site_error(const struct error *error)
{
    log_error(error);
    switch (error->code) {
    case ERROR_NOT_FOUND:
        return EXIT_NO_SUCH;
    case ERROR_BUSY:
        return EXIT_BUSY;
    case ERROR_SYSTEM:
        return EXIT_JOURNAL;
    default:
        return EXIT_USAGE;
    }
}
