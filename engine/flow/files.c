#include "flow/files.h"

#include "base/alloc.h"
#include "model/framing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool identity_same(struct identity a, struct identity b)
{
    return a.inode == b.inode && a.born == b.born;
}

enum { HEAD_CHUNK = 16 * 1024 /* most first records are in it */ };

static bool look(int at, const char *path, int flags, struct file *file)
{
    struct statx info;
    unsigned mask =
        STATX_TYPE | STATX_INO | STATX_SIZE | STATX_MTIME | STATX_BTIME;

    if (statx(at, path, flags, mask, &info) || !S_ISREG(info.stx_mode))
        return false;
    file->is.inode = (int64_t)info.stx_ino;
    file->is.born =
        info.stx_mask & STATX_BTIME
            ? info.stx_btime.tv_sec * 1000000000 + info.stx_btime.tv_nsec
            : 0;
    file->size = info.stx_size;
    file->written.tv_sec = info.stx_mtime.tv_sec;
    file->written.tv_nsec = info.stx_mtime.tv_nsec;
    return true;
}

bool file_look(const char *path, struct file *file)
{
    return look(AT_FDCWD, path, 0, file);
}

bool file_look_open(int fd, struct file *file)
{
    return look(fd, "", AT_EMPTY_PATH, file);
}

int file_open(const struct file *file)
{
    return open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
                                (file->in_place ? 0 : O_NOFOLLOW));
}

bool file_begins_as(int fd, enum source_format format, const char *digest)
{
    struct framing *framing = framing_new(format);
    struct record record;
    char bytes[HEAD_CHUNK];
    bool found = false;
    off_t at = 0;

    while (!found && at <= JSON_SIZE_MAX) {
        ssize_t got = pread(fd, bytes, sizeof bytes, at);

        if (got <= 0)
            break;
        at += got;
        framing_push(framing, (struct str){bytes, (size_t)got});
        found = framing_next(framing, false, &record);
    }
    found = found && !strcmp(framing_digest(framing), digest);
    framing_free(framing);
    return found;
}

bool files_renamed(const char *name, const char *entry)
{
    size_t len = strlen(name);
    const char *rest = entry + len;

    return !strncmp(entry, name, len) && (*rest == '.' || *rest == '-') &&
           rest[1] >= '0' && rest[1] <= '9' &&
           rest[strspn(rest, "0123456789.:_T-")] == '\0';
}

static void add(struct files *files, const char *folder, const char *entry,
                bool in_place)
{
    struct file file = {.in_place = in_place};

    file.path = alloc_printf("%s/%s", folder, entry);
    if (!look(AT_FDCWD, file.path, in_place ? 0 : AT_SYMLINK_NOFOLLOW, &file)) {
        free(file.path);
        return;
    }
    files->items =
        alloc_grown(files->items, files->len, &files->cap, sizeof file);
    files->items[files->len++] = file;
}

static int by_age(const void *a, const void *b)
{
    const struct file *left = a, *right = b;

    if (left->in_place != right->in_place)
        return left->in_place ? 1 : -1;
    if (left->written.tv_sec != right->written.tv_sec)
        return left->written.tv_sec < right->written.tv_sec ? -1 : 1;
    if (left->written.tv_nsec != right->written.tv_nsec)
        return left->written.tv_nsec < right->written.tv_nsec ? -1 : 1;
    return strcmp(right->path, left->path); /* .2 before .1 */
}

struct files files_scan(const char *folder, const char *name)
{
    struct files files = {0};
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        bool in_place = !strcmp(entry->d_name, name);

        if (in_place || files_renamed(name, entry->d_name))
            add(&files, folder, entry->d_name, in_place);
    }
    if (dir)
        closedir(dir);
    if (files.len)
        qsort(files.items, files.len, sizeof *files.items, by_age);
    return files;
}

void files_free(struct files *files)
{
    for (size_t i = 0; i < files->len; i++)
        free(files->items[i].path);
    free(files->items);
}
