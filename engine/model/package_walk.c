#include "model/package_inner.h"

#include "base/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Never part of a plugin, though found in its folder: version control's, and
 * what running it leaves there. */
static const char *const left_out[] = {".git", ".hg", ".svn", ".DS_Store",
                                       "__pycache__"};

struct walk {
    const char *folder, *prefix;
    walk_fn each;
    void *arg;
    struct names *names; /* owned */
    uint64_t bytes;
};

static int failed(const struct walk *walk, const char *name,
                  struct error *error)
{
    return error_at(error, ERROR_SYSTEM, walk->folder, 0, 0,
                    "\"%s\" cannot be read: %s", name, strerror(errno));
}

static int wanted(const struct dirent *entry)
{
    const char *name = entry->d_name;

    if (!strcmp(name, ".") || !strcmp(name, ".."))
        return 0;
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (!strcmp(name, left_out[i]))
            return 0;
    return 1;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int claim(struct walk *walk, const char *name, bool folder,
                 struct error *error)
{
    char *whole = alloc_printf("%s%s", walk->prefix, name);
    bool fresh;
    int status = names_check(str_of(whole), walk->folder, error);

    if (!status)
        status = names_claim(walk->names, str_of(whole), folder, &fresh,
                             walk->folder, error);
    free(whole);
    return status;
}

static int kind_refused(const struct walk *walk, const char *name,
                        const struct stat *info, struct error *error)
{
    return error_at(error, ERROR_INVALID, walk->folder, 0, 0,
                    "\"%s\" is a %s; a package holds only files and folders",
                    name,
                    S_ISLNK(info->st_mode)    ? "link"
                    : S_ISFIFO(info->st_mode) ? "pipe"
                    : S_ISSOCK(info->st_mode) ? "socket"
                                              : "device");
}

static int walk_inside(struct walk *walk, int fd, const char *name,
                       struct error *error);

/* name: of the entry, relative to the walked folder. */
static int visit(struct walk *walk, int fd, const char *name,
                 const struct stat *info, struct error *error)
{
    struct walk_entry entry = {
        .name = name,
        .folder = S_ISDIR(info->st_mode),
        .executable = (info->st_mode & 0111) != 0,
        .mtime = info->st_mtime,
        .fd = fd,
    };
    int status = claim(walk, name, entry.folder, error);

    if (!entry.folder)
        walk->bytes += (uint64_t)info->st_size;
    if (!status && walk->bytes > PACKAGE_UNPACKED_MAX)
        status = error_at(error, ERROR_LIMIT, walk->folder, 0, 0,
                          "its files have more than %d MiB",
                          PACKAGE_UNPACKED_MAX >> 20);
    if (!status)
        status = walk->each(walk->arg, &entry, error);
    return status || !entry.folder ? status
                                   : walk_inside(walk, fd, name, error);
}

static int open_entry(struct walk *walk, int folder, const char *base,
                      const char *name, struct error *error)
{
    struct stat info;
    int fd, status;

    if (fstatat(folder, base, &info, AT_SYMLINK_NOFOLLOW))
        return failed(walk, name, error);
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
        return kind_refused(walk, name, &info, error);
    fd = openat(folder, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return failed(walk, name, error);
    /* It may be another one by now. */
    if (fstat(fd, &info))
        status = failed(walk, name, error);
    else if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
        status = kind_refused(walk, name, &info, error);
    else
        status = visit(walk, fd, name, &info, error);
    close(fd);
    return status;
}

static int walk_inside(struct walk *walk, int fd, const char *name,
                       struct error *error)
{
    struct dirent **entries;
    int count = scandirat(fd, ".", &entries, wanted, by_bytes);
    int status = 0;

    if (count < 0)
        return failed(walk, *name ? name : ".", error);
    for (int i = 0; i < count; i++) {
        const char *base = entries[i]->d_name;
        char *path = alloc_printf("%s%s%s", name, *name ? "/" : "", base);

        if (!status)
            status = open_entry(walk, fd, base, path, error);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return status;
}

int walk_folder(const char *folder, const char *prefix, walk_fn each, void *arg,
                struct error *error)
{
    struct walk walk = {folder, prefix, each, arg, names_new(), 0};
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status =
        fd < 0 ? failed(&walk, ".", error) : walk_inside(&walk, fd, "", error);

    if (fd >= 0)
        close(fd);
    names_free(walk.names);
    return status;
}

int walk_read(const struct walk_entry *entry, struct buf *buf,
              struct error *error)
{
    enum { PIECE = 64 * 1024 };
    size_t begin = buf->len;

    for (;;) {
        ssize_t got = read(entry->fd, buf_room(buf, PIECE), PIECE);

        if (!got)
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_at(error, ERROR_SYSTEM, entry->name, 0, 0, "%s",
                            strerror(errno));
        buf->len += (size_t)got;
        /* It grows under our hands. */
        if (buf->len - begin > PACKAGE_UNPACKED_MAX)
            return error_at(error, ERROR_LIMIT, entry->name, 0, 0,
                            "it has more than %d MiB",
                            PACKAGE_UNPACKED_MAX >> 20);
    }
}

/* ---- the digest -------------------------------------------------------- */

static int hash_entry(void *arg, const struct walk_entry *entry,
                      struct error *error)
{
    struct hash *hash = arg;
    struct buf body = {0};
    int status = entry->folder ? 0 : walk_read(entry, &body, error);

    hash_add_part(hash, str_of(entry->name));
    hash_add_part(hash, str_of(entry->folder       ? "folder"
                               : entry->executable ? "program"
                                                   : "file"));
    hash_add_part(hash, buf_str(&body));
    buf_free(&body);
    return status;
}

int package_digest(const char *folder, char hex[HASH_HEX], struct error *error)
{
    struct hash *hash = hash_new();
    int status = walk_folder(folder, "", hash_entry, hash, error);

    hash_end(hash, hex);
    return status;
}
