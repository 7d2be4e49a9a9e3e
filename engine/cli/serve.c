#include "serve/serve.h"
#include "base/alloc.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/print.h"
#include "cli/report.h"
#include "cli/site.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int serve_site(const struct args *args, struct set *set,
                      const char *const *follow)
{
    const char *source = args_value(args, "--source");
    char *quarantine =
        alloc_printf("%s/quarantine.ndjson", set->settings->state);
    struct report *report = report_new(&(struct report_config){
        .json = args->json,
        .colour = print_colours(STDOUT_FILENO),
        .quarantine = quarantine,
    });
    struct serve_config config = {
        .site = args->site,
        .follow = follow,
        .source = source ? source : "auto",
        .fd = args->fd,
        .events = report_events(report),
        .ask = errands_begin,
        .ending = errands_stop,
        .arg = errands_new(args->site),
    };
    int status = serve_run(&config, set);

    errands_free(config.arg);
    report_free(report);
    free(quarantine);
    return status;
}

static bool has_schedule(const struct set *set)
{
    for (size_t i = 0; i < set->npolicies; i++)
        if (set->policies[i]->every)
            return true;
    return false;
}

/* Is there anything to wait for? And is the source there? */
static int check(const struct args *args, const struct set *set,
                 const char *const *follow, struct error *error)
{
    const char *source = args_value(args, "--source");

    if (!follow[0] && !set->settings->intake.len && !has_schedule(set))
        return error_set(error, ERROR_INVALID,
                         "there is nothing to wait for: name a file with "
                         "--follow FILE, an `intake` in riposte.lua, or write "
                         "a policy with `every`");
    if (!source || !strcmp(source, "auto") || set_source(set, source, error))
        return 0;
    return error->code;
}

static int run(const struct args *args)
{
    const char **follow = args_values(args, "--follow");
    struct set *set = site_load(args, SET_ALL);
    struct error error;
    int status = EXIT_USAGE;

    if (set && check(args, set, follow, &error))
        site_error(&error);
    else if (set)
        status = serve_site(args, set, follow);
    set_unref(set);
    free(follow);
    return status;
}

static const char *executor(const struct args *args)
{
    (void)args;
    return "serve";
}

static const struct option options[] = {
    {"--follow", NULL, "FILE", "a file to read, and to go on reading", true},
    {"--source", NULL, "SOURCE|auto",
     "how the files become alarms (default: auto)", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_serve = {
    .name = "serve",
    .arguments = "",
    .summary = "Take alarms for ever and run the policies",
    .detail =
        "Alarms come from followed files, and from the sockets and files that "
        "`intake` of\nriposte.lua names. Policies with `every` run when they "
        "are due.\n\n"
        "INT or TERM ends it once running actions have ended. HUP, or riposte "
        "reload,\nbuilds the site anew and swaps it in; a site that does not "
        "load leaves the old\none in force and says why.\n\n"
        "Example: riposte serve --follow /var/log/auth.log --source sshd\n",
    .options = options,
    .run = run,
    .executor = executor,
};
