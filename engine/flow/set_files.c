#include "flow/set.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "flow/permissions.h"
#include "policy/embedded.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUILTIN_SOURCES "riposte/sources/"

static int compare(const void *a, const void *b)
{
    const struct set_file *one = a, *other = b;

    return strcmp(one->path, other->path);
}

void set_files_add(struct set_files *files, const char *path, struct str body)
{
    struct set_file file = {alloc_text(path), str_copy(body), body.len};
    size_t at = files->len;

    files->items = alloc_grown(files->items, files->len, &files->cap,
                               sizeof *files->items);
    while (at && strcmp(files->items[at - 1].path, path) > 0)
        at--;
    memmove(files->items + at + 1, files->items + at,
            (files->len - at) * sizeof *files->items);
    files->items[at] = file;
    files->len++;
}

void set_files_put(struct set_files *files, const char *path, struct str body)
{
    struct set_file *file = (struct set_file *)set_files_find(files, path);

    if (!file) {
        set_files_add(files, path, body);
        return;
    }
    free(file->body);
    file->body = str_copy(body);
    file->len = body.len;
}

void set_files_free(struct set_files *files)
{
    for (size_t i = 0; i < files->len; i++) {
        free(files->items[i].path);
        free(files->items[i].body);
    }
    free(files->items);
    *files = (struct set_files){0};
}

const struct set_file *set_files_find(const struct set_files *files,
                                      const char *path)
{
    struct set_file wanted = {.path = (char *)path};

    return files->len ? bsearch(&wanted, files->items, files->len,
                                sizeof wanted, compare)
                      : NULL;
}

/* What one loading needs everywhere. */
struct load {
    const char *site;
    bool anyones; /* whoever may write the files */
    struct set_files *files;
    struct problems *problems;
    size_t total; /* bytes read so far */
};

static void complain(struct load *load, const char *path, int code,
                     const char *text)
{
    struct error error;

    error_at(&error, code, path, 0, 0, "%s", text);
    problems_add(load->problems, &error, 0);
}

/* A manifest was judged with its plugin's folder. */
static bool said(const struct load *load, const char *path)
{
    for (size_t i = 0; i < load->problems->len; i++)
        if (!strcmp(load->problems->items[i].error.where, path))
            return true;
    return false;
}

/* Is the opened file or folder one that only the site's owners can write? */
static bool ours(struct load *load, int fd, const char *path)
{
    char *full = alloc_printf("%s%s%s", load->site, *path ? "/" : "", path);
    struct error error = {0};
    struct stat info;

    if (fstat(fd, &info))
        error_set(&error, ERROR_SYSTEM, "%s", strerror(errno));
    else if (!load->anyones)
        permissions_check(&info, full, &error);
    if (error.code)
        error_place(&error, *path ? path : full, 0);
    if (error.code && !said(load, error.where))
        problems_add(load->problems, &error, 0);
    free(full);
    return !error.code;
}

/* At most `max` bytes of a regular file. Returns 0 or an errno; EFBIG where
 * there are more. */
static int read_body(int fd, size_t max, struct buf *body)
{
    struct stat info;

    if (fstat(fd, &info))
        return errno;
    if (!S_ISREG(info.st_mode))
        return EINVAL;
    while (body->len <= max) {
        ssize_t got = read(fd, buf_room(body, 65536), 65536);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (!got)
            return 0;
        body->len += (size_t)got;
    }
    return EFBIG;
}

/* What was read, or why it was not. */
static void add_body(struct load *load, const char *path, int err,
                     const struct buf *body)
{
    if (err == EFBIG)
        complain(load, path, ERROR_LIMIT, "the file is too large to be meant");
    else if (err == EINVAL)
        complain(load, path, ERROR_INVALID, "not a regular file");
    else if (err)
        complain(load, path, ERROR_SYSTEM, strerror(err));
    else if (body->len > SET_TOTAL_MAX - load->total)
        complain(load, path, ERROR_LIMIT,
                 "the site's files are over 128 MiB together");
    else {
        set_files_add(load->files, path, buf_str(body));
        load->total += body->len;
    }
}

static void add_file(struct load *load, const char *path, size_t max)
{
    char *full = alloc_printf("%s/%s", load->site, path);
    /* Not to wait for a writer, should it be a FIFO. */
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct buf body = {0};

    if (fd < 0)
        complain(load, path, ERROR_SYSTEM, strerror(errno));
    else if (ours(load, fd, path))
        add_body(load, path, read_body(fd, max, &body), &body);
    buf_free(&body);
    if (fd >= 0)
        close(fd);
    free(full);
}

static bool exists(struct load *load, const char *path)
{
    char *full = alloc_printf("%s/%s", load->site, path);
    struct stat info;
    /* A link to nothing exists, so that it is complained about. */
    bool found = !lstat(full, &info);

    free(full);
    return found;
}

