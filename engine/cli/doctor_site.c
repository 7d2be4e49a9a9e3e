#include "cli/doctor.h"

#include "base/alloc.h"
#include "cli/print.h"
#include "flow/permissions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Shows the problems of loading the site whose code is that of others
 * (denied), or any other. Returns how many there were. */
static size_t show(struct doctor *doctor, const char *name, bool denied)
{
    size_t shown = 0;

    for (size_t i = 0; i < doctor->problems->len; i++) {
        const struct problem *problem = &doctor->problems->items[i];
        char *text;

        if ((problem->error.code == ERROR_DENIED) != denied)
            continue;
        text = error_format(&problem->error);
        if (problem->warning)
            doctor_warn(doctor, name, NULL, "%s", text);
        else
            doctor_fault(doctor, name,
                         denied ? NULL : "mend it, then: riposte check", "%s",
                         text);
        free(text);
        shown++;
    }
    return shown;
}

static void look_files(struct doctor *doctor, const char *name)
{
    const struct set *set = doctor->set;
    struct buf buf = {0};

    if (show(doctor, name, false) || !set)
        return;
    if (!doctor->problems->errors)
        print_count(&buf, (int64_t)doctor->npolicies, "policy, ", "policies, ");
    print_count(&buf, (int64_t)set->catalogue.len, "plugin, ", "plugins, ");
    print_count(&buf, (int64_t)set->nsources, "source", "sources");
    doctor_well(doctor, name, "%s", buf.data);
    buf_free(&buf);
}

static void look_permissions(struct doctor *doctor, const char *name)
{
    if (!show(doctor, name, true) && doctor->set)
        doctor_well(doctor, name,
                    "only root and user %lu may write policies, plugins, "
                    "secrets",
                    (unsigned long)geteuid());
}

/* Loading leaves what is above the site alone. In a sticky folder nobody takes
 * away what is not theirs. */
static void look_above(struct doctor *doctor, const char *name)
{
    char *folder = realpath(doctor->site, NULL);
    size_t before = doctor->counts[DOCTOR_WARNING];
    char *slash;

    while (folder && (slash = strrchr(folder, '/')) && folder[1]) {
        struct error error = {0};
        struct stat info;

        slash[slash == folder] = '\0';
        if (!stat(folder, &info) && !(info.st_mode & S_ISVTX) &&
            permissions_check(&info, folder, &error))
            doctor_warn(doctor, name, NULL,
                        "%s: whoever writes there can put another site in this "
                        "one's place: %s",
                        folder, error.text);
    }
    if (folder && doctor->counts[DOCTOR_WARNING] == before)
        doctor_well(doctor, name, "nobody else can exchange the site");
    free(folder);
}

/* A program in a folder that others may write is theirs. */
static void look_folder(struct doctor *doctor, const char *name,
                        const char *folder)
{
    struct error error = {0};
    struct stat info;

    if (stat(folder, &info) && errno != ENOENT)
        doctor_warn(doctor, name, "mend `path` in riposte.lua", "%s: %s",
                    folder, strerror(errno));
    else if (!stat(folder, &info) && permissions_check(&info, folder, &error))
        doctor_fault(doctor, name, NULL, "%s: %s", folder, error.text);
}

static void look_path(struct doctor *doctor, const char *name)
{
    size_t before =
        doctor->counts[DOCTOR_WARNING] + doctor->counts[DOCTOR_FAULT];
    const char *path = doctor->path;

    while (*path) {
        size_t len = strcspn(path, ":");
        char *folder = alloc_copy(path, len);

        look_folder(doctor, name, folder);
        free(folder);
        path += len + (path[len] == ':');
    }
    if (doctor->counts[DOCTOR_WARNING] + doctor->counts[DOCTOR_FAULT] == before)
        doctor_well(doctor, name, "%s", doctor->path);
}

/* How many plugins have an action that this program is to run. */
static size_t needed(const struct doctor *doctor, const char *program)
{
    size_t plugins = 0;

    for (size_t i = 0; doctor->set && i < doctor->set->catalogue.len; i++) {
        const struct plugin *plugin = doctor->set->catalogue.plugins[i];
        bool found = false;

        for (size_t j = 0; j < plugin->nactions && !found; j++) {
            const struct interpreter *known =
                interpreter_find(plugin->actions[j].command);

            found = known && known->program && !strcmp(known->program, program);
        }
        plugins += found ? 1 : 0;
    }
    return plugins;
}

static void look_interpreter(struct doctor *doctor, const char *program)
{
    char *found = program_on_path(doctor->path, program);
    size_t plugins = needed(doctor, program);
    const char *many = plugins == 1 ? "" : "s";

    if (!doctor->set && found)
        doctor_well(doctor, program, "%s", found);
    else if (!doctor->set)
        doctor_well(doctor, program, "not on PATH");
    else if (found && plugins)
        doctor_well(doctor, program, "%s, for %zu plugin%s", found, plugins,
                    many);
    else if (found)
        doctor_well(doctor, program, "%s; no plugin needs it", found);
    else if (!plugins)
        doctor_well(doctor, program, "not on PATH; no plugin needs it");
    else
        doctor_warn(doctor, program,
                    "install it, or name its folder in `path` of riposte.lua",
                    "not on PATH, and %zu plugin%s %s it", plugins, many,
                    plugins == 1 ? "needs" : "need");
    free(found);
}

static void look_interpreters(struct doctor *doctor, const char *name)
{
    (void)name;
    for (size_t i = 0; i < interpreter_count; i++) {
        const char *program = interpreter_table[i].program;
        bool before = false;

        for (size_t j = 0; program && j < i; j++)
            before = before || (interpreter_table[j].program &&
                                !strcmp(interpreter_table[j].program, program));
        if (program && !before)
            look_interpreter(doctor, program);
    }
}

/* The first reason stands for all of a plugin: they are mostly the same. */
static bool look_plugin(struct doctor *doctor, const char *name,
                        const struct plugin *plugin)
{
    const char *reason = NULL;
    size_t count = 0;
    char *advice;

    for (size_t i = 0; i < plugin->nactions; i++) {
        const char *why = plugin->actions[i].unavailable;

        count += why ? 1 : 0;
        reason = reason ? reason : why;
    }
    if (!reason)
        return false;
    advice = alloc_printf("all of them: riposte show \"%s\"", plugin->name);
    doctor_warn(doctor, name, advice,
                "%zu of %zu of plugin %s are unavailable: %s", count,
                plugin->nactions, plugin->name, reason);
    free(advice);
    return true;
}

static void look_actions(struct doctor *doctor, const char *name)
{
    bool found = false;

    if (!doctor->set)
        return;
    for (size_t i = 0; i < doctor->set->catalogue.len; i++)
        found |= look_plugin(doctor, name, doctor->set->catalogue.plugins[i]);
    if (!found)
        doctor_well(doctor, name, "all can be started here");
}

const struct doctor_check doctor_site[] = {
    {"site", "files", look_files},
    {"site", "permissions", look_permissions},
    {"site", "folders above", look_above},
    {"programs", "path", look_path},
    {"programs", "interpreters", look_interpreters},
    {"programs", "actions", look_actions},
};
const size_t doctor_site_count = sizeof doctor_site / sizeof *doctor_site;
