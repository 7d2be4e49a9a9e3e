#include "base/alloc.h"
#include "base/log.h"
#include "cli/changes.h"
#include "cli/commands.h"
#include "cli/examine.h"
#include "cli/install.h"
#include "cli/licence.h"
#include "cli/print.h"
#include "cli/site.h"
#include "flow/engine.h"
#include "model/package.h"

#include <stdlib.h>
#include <string.h>

struct import {
    const struct args *args;
    const char *file;
    struct install install;
    struct set *set;          /* owned: the site's plugins as they are */
    struct plugin *plugin;    /* owned: what is aside */
    const struct plugin *old; /* in set: what it takes the place of, or NULL */
    char *folder;             /* owned: its name below plugins/ */
    bool same;                /* it is there already, byte for byte */
};

/* ---- what it is to the site -------------------------------------------- */

static bool same_guid(const struct plugin *a, const struct plugin *b)
{
    return a->guid && b->guid &&
           str_same_nocase(str_of(a->guid), str_of(b->guid));
}

/* Another plugin with that Guid. People make Guids by hand, and copy them. */
static int refuse_guid(const struct import *import, const struct plugin *other,
                       struct error *error)
{
    return error_at(
        error, ERROR_INVALID, import->file, 0, 0,
        "\"%s\" has the Guid of another plugin here, \"%s\" (%s): %s. If it "
        "is that one under a new name, remove that one first: riposte plugin "
        "remove \"%s\". If they are two plugins, give one a Guid of its own, "
        "in its actions.xml",
        import->plugin->name, other->name, other->where, other->guid,
        other->name);
}

static int refuse_version(const struct import *import, struct error *error)
{
    const struct plugin *old = import->old;

    return error_at(error, ERROR_INVALID, import->file, 0, 0,
                    "version %ld of \"%s\" is not newer than version %ld in "
                    "%s, and not the same; raise its Version, or import with "
                    "--replace",
                    import->plugin->version, old->name, old->version,
                    old->where);
}

static int compare_bytes(struct import *import, struct error *error)
{
    char *folder = install_folder(import->old), *there;
    char old[HASH_HEX], new[HASH_HEX];
    int status;

    there = alloc_printf("%s/%s", import->install.plugins, folder);
    status = package_digest(import->install.aside, new, error);
    /* What cannot be packed is not what was unpacked. */
    import->same =
        !status && !package_digest(there, old, NULL) && !strcmp(old, new);
    free(there);
    free(folder);
    return status;
}

/* A plugin of that name: the same, or another? */
static int judge(struct import *import, struct error *error)
{
    const struct plugin *new = import->plugin, *old = import->old;
    bool known = same_guid(new, old) || (!new->guid && !old->guid);
    bool replace = args_has(import->args, "--replace");
    int status = 0;

    if (!known && !replace)
        return error_at(error, ERROR_INVALID, import->file, 0, 0,
                        "there is another plugin \"%s\" (%s), with %s Guid; "
                        "import with --replace to put this one in its place, "
                        "or rename one of them",
                        old->name, old->where, old->guid ? "another" : "no");
    if (known && new->version == old->version)
        status = compare_bytes(import, error);
    if (status || import->same || replace || new->version > old->version)
        return status;
    return refuse_version(import, error);
}

static int find_old(struct import *import, struct error *error)
{
    const struct catalogue *catalogue = &import->set->catalogue;

    import->old = catalogue_plugin(catalogue, import->plugin->name, NULL);
    for (size_t i = 0; i < catalogue->len; i++)
        if (catalogue->plugins[i] != import->old &&
            same_guid(catalogue->plugins[i], import->plugin))
            return refuse_guid(import, catalogue->plugins[i], error);
    return import->old ? judge(import, error) : 0;
}

/* ---- where it goes ----------------------------------------------------- */

static bool folder_named_well(const char *name)
{
    enum { LONGEST = 100 }; /* bytes: a name, not a sentence */
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

    return name[0] != '.' && strlen(name) <= LONGEST &&
           strspn(name, plain) == strlen(name);
}

static int name_folder(struct import *import, struct error *error)
{
    const char *wanted = args_value(import->args, "--as");

    if (import->old)
        import->folder = install_folder(import->old);
    else
        import->folder = wanted ? alloc_text(wanted)
                                : plugin_folder_name(import->plugin->name);
    if (wanted && !folder_named_well(wanted))
        return error_set(error, ERROR_INVALID,
                         "--as %s: a folder is named with letters, digits, "
                         "'.', '_' and '-'",
                         wanted);
    if (wanted && strcmp(wanted, import->folder) != 0)
        return error_set(error, ERROR_INVALID,
                         "\"%s\" is in plugins/%s already; leave --as out",
                         import->plugin->name, import->folder);
    return 0;
}

/* ---- carrying it out --------------------------------------------------- */

static void print_problems(const struct import *import,
                           const struct problems *problems)
{
    size_t skip = strlen(import->install.aside) + 1;

    for (size_t i = 0; i < problems->len; i++) {
        struct problem problem = problems->items[i];
        char *where = problem.error.where;

        /* Paths as they are in the package. */
        if (!strncmp(where, import->install.aside, skip - 1) &&
            where[skip - 1] == '/')
            memmove(where, where + skip, strlen(where + skip) + 1);
        print_problem(&problem, import->args->json);
    }
}

static int examine(struct import *import, struct error *error)
{
    struct problems problems = {0};
    struct buf xml = {0};

    import->plugin = examine_plugin(import->install.aside, &xml, &problems);
    print_problems(import, &problems);
    problems_free(&problems);
    buf_free(&xml);
    if (import->plugin)
        return 0;
    return error_at(error, ERROR_INVALID, import->file, 0, 0,
                    "not imported: the plugin is faulty");
}