static void add_optional(struct load *load, const char *path, size_t max)
{
    if (exists(load, path))
        add_file(load, path, max);
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), tail = strlen(suffix);

    return len > tail && !strcmp(name + len - tail, suffix);
}

typedef void (*entry_fn)(struct load *load, const char *folder,
                         const char *name);

/* Every entry of a folder but the hidden ones (editors' and version
 * control's). A missing folder is an empty one. */
static void each_entry(struct load *load, const char *folder, entry_fn each)
{
    char *full = alloc_printf("%s/%s", load->site, folder);
    DIR *dir = opendir(full);
    const struct dirent *entry;

    if (!dir && errno != ENOENT)
        complain(load, folder, ERROR_SYSTEM, strerror(errno));
    /* What is in a folder that others may write is judged all the same, so
     * that one look says everything. */
    if (dir)
        ours(load, dirfd(dir), folder);
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            each(load, folder, entry->d_name);
    if (dir)
        closedir(dir);
    free(full);
}

static void add_with_suffix(struct load *load, const char *folder,
                            const char *name, const char *suffix, size_t max)
{
    char *path;

    if (!ends_with(name, suffix))
        return;
    path = alloc_printf("%s/%s", folder, name);
    add_file(load, path, max);
    free(path);
}

static void add_lua(struct load *load, const char *folder, const char *name)
{
    add_with_suffix(load, folder, name, ".lua", SET_TEXT_MAX);
}

static void add_list(struct load *load, const char *folder, const char *name)
{
    add_with_suffix(load, folder, name, ".txt", SET_LIST_MAX);
}

static void add_overlay(struct load *load, const char *folder, const char *name)
{
    add_with_suffix(load, folder, name, ".xml", SET_TEXT_MAX);
}

/* The manifest and the overlay that goes with it, by their paths relative to
 * the site. */
static void add_manifest(struct load *load, const char *manifest)
{
    size_t site = strlen(load->site) + 1;
    char *overlay = plugin_overlay(manifest);

    add_file(load, manifest + site, SET_TEXT_MAX);
    if (overlay)
        add_file(load, overlay + site, SET_TEXT_MAX);
    free(overlay);
}

static bool is_folder(const char *path)
{
    struct stat info;

    return !stat(path, &info) && S_ISDIR(info.st_mode);
}

static void add_plugin(struct load *load, const char *folder, const char *name)
{
    char *path = alloc_printf("%s/%s", folder, name);
    char *full = alloc_printf("%s/%s", load->site, path);
    char *manifest = NULL, *payload = NULL;
    struct error error = {0};
    int err;

    if (is_folder(full)) {
        err = plugin_locate(full, &manifest, &payload, &error);
        if (!err && !load->anyones)
            permissions_payload(load->site, path, load->problems);
        if (!err)
            add_manifest(load, manifest);
        else
            /* A folder without a manifest may be something else's. */
            problems_add(load->problems, &error, err == ERROR_NOT_FOUND);
    }
    free(manifest);
    free(payload);
    free(full);
    free(path);
}

static void check_site(struct load *load)
{
    int fd = open(load->site, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        complain(load, load->site, ERROR_SYSTEM, strerror(errno));
        return;
    }
    ours(load, fd, "");
    close(fd);
}

void set_files_add_plugin(const char *site, struct set_files *files,
                          const char *name, struct problems *problems)
{
    struct load load = {.site = site, .files = files, .problems = problems};

    add_plugin(&load, "plugins", name);
}

static void add_builtin(struct load *load)
{
    const struct embedded *file;

    for (size_t i = 0; (file = embedded_at(i)); i++) {
        char *path;

        if (strncmp(file->name, BUILTIN_SOURCES, strlen(BUILTIN_SOURCES)) != 0)
            continue;
        path = alloc_printf("builtin/sources/%s",
                            file->name + strlen(BUILTIN_SOURCES));
        set_files_add(load->files, path, file->text);
        free(path);
    }
}

void set_files_load(const char *site, int flags, struct set_files *files,
                    struct problems *problems)
{
    struct load load = {.site = site,
                        .anyones = flags & SET_ANYONES,
                        .files = files,
                        .problems = problems};

    check_site(&load);
    add_optional(&load, "riposte.lua", SET_TEXT_MAX);
    add_optional(&load, "guards.lua", SET_TEXT_MAX);
    each_entry(&load, "policies", add_lua);
    each_entry(&load, "policies/lib", add_lua);
    each_entry(&load, "sources", add_lua);
    each_entry(&load, "lists", add_list);
    each_entry(&load, "overlays", add_overlay);
    each_entry(&load, "plugins", add_plugin);
    add_builtin(&load);
}
