#include "cli/site.h"

#include "base/log.h"
#include "cli/print.h"

struct set *site_load(const struct args *args, int flags)
{
    struct problems problems = {0};
    struct set *set = set_load(args->site, flags, &problems);

    for (size_t i = 0; i < problems.len; i++)
        if (!problems.items[i].warning || flags == SET_ALL)
            print_problem(&problems.items[i], false);
    problems_free(&problems);
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
