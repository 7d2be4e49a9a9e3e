#include "model/catalogue.h"

#include "base/alloc.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Where plugins keep their manifest, and the payload folder that goes with
 * it: as unpacked from an .lpi, as a flat folder, as Plugin/ itself. */
static const struct layout {
    const char *manifest[4]; /* the names on the way, NULL at the end */
    const char *payload[3];
} layouts[] = {
    {{"Plugin", "config", "actions.xml", NULL}, {"Plugin", "bin", NULL}},
    {{"Plugin", "bin", "actions.xml", NULL}, {"Plugin", "bin", NULL}},
    {{"actions.xml", NULL}, {NULL}},
    {{"config", "actions.xml", NULL}, {"bin", NULL}},
};

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool is_file(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Also where it is a link to nothing, so that this is complained about. */
static bool is_there(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0;
}

static char *joined(const char *folder, const char *name)
{
    size_t len = strlen(folder);

    return alloc_printf("%s%s%s", folder,
                        len && folder[len - 1] == '/' ? "" : "/", name);
}

/* The entry of that name; where there is none, the first of that name in
 * another case (by bytes, so that every run takes the same), or NULL. */
static char *entry_path(const char *folder, const char *name)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    const char *found = NULL;
    char *path;

    for (int i = 0; i < count; i++) {
        const char *entry = entries[i]->d_name;

        if (!strcmp(entry, name) ||
            (!found && str_same_nocase(str_of(entry), str_of(name))))
            found = entry;
    }
    path = found ? joined(folder, found) : NULL;
    for (int i = 0; i < count; i++)
        free(entries[i]);
    if (count >= 0)
        free(entries);
    return path;
}

/* Goes down from a folder by names without case; NULL where it cannot. */
static char *descend(const char *folder, const char *const *names)
{
    char *path = alloc_text(folder);

    for (; path && *names; names++) {
        char *next = entry_path(path, *names);

        free(path);
        path = next;
    }
    return path;
}

/* The folder of a file. */
static char *folder_of(const char *file)
{
    const char *slash = strrchr(file, '/');

    if (!slash)
        return alloc_text(".");
    return alloc_copy(file, slash == file ? 1 : (size_t)(slash - file));
}

/* …/config/actions.xml belongs to …/bin, any other to its own folder. */
static char *payload_of(const char *manifest)
{
    static const char *const up[] = {"..", "bin", NULL};
    char *folder = folder_of(manifest);
    char *real = realpath(folder, NULL);
    const char *name = real ? strrchr(real, '/') + 1 : "";
    char *bin = NULL;

    if (str_same_nocase(str_of(name), str_of("config")))
        bin = descend(folder, up);
    free(real);
    if (!bin || !is_folder(bin)) {
        free(bin);
        return folder;
    }
    free(folder);
    return bin;
}

static bool by_layout(const char *folder, const struct layout *layout,
                      char **manifest, char **payload)
{
    *manifest = descend(folder, layout->manifest);
    if (!*manifest || !is_file(*manifest)) {
        free(*manifest);
        return false;
    }
    *payload = descend(folder, layout->payload);
    if (!*payload || !is_folder(*payload)) {
        free(*payload);
        *payload = folder_of(*manifest);
    }
    return true;
}

static bool locate(const char *path, char **manifest, char **payload)
{
    if (is_file(path)) {
        *manifest = alloc_text(path);
        *payload = payload_of(path);
        return true;
    }
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (by_layout(path, &layouts[i], manifest, payload))
            return true;
    return false;
}

int plugin_locate(const char *path, char **manifest, char **payload,
                  struct error *error)
{
    char *real;

    *manifest = *payload = NULL;
    if (!locate(path, manifest, payload))
        return error_at(error, ERROR_NOT_FOUND, path, 0, 0,
                        is_folder(path) ? "no actions.xml in this folder"
                                        : "no such file or folder");
    real = realpath(*payload, NULL);
    if (!real) {
        error_at(error, ERROR_SYSTEM, *payload, 0, 0, "cannot be opened");
        free(*manifest);
        free(*payload);
        *manifest = *payload = NULL;
        return ERROR_SYSTEM;
    }
    free(*payload);
    *payload = real;
    return 0;
}

char *plugin_overlay(const char *manifest)
{
    static const char file[] = "riposte.xml";
    char *folder = folder_of(manifest), *above, *bin;
    char *overlay = joined(folder, file);
    const char *name = strrchr(folder, '/');

    if (!is_there(overlay) && name &&
        str_same_nocase(str_of(name + 1), str_of("config"))) {
        free(overlay);
        overlay = NULL;
        above = folder_of(folder);
        bin = entry_path(above, "bin");
        if (bin)
            overlay = joined(bin, file);
        free(bin);
        free(above);
    }
    free(folder);
    if (overlay && is_there(overlay))
        return overlay;
    free(overlay);
    return NULL;
}
