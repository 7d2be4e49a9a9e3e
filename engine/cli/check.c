#include "cli/commands.h"
#include "cli/print.h"
#include "cli/site.h"

static void print_counts(const struct set *set, size_t warnings, bool json)
{
    struct buf buf = {0};

    if (json) {
        struct json_out out = print_begin(&buf, "check");

        json_text(&out, "set", set->hash);
        json_int(&out, "policies", (int64_t)set->npolicies);
        json_int(&out, "plugins", (int64_t)set->catalogue.len);
        json_int(&out, "sources", (int64_t)set->nsources);
        json_int(&out, "warnings", (int64_t)warnings);
        print_end(&out);
    } else {
        buf_add_text(&buf, "ok: ");
        print_count(&buf, (int64_t)set->npolicies, "policy, ", "policies, ");
        print_count(&buf, (int64_t)set->catalogue.len, "plugin, ", "plugins, ");
        print_count(&buf, (int64_t)set->nsources, "source, ", "sources, ");
        print_count(&buf, (int64_t)warnings, "warning; ", "warnings; ");
        buf_printf(&buf, "set %.12s\n", set->hash);
        print_out(&buf);
    }
    buf_free(&buf);
}

static int run(const struct args *args)
{
    struct problems problems = {0};
    struct set *set = set_load(args->site, SET_ALL, &problems);
    int status = set ? EXIT_WELL : EXIT_USAGE;

    for (size_t i = 0; i < problems.len; i++)
        print_problem(&problems.items[i], args->json);
    if (set)
        print_counts(set, problems.len, args->json);
    set_unref(set);
    problems_free(&problems);
    return status;
}

const struct command command_check = {
    .name = "check",
    .arguments = "",
    .summary = "Load the whole site and report everything that is wrong",
    .detail =
        "Every problem goes to stderr with its file and line; nothing is "
        "started or\nwritten. Exit status 2 where the site does not load.\n\n"
        "Example: riposte check --site /etc/riposte\n",
    .run = run,
};
