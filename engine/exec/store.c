#include "exec/store.h"

#include "base/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int system_error(struct error *error, const char *folder,
                        const char *name)
{
    int code = errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM;

    return error_set(error, code, "%s%s%s: %s", folder, name ? "/" : "",
                     name ? name : "", strerror(errno));
}

/* Somebody else who may write to the folder could put another secret there. */
static int open_folder(const char *folder, enum store_trust trust,
                       struct error *error)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;

    if (fd < 0)
        return system_error(error, folder, NULL);
    if (trust == STORE_SYSTEM ||
        (!fstat(fd, &info) && !(info.st_mode & (S_IWGRP | S_IWOTH)) &&
         (info.st_uid == geteuid() || info.st_uid == 0)))
        return fd;
    close(fd);
    return error_set(error, ERROR_INVALID,
                     "%s: others may write to it, or own it; chmod 700 %s",
                     folder, folder);
}

static int check_file(int fd, const char *folder, const char *name,
                      enum store_trust trust, struct error *error)
{
    struct stat info;

    if (fstat(fd, &info) < 0)
        return system_error(error, folder, name);
    if (!S_ISREG(info.st_mode))
        return error_set(error, ERROR_INVALID, "%s/%s is no regular file",
                         folder, name);
    if (trust == STORE_SYSTEM)
        return 0;
    if (info.st_uid != geteuid() && info.st_uid != 0)
        return error_set(error, ERROR_INVALID, "%s/%s belongs to somebody else",
                         folder, name);
    if (info.st_mode & (S_IRWXG | S_IRWXO))
        return error_set(error, ERROR_INVALID,
                         "%s/%s can be opened by others; chmod 600 %s/%s",
                         folder, name, folder, name);
    return 0;
}

int store_value(const char *name, struct str bytes, char **value,
                struct error *error)
{
    if (bytes.len && bytes.data[bytes.len - 1] == '\n')
        bytes.len--;
    if (!bytes.len)
        return error_set(error, ERROR_INVALID, "secret %s is empty", name);
    if (bytes.len > SECRET_VALUE_MAX)
        return error_set(error, ERROR_LIMIT,
                         "secret %s has more than %d bytes, and no parameter "
                         "takes more",
                         name, SECRET_VALUE_MAX);
    if (memchr(bytes.data, '\0', bytes.len))
        return error_set(error, ERROR_INVALID, "secret %s holds a NUL byte",
                         name);
    *value = str_copy(bytes);
    return 0;
}

/* Two bytes more than the most: one line end, and one that is too many. */
static int read_value(int fd, const char *folder, const char *name,
                      char **value, struct error *error)
{
    char bytes[SECRET_VALUE_MAX + 2];
    size_t len = 0;
    int status = 0;

    while (len < sizeof bytes) {
        ssize_t got = read(fd, bytes + len, sizeof bytes - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = system_error(error, folder, name);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    if (!status)
        status = store_value(name, (struct str){bytes, len}, value, error);
    explicit_bzero(bytes, sizeof bytes);
    return status;
}

int store_read(const char *folder, const char *name, enum store_trust trust,
               char **value, struct error *error)
{
    int status = secret_name_check(str_of(name), error);
    int at, fd;

    if (status)
        return status;
    at = open_folder(folder, trust, error);
    if (at < 0)
        return at;
    fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    status = fd < 0 ? system_error(error, folder, name)
                    : check_file(fd, folder, name, trust, error);
    if (!status)
        status = read_value(fd, folder, name, value, error);
    if (fd >= 0)
        close(fd);
    close(at);
    return status;
}

/* ---- Writing ---------------------------------------------------------- */

static int write_all(int fd, struct str bytes)
{
    while (bytes.len) {
        ssize_t put = write(fd, bytes.data, bytes.len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        bytes.data += put;
        bytes.len -= (size_t)put;
    }
    return fsync(fd);
}

/* Where it is written before it is renamed: what begins with '.' is no
 * secret's name. A writer that was killed has left one, with a secret in it,
 * which the next change takes away; so there is one writer at a time. */
static char *make_room(int at, const char *name)
{
    char *beside = alloc_printf(".%s.new", name);

    while (flock(at, LOCK_EX) < 0 && errno == EINTR)
        continue;
    unlinkat(at, beside, 0);
    return beside;
}

static int replace(int at, const char *folder, const char *name,
                   struct str value, struct error *error)
{
    char *beside = make_room(at, name);
    int fd = openat(at, beside,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int status = 0;

    if (fd < 0 || write_all(fd, value) < 0 ||
        renameat(at, beside, at, name) < 0 || fsync(at) < 0) {
        status = system_error(error, folder, name);
        if (fd >= 0)
            unlinkat(at, beside, 0);
    }
    if (fd >= 0)
        close(fd);
    free(beside);
    return status;
}

int store_write(const char *folder, const char *name, struct str value,
                struct error *error)
{
    char *checked = NULL;
    int status = secret_name_check(str_of(name), error);
    int at;

    if (!status)
        status = store_value(name, value, &checked, error);
    if (status || !checked)
        return status;
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        status = system_error(error, folder, NULL);
    at = status ? status : open_folder(folder, STORE_OWN, error);
    if (at >= 0) {
        status = replace(at, folder, name, str_of(checked), error);
        close(at);
    }
    explicit_bzero(checked, strlen(checked));
    free(checked);
    return at < 0 ? at : status;
}

int store_remove(const char *folder, const char *name, struct error *error)
{
    int status = secret_name_check(str_of(name), error);
    int at;

    if (status)
        return status;
    at = open_folder(folder, STORE_OWN, error);
    if (at < 0)
        return at;
    free(make_room(at, name));
    if (unlinkat(at, name, 0) < 0 || fsync(at) < 0)
        status = system_error(error, folder, name);
    close(at);
    return status;
}

/* ---- Looking ---------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct store_entry *)a)->name,
                  ((const struct store_entry *)b)->name);
}

static void add(struct store_list *list, int at, const char *name)
{
    struct stat info;

    if (!secret_name_fits(str_of(name)) ||
        fstatat(at, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    list->items =
        alloc_grown(list->items, list->len, &list->cap, sizeof *list->items);
    list->items[list->len++] = (struct store_entry){
        alloc_text(name),
        info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000};
}

int store_list(const char *folder, struct store_list *list, struct error *error)
{
    int at = open_folder(folder, STORE_OWN, error);
    struct dirent *entry;
    DIR *dir;

    if (at < 0)
        return at == ERROR_NOT_FOUND ? 0 : at;
    dir = fdopendir(at);
    if (!dir) {
        close(at);
        return system_error(error, folder, NULL);
    }
    while ((entry = readdir(dir)))
        add(list, at, entry->d_name);
    closedir(dir);
    if (list->len)
        qsort(list->items, list->len, sizeof *list->items, by_name);
    return 0;
}

void store_list_free(struct store_list *list)
{
    for (size_t i = 0; i < list->len; i++)
        free(list->items[i].name);
    free(list->items);
    *list = (struct store_list){0};
}
