#include "base/alloc.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/install.h"
#include "cli/print.h"
#include "cli/site.h"

#include <stdlib.h>

/* Whatever would not load without it, by file and line. */
static int try_out(const struct args *args, const struct install *install,
                   const struct plugin *plugin, const char *folder,
                   struct error *error)
{
    struct problems problems = {0};
    int status = 0;

    install_try(install, folder, false, &problems);
    for (size_t i = 0; i < problems.len; i++)
        print_problem(&problems.items[i], args->json);
    if (problems.errors)
        status = error_set(error, ERROR_INVALID,
                           "\"%s\" is not removed: it is needed; see above",
                           plugin->name);
    problems_free(&problems);
    return status;
}

static void say(const struct args *args, const struct plugin *plugin,
                const char *folder)
{
    struct buf buf = {0};

    if (args->json) {
        struct json_out out = print_begin(&buf, "remove");

        json_text(&out, "plugin", plugin->name);
        json_text(&out, "folder", folder);
        print_end(&out);
    } else {
        buf_add_text(&buf, "removed: ");
        print_text(&buf, plugin->name);
        buf_add_text(&buf, ", in plugins/");
        print_text(&buf, folder);
        buf_add_byte(&buf, '\n');
        print_out(&buf);
    }
    buf_free(&buf);
}

static int take_away(const struct args *args, struct install *install,
                     const struct set *set, const struct plugin *plugin,
                     struct error *error)
{
    char *folder = install_folder(plugin);
    int status = try_out(args, install, plugin, folder, error);

    if (!status)
        status = open_runs_free(set, folder, error);
    if (!status)
        status = install_remove(install, folder, error);
    if (!status)
        say(args, plugin, folder);
    free(folder);
    return status;
}

static int remove_one(const struct args *args, struct install *install)
{
    struct set *set = site_load(args, SET_CATALOGUE);
    const struct plugin *plugin;
    int status = EXIT_WELL;
    struct error error;

    if (!set)
        return EXIT_USAGE;
    plugin = catalogue_plugin(&set->catalogue, args->items[0], &error);
    if (!plugin || take_away(args, install, set, plugin, &error))
        status = site_error(&error);
    set_unref(set);
    return status;
}

static int run(const struct args *args)
{
    struct install install;
    struct error error;
    int status = install_begin(&install, args->site, &error)
                     ? site_error(&error)
                     : remove_one(args, &install);

    install_end(&install);
    return status;
}

const struct command command_plugin_remove = {
    .name = "plugin remove",
    .arguments = "\"PLUGIN\"",
    .summary = "Delete a plugin's folder from the site",
    .detail =
        "Refused while a policy binds one of its actions, or an open run of "
        "the journal\nneeds it. Its own files under state/ stay.\n\n"
        "Example: riposte plugin remove \"Ticket\"\n",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
