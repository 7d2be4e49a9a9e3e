#include "flow/set_inner.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define PLUGINS "plugins/"
#define OVERLAY "/riposte.xml"

/* Every file below plugins/ is a manifest or the overlay that goes with it.
 * Gives the name of the plugin's folder. */
static bool is_manifest(const char *path, struct str *folder)
{
    const char *name = path + strlen(PLUGINS), *end;

    if (strncmp(path, PLUGINS, strlen(PLUGINS)) != 0)
        return false;
    end = strchr(name, '/');
    if (!end || !strcmp(strrchr(end, '/'), OVERLAY))
        return false;
    *folder = (struct str){name, (size_t)(end - name)};
    return true;
}

/* Where the plugin's programs are: what plugin_locate says of the folder as
 * it is on the disk; the manifest's own folder where that is gone or another
 * by now (the set may come from the journal). */
static char *payload_of(const struct set *set, const char *path,
                        struct str folder)
{
    char *root = alloc_printf("%s/" PLUGINS "%.*s", set->site, (int)folder.len,
                              folder.data);
    char *full = alloc_printf("%s/%s", set->site, path);
    char *manifest = NULL, *payload = NULL;

    if (plugin_locate(root, &manifest, &payload, NULL) ||
        strcmp(manifest, full) != 0) {
        free(payload);
        payload = alloc_copy(full, (size_t)(strrchr(full, '/') - full));
    }
    free(manifest);
    free(full);
    free(root);
    return payload;
}

/* The riposte.xml that came with the plugin, wherever in its folder. */
static const struct set_file *own_overlay(const struct set *set,
                                          struct str folder)
{
    for (size_t i = 0; i < set->files.len; i++) {
        const char *path = set->files.items[i].path;
        const char *name = path + strlen(PLUGINS);

        if (!strncmp(path, PLUGINS, strlen(PLUGINS)) &&
            !strncmp(name, folder.data, folder.len) &&
            name[folder.len] == '/' && !strcmp(strrchr(path, '/'), OVERLAY))
            return &set->files.items[i];
    }
    return NULL;
}

static const struct set_file *overlay_of(const struct set *set,
                                         struct str folder)
{
    char *path =
        alloc_printf("overlays/%.*s.xml", (int)folder.len, folder.data);
    const struct set_file *file = set_files_find(&set->files, path);

    free(path);
    return file ? file : own_overlay(set, folder);
}

static void build_plugin(struct set *set, const struct set_file *file,
                         struct str folder, struct problems *problems)
{
    const struct set_file *overlay = overlay_of(set, folder);
    char *payload = payload_of(set, file->path, folder);
    struct plugin *plugin =
        manifest_parse(set_file_body(file), file->path, payload, problems);
    struct error error = {0};

    free(payload);
    if (!plugin)
        return;
    /* What is wrong with the overlay is a problem by now; the plugin stays,
     * so that policies do not complain of its absence too. */
    if (overlay)
        overlay_apply(plugin, set_file_body(overlay), overlay->path, problems);
    if (catalogue_add(&set->catalogue, plugin, &error))
        problems_add(problems, &error, 0);
}

/* An overlay for a folder that is not there would silently do nothing. */
static void check_overlay(const struct set *set, const struct set_file *file,
                          struct str name, struct problems *problems)
{
    const char **names = alloc_zeroed(set->files.len + 1, sizeof *names);
    char *wanted = str_copy(name);
    struct error error = {0};
    const char *near;
    size_t count = 0;
    bool found = false;
    struct str folder;

    for (size_t i = 0; i < set->files.len; i++)
        if (is_manifest(set->files.items[i].path, &folder)) {
            found = found || str_same(folder, name);
            names[count++] = str_copy(folder);
        }
    near = str_nearest(wanted, names, count);
    if (!found) {
        error_at(&error, ERROR_NOT_FOUND, file->path, 0, 0,
                 "an overlay is named after its plugin's folder, and there is "
                 "no plugins/%s%s%s%s",
                 wanted, near ? "; did you mean " : "", near ? near : "",
                 near ? ".xml?" : "");
        problems_add(problems, &error, 0);
    }
    for (size_t i = 0; i < count; i++)
        free((char *)names[i]);
    free(names);
    free(wanted);
}

void set_build_catalogue(struct set *set, struct problems *problems)
{
    for (size_t i = 0; i < set->files.len; i++) {
        const struct set_file *file = &set->files.items[i];
        struct str name;

        if (is_manifest(file->path, &name))
            build_plugin(set, file, name, problems);
        else if (set_path_in(file->path, "overlays", ".xml", &name))
            check_overlay(set, file, name, problems);
    }
    catalogue_resolve(&set->catalogue, set->settings->path);
    settings_check(set->settings, &set->catalogue, "riposte.lua", problems);
}
