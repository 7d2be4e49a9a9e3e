#include "model/payload.h"

#include "base/alloc.h"
#include "base/str.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The entry of a folder with that name, or else with one that differs by case
 * only: of several the first by bytes, whatever order the folder has. NULL
 * where there is none. */
static char *entry_named(const char *folder, struct str name)
{
    DIR *dir = opendir(folder);
    char *found = NULL;

    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry;
         entry = readdir(dir)) {
        const char *other = entry->d_name;
        bool exact = str_is(name, other);

        if (!exact && (!str_same_nocase(name, str_of(other)) ||
                       (found && strcmp(found, other) < 0)))
            continue;
        free(found);
        found = alloc_text(other);
        if (exact)
            break;
    }
    if (dir)
        closedir(dir);
    return found;
}

static bool plain_file(const char *folder, const char *path)
{
    char *file = alloc_printf("%s/%s", folder, path);
    struct stat info;
    bool plain = !stat(file, &info) && S_ISREG(info.st_mode);

    free(file);
    return plain;
}

/* One step down from folder/at, which may be ""; NULL where there is none. */
static char *step_down(const char *folder, const char *at, struct str part)
{
    char *here = alloc_printf("%s/%s", folder, at);
    char *entry = str_is(part, "..") ? NULL : entry_named(here, part);
    char *next =
        entry ? alloc_printf("%s%s%s", at, *at ? "/" : "", entry) : NULL;

    free(here);
    free(entry);
    return next;
}

/* From the folder, part by part. */
static char *walk(const char *folder, const char *path)
{
    char *at = alloc_text("");

    while (at && *path) {
        struct str part = {path, strcspn(path, "/")};

        path += part.len + (path[part.len] == '/');
        if (part.len && !str_is(part, ".")) {
            char *next = step_down(folder, at, part);

            free(at);
            at = next;
        }
    }
    if (at && plain_file(folder, at))
        return at;
    free(at);
    return NULL;
}

char *payload_find(const char *folder, const char *path)
{
    char *slashes = alloc_text(path);
    char *found, *last;

    for (char *at = slashes; *at; at++)
        if (*at == '\\')
            *at = '/';
    last = strrchr(slashes, '/');
    found = *slashes == '/' ? NULL : walk(folder, slashes);
    if (!found && last)
        found = walk(folder, last + 1);
    free(slashes);
    return found;
}
