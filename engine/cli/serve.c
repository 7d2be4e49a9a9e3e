#include "serve/serve.h"
#include "base/alloc.h"
#include "cli/commands.h"
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
    };
    int status = serve_run(&config, set);

    report_free(report);
    free(quarantine);
    return status;
}

static int run(const struct args *args)
{
    const char **follow = args_values(args, "--follow");
    const char *source = args_value(args, "--source");
    struct set *set = NULL;
    struct error error;
    int status = EXIT_USAGE;

    if (!follow[0]) {
        error_set(&error, ERROR_INVALID, "serve needs --follow FILE");
        site_error(&error);
        help_usage(stderr, args->command);
    } else {
        set = site_load(args, SET_ALL);
    }
    if (set && source && strcmp(source, "auto") != 0 &&
        !set_source(set, source, &error))
        site_error(&error);
    else if (set)
        status = serve_site(args, set, follow);
    set_unref(set);
    free(follow);
    return status;
}

static const char *executor(const struct args *args)
{
    return args_has(args, "--follow") ? "serve" : NULL;
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
    .summary = "Follow files for ever and run the policies",
    .detail =
        "INT or TERM ends it once running actions have ended. HUP, or riposte "
        "reload,\nbuilds the site anew and swaps it in; a site that does not "
        "load leaves the old\none in force and says why.\n\n"
        "Example: riposte serve --follow /var/log/auth.log --source sshd\n",
    .options = options,
    .run = run,
    .executor = executor,
};
