#include "model/package_inner.h"

#include "base/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Not libarchive's own extractor: it works in the process's folder, and makes
 * what the archive says. Here every name was checked, is relative to a
 * descriptor of a folder that only its owner may enter yet, and leads through
 * folders that were made here; no link is ever made, so none can be followed.
 */
struct place {
    char *folder;        /* owned */
    const char *from;    /* for errors */
    struct names *names; /* owned */
    int root;
    int fd;     /* the file under way, or -1 */
    char *name; /* owned: its name */
    uint64_t bytes;
};

static int failed(const struct place *place, const char *name,
                  struct error *error)
{
    return error_at(error, ERROR_SYSTEM, place->from, 0, 0,
                    "\"%s\" cannot be unpacked: %s", name, strerror(errno));
}

struct place *place_new(const char *folder, const char *from,
                        struct error *error)
{
    struct place *place;
    int root = -1;

    if (!mkdir(folder, 0700))
        root = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (root < 0) {
        error_at(error, ERROR_SYSTEM, folder, 0, 0,
                 "the folder cannot be made: %s", strerror(errno));
        return NULL;
    }
    place = ALLOC(struct place);
    place->folder = alloc_text(folder);
    place->from = from;
    place->names = names_new();
    place->root = root;
    place->fd = -1;
    return place;
}

/* One folder, whose own folder is there. */
static int make_folder(struct place *place, struct str name,
                       struct error *error)
{
    bool fresh;
    int status =
        names_claim(place->names, name, true, &fresh, place->from, error);
    char *path;

    if (status || !fresh)
        return status;
    path = str_copy(name);
    /* The mode is said twice because a umask may have its way first. */
    if (mkdirat(place->root, path, 0755) ||
        fchmodat(place->root, path, 0755, 0))
        status = failed(place, path, error);
    free(path);
    return status;
}

static int make_parents(struct place *place, const char *name,
                        struct error *error)
{
    const char *slash = name;
    int status = 0;

    while (!status && (slash = strchr(slash, '/'))) {
        struct str parent = {name, (size_t)(slash - name)};

        status = make_folder(place, parent, error);
        slash++;
    }
    return status;
}

int place_folder(struct place *place, const char *name, struct error *error)
{
    int status = names_check(str_of(name), place->from, error);

    if (!status)
        status = make_parents(place, name, error);
    return status ? status : make_folder(place, str_of(name), error);
}

int place_open(struct place *place, const char *name, bool executable,
               struct error *error)
{
    int status = names_check(str_of(name), place->from, error);
    bool fresh;

    if (!status)
        status = make_parents(place, name, error);
    if (!status)
        status = names_claim(place->names, str_of(name), false, &fresh,
                             place->from, error);
    if (status)
        return status;
    place->fd =
        openat(place->root, name,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (place->fd < 0 || fchmod(place->fd, executable ? 0755 : 0644))
        return failed(place, name, error);
    place->name = alloc_text(name);
    return 0;
}

int place_write(struct place *place, struct str bytes, struct error *error)
{
    place->bytes += bytes.len;
    if (place->bytes > PACKAGE_UNPACKED_MAX)
        return error_at(error, ERROR_LIMIT, place->from, 0, 0,
                        "unpacked it has more than %d MiB",
                        PACKAGE_UNPACKED_MAX >> 20);
    while (bytes.len) {
        ssize_t done = write(place->fd, bytes.data, bytes.len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return failed(place, place->name, error);
        bytes.data += done;
        bytes.len -= (size_t)done;
    }
    return 0;
}

int place_close(struct place *place, int64_t mtime, struct error *error)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = mtime}};
    int status = 0;

    if (mtime < 0)
        times[1] = times[0];
    if (futimens(place->fd, times))
        status = failed(place, place->name, error);
    close(place->fd);
    place->fd = -1;
    free(place->name);
    place->name = NULL;
    return status;
}

/* ---- one folder around everything -------------------------------------- */

static int entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* The only thing at the top, where that is a folder; or NULL. */
static char *only_folder(const struct place *place)
{
    struct dirent **entries;
    int count = scandirat(place->root, ".", &entries, entry, NULL);
    char *name = NULL;
    struct stat info;

    for (int i = 0; i < count; i++) {
        if (count == 1 &&
            !fstatat(place->root, entries[i]->d_name, &info,
                     AT_SYMLINK_NOFOLLOW) &&
            S_ISDIR(info.st_mode))
            name = alloc_text(entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return name;
}

/* What is in the folder comes up beside it. Returns an errno. */
static int move_up(const struct place *place, const char *folder)
{
    struct dirent **entries;
    int fd = openat(place->root, folder,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int count = fd < 0 ? -1 : scandirat(fd, ".", &entries, entry, NULL);
    int err = count < 0 ? errno : 0;

    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;

        if (!err && renameat(fd, name, place->root, name))
            err = errno;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (fd >= 0)
        close(fd);
    return err;
}

static bool is_plugin(const char *folder)
{
    char *manifest, *payload;

    if (plugin_locate(folder, &manifest, &payload, NULL))
        return false;
    free(manifest);
    free(payload);
    return true;
}

/* The one folder that is a plugin, where the whole is none; or NULL. */
static char *plugin_inside(const struct place *place)
{
    char *name = is_plugin(place->folder) ? NULL : only_folder(place);
    char *path = name ? alloc_printf("%s/%s", place->folder, name) : NULL;

    if (path && !is_plugin(path)) {
        free(name);
        name = NULL;
    }
    free(path);
    return name;
}

int place_lift(struct place *place, struct error *error)
{
    static const char away[] = ":"; /* no member's name */
    char *name = plugin_inside(place);
    int err = 0;

    if (!name)
        return 0;
    if (renameat(place->root, name, place->root, away))
        err = errno;
    if (!err)
        err = move_up(place, away);
    if (!err && unlinkat(place->root, away, AT_REMOVEDIR))
        err = errno;
    free(name);
    errno = err;
    return err ? failed(place, place->folder, error) : 0;
}

/* ---- the end ----------------------------------------------------------- */

int place_end(struct place *place, int status, struct error *error)
{
    /* All at once: a plugin may have thousands of files. */
    if (!status && (fchmod(place->root, 0755) || syncfs(place->root)))
        status = failed(place, place->folder, error);
    if (place->fd >= 0)
        close(place->fd);
    close(place->root);
    if (status)
        package_delete(place->folder, NULL);
    names_free(place->names);
    free(place->folder);
    free(place->name);
    free(place);
    return status;
}

/* ---- deleting ---------------------------------------------------------- */

static int delete_entry(int folder, const char *name);

/* Takes the descriptor. Returns an errno. */
static int delete_inside(int fd)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    int err = errno;

    if (!dir) {
        close(fd);
        return err;
    }
    err = 0;
    while (!err && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            err = delete_entry(fd, entry->d_name);
    closedir(dir);
    return err;
}

/* Returns an errno; what is not there is no error. */
static int delete_entry(int folder, const char *name)
{
    int fd, err;

    if (!unlinkat(folder, name, 0) || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return errno;
    fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    err = fd < 0 ? errno : delete_inside(fd);
    if (!err && unlinkat(folder, name, AT_REMOVEDIR))
        err = errno;
    return err;
}

int package_delete(const char *folder, struct error *error)
{
    int err = delete_entry(AT_FDCWD, folder);

    return err ? error_at(error, ERROR_SYSTEM, folder, 0, 0,
                          "cannot be deleted: %s", strerror(err))
               : 0;
}