static int try_out(const struct import *import, struct error *error)
{
    struct problems problems = {0};
    int status = 0;

    install_try(&import->install, import->folder, true, &problems);
    print_problems(import, &problems);
    if (problems.errors)
        status = error_at(error, ERROR_INVALID, import->file, 0, 0,
                          "not imported: with it the site would not load; "
                          "see above");
    problems_free(&problems);
    return status;
}

static int carry_out(struct import *import, struct error *error)
{
    struct install *install = &import->install;

    return import->old ? install_replace(install, import->folder, error)
                       : install_add(install, import->folder, error);
}

static const char *result_of(const struct import *import)
{
    if (import->same)
        return "already imported";
    if (!import->old)
        return "imported";
    return import->plugin->version > import->old->version &&
                   same_guid(import->plugin, import->old)
               ? "upgraded"
               : "replaced";
}

static void print_json(const struct import *import)
{
    struct buf buf = {0};
    struct json_out out = print_begin(&buf, "import");

    json_text(&out, "plugin", import->plugin->name);
    json_text(&out, "guid", import->plugin->guid);
    json_int(&out, "version", import->plugin->version);
    if (import->old)
        json_int(&out, "old_version", import->old->version);
    else
        json_null(&out, "old_version");
    json_int(&out, "actions", (int64_t)import->plugin->nactions);
    json_text(&out, "folder", import->folder);
    json_text(&out, "result", result_of(import));
    print_end(&out);
    buf_free(&buf);
}

static void print_result(const struct import *import)
{
    struct buf buf = {0};

    buf_printf(&buf, "%s: ", result_of(import));
    print_text(&buf, import->plugin->name);
    buf_printf(&buf, ", version %ld", import->plugin->version);
    if (import->old && import->old->version != import->plugin->version)
        buf_printf(&buf, " (was %ld)", import->old->version);
    buf_add_text(&buf, ", ");
    print_count(&buf, (int64_t)import->plugin->nactions, "action", "actions");
    buf_add_text(&buf, ", in plugins/");
    print_text(&buf, import->folder);
    buf_add_byte(&buf, '\n');
    print_out(&buf);
    buf_free(&buf);
}

/* The new version as the site has it, with the site's own overlay, which the
 * old one had too. */
static void print_changes(const struct import *import)
{
    struct problems problems = {0}; /* of the site: said before */
    struct set *set = set_load(import->args->site, SET_CATALOGUE, &problems);
    const struct plugin *now =
        set ? catalogue_plugin(&set->catalogue, import->plugin->name, NULL)
            : NULL;

    if (now)
        changes_print(import->old, now, import->args->json);
    set_unref(set);
    problems_free(&problems);
}

static void say(const struct import *import)
{
    if (import->args->json)
        print_json(import);
    else
        print_result(import);
    if (import->old && !import->same)
        print_changes(import);
    if (!import->same && engine_holder(import->set->settings->state))
        log_line("riposte reload puts it in force in the process that works "
                 "on this site");
}

static int import_file(struct import *import, struct error *error)
{
    const char *state = import->set->settings->state;
    int status = package_unpack(import->file, import->install.aside, error);

    if (!status)
        status = examine(import, error);
    if (!status)
        status = find_old(import, error);
    if (!status)
        status = name_folder(import, error);
    if (!status && !import->same)
        status = try_out(import, error);
    if (!status && !import->same)
        status =
            licence_accept(import->args, import->plugin->folder, state, error);
    if (!status && !import->same)
        status = carry_out(import, error);
    if (!status)
        say(import);
    return status;
}

static int exit_of(const struct import *import, const struct error *error)
{
    log_error(error);
    if (error->code == ERROR_BUSY)
        return EXIT_BUSY;
    /* What could be asked of the site was not, when the package itself was no
     * good. */
    return import->set && !import->plugin &&
                   (error->code == ERROR_INVALID || error->code == ERROR_LIMIT)
               ? EXIT_FAILED_RUN
               : EXIT_USAGE;
}

/* Everything under the lock: what was looked at before may be another. */
static int import_locked(struct import *import)
{
    struct error error;

    if (install_begin(&import->install, import->args->site, &error))
        return exit_of(import, &error);
    import->set = site_load(import->args, SET_CATALOGUE);
    if (!import->set)
        return EXIT_USAGE;
    if (import_file(import, &error))
        return exit_of(import, &error);
    return EXIT_WELL;
}

static int run(const struct args *args)
{
    struct import import = {.args = args, .file = args->items[0]};
    int status = import_locked(&import);

    install_end(&import.install);
    plugin_free(import.plugin);
    set_unref(import.set);
    free(import.folder);
    return status;
}

static const struct option options[] = {
    {"--accept-license", NULL, NULL, "accept the licence that comes with it",
     false},
    {"--as", NULL, "FOLDER", "the folder's name (default: the plugin's)",
     false},
    {"--replace", NULL, NULL,
     "also in place of a newer version, the same with other bytes, or another "
     "Guid",
     false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_plugin_import = {
    .name = "plugin import",
    .arguments = "FILE",
    .summary = "Take a plugin into the site, or a newer version of one",
    .detail =
        "FILE is an .lpi package, a tar, a zip or a folder. It is taken whole "
        "or not at all.\nA newer version of a plugin of the same Guid takes "
        "its place: what changed is shown,\nand policies stay bound; where one "
        "would not load any more, nothing is changed.\nExit status 1 where the "
        "package or the plugin in it is faulty, 2 where it is refused.\n\n"
        "Example: riposte plugin import ARPlugin_firewall.lpi "
        "--accept-license\n",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
