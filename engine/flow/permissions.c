#include "flow/permissions.h"

#include "base/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WRITABLE = S_IWGRP | S_IWOTH, PRIVATE = S_IRWXG | S_IRWXO };

static const char *const where[] = {"file", "folder"};

int permissions_check(const struct stat *info, const char *path,
                      struct error *error)
{
    const char *what = where[S_ISDIR(info->st_mode) ? 1 : 0];
    uid_t me = geteuid();

    if (info->st_uid != 0 && info->st_uid != me)
        return error_set(error, ERROR_DENIED,
                         "this %s belongs to user %lu, who is neither root "
                         "nor user %lu, as whom riposte runs: chown %lu %s",
                         what, (unsigned long)info->st_uid, (unsigned long)me,
                         (unsigned long)me, path);
    if (info->st_mode & WRITABLE)
        return error_set(error, ERROR_DENIED,
                         "%s may write to this %s, and so decide what runs: "
                         "chmod go-w %s",
                         info->st_mode & S_IWOTH ? "everybody" : "its group",
                         what, path);
    return 0;
}

/* ---- a plugin's folder --------------------------------------------------- */

struct walk {
    const char *site;
    const char *top; /* the plugin's folder, relative to the site */
    char *real;      /* owned: its absolute path without links, and a '/' */
    struct problems *problems;
    size_t entries;
    size_t faults;
    bool over; /* PERMISSIONS_ENTRIES_MAX was passed */
};

static void fault(struct walk *walk, const char *path, struct error *error)
{
    error_place(error, path, 0);
    if (walk->faults++ < PERMISSIONS_SHOWN_MAX)
        problems_add(walk->problems, error, 0);
}

static void judge(struct walk *walk, const struct stat *info, const char *path)
{
    char *full = alloc_printf("%s/%s", walk->site, path);
    struct error error = {0};

    if (permissions_check(info, full, &error))
        fault(walk, path, &error);
    free(full);
}

static void unreadable(struct walk *walk, const char *path)
{
    struct error error = {0};

    error_set(&error, ERROR_SYSTEM, "cannot be looked at: %s", strerror(errno));
    fault(walk, path, &error);
}

/* A file elsewhere is as much of the plugin as its own, and the walk does not
 * meet its folder: whoever may write that could put another file there. In a
 * sticky one nobody takes away what is not theirs. */
static void judge_home(struct walk *walk, char *real, const char *path)
{
    struct error error = {0};
    struct stat info;
    char *slash = strrchr(real, '/');

    slash[slash == real] = '\0';
    if (stat(real, &info))
        error_set(&error, ERROR_SYSTEM, "%s: %s", real, strerror(errno));
    else if (!(info.st_mode & S_ISVTX))
        permissions_check(&info, real, &error);
    if (error.code)
        fault(walk, path, &error);
}

/* What a link leads to: a folder is not entered, so it has to be one that the
 * walk meets anyway. */
static void walk_link(struct walk *walk, int folder, const char *name,
                      const char *path)
{
    struct error error = {0};
    struct stat info;
    char *full, *real;

    if (fstatat(folder, name, &info, 0))
        return; /* it leads nowhere: nothing can be started there */
    judge(walk, &info, path);
    full = alloc_printf("%s/%s", walk->site, path);
    real = realpath(full, NULL);
    if (real && strncmp(real, walk->real, strlen(walk->real)) != 0 &&
        !S_ISDIR(info.st_mode)) {
        judge_home(walk, real, path);
    } else if (real && strncmp(real, walk->real, strlen(walk->real)) != 0) {
        error_set(&error, ERROR_DENIED,
                  "this link leads to a folder outside the plugin, %s: copy "
                  "that folder instead",
                  real);
        fault(walk, path, &error);
    }
    free(real);
    free(full);
}

static bool may_go_on(struct walk *walk, const char *path, unsigned depth)
{
    struct error error = {0};

    if (walk->over)
        return false;
    if (++walk->entries > PERMISSIONS_ENTRIES_MAX) {
        walk->over = true;
        error_set(&error, ERROR_LIMIT,
                  "a plugin's folder may hold %d files and folders, and here "
                  "are more",
                  PERMISSIONS_ENTRIES_MAX);
        fault(walk, walk->top, &error);
    } else if (depth > PERMISSIONS_DEPTH_MAX) {
        error_set(&error, ERROR_LIMIT, "folders nest deeper than %d",
                  PERMISSIONS_DEPTH_MAX);
        fault(walk, path, &error);
        return false;
    }
    return !walk->over;
}

static void walk_folder(struct walk *walk, int fd, const char *path,
                        unsigned depth);

static void walk_entry(struct walk *walk, int folder, const char *name,
                       const char *path, unsigned depth)
{
    struct stat info;
    int fd;

    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW)) {
        unreadable(walk, path);
    } else if (S_ISLNK(info.st_mode)) {
        walk_link(walk, folder, name, path);
    } else if (!S_ISDIR(info.st_mode)) {
        judge(walk, &info, path);
    } else {
        fd = openat(folder, name,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            unreadable(walk, path);
        else
            walk_folder(walk, fd, path, depth + 1);
    }
}

/* Takes the descriptor. */
static void walk_folder(struct walk *walk, int fd, const char *path,
                        unsigned depth)
{
    DIR *dir = fdopendir(fd);
    const struct dirent *entry;
    struct stat info;

    if (!dir || fstat(fd, &info)) {
        unreadable(walk, path);
    } else {
        judge(walk, &info, path);
        while ((entry = readdir(dir))) {
            char *below;

            if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
                continue;
            below = alloc_printf("%s/%s", path, entry->d_name);
            if (may_go_on(walk, below, depth + 1))
                walk_entry(walk, fd, entry->d_name, below, depth);
            free(below);
        }
    }
    if (dir)
        closedir(dir);
    else
        close(fd);
}

static void say_the_rest(struct walk *walk)
{
    struct error error = {0};

    if (walk->faults <= PERMISSIONS_SHOWN_MAX)
        return;
    error_at(&error, ERROR_DENIED, walk->top, 0, 0,
             "%zu more of its files and folders are refused; where others may "
             "write to them: chmod -R go-w %s/%s",
             walk->faults - PERMISSIONS_SHOWN_MAX, walk->site, walk->top);
    problems_add(walk->problems, &error, 0);
}

void permissions_payload(const char *site, const char *folder,
                         struct problems *problems)
{
    struct walk walk = {.site = site, .top = folder, .problems = problems};
    char *full = alloc_printf("%s/%s", site, folder);
    char *real = realpath(full, NULL);
    /* The folder itself may be a link: what it leads to is the plugin. */
    int fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || !real) {
        unreadable(&walk, folder);
        if (fd >= 0)
            close(fd);
    } else {
        walk.real = alloc_printf("%s/", real);
        walk_folder(&walk, fd, folder, 0);
        say_the_rest(&walk);
    }
    free(walk.real);
    free(real);
    free(full);
}

/* ---- the state folder ---------------------------------------------------- */

static int check_private(const struct stat *info, const char *path,
                         struct error *error)
{
    int err = permissions_check(info, path, error);

    if (!err && (info->st_mode & PRIVATE))
        err = error_set(error, ERROR_DENIED,
                        "others may read this %s of secrets: chmod go= %s",
                        where[S_ISDIR(info->st_mode) ? 1 : 0], path);
    return err;
}

/* Adds what is wrong; true where the path is there. */
static bool check_path(const char *path, struct problems *problems)
{
    struct error error = {0};
    struct stat info;

    if (stat(path, &info)) {
        if (errno == ENOENT || errno == ENOTDIR)
            return false;
        error_set(&error, ERROR_SYSTEM, "cannot be looked at: %s",
                  strerror(errno));
    } else {
        permissions_check(&info, path, &error);
    }
    if (error.code) {
        error_place(&error, path, 0);
        problems_add(problems, &error, 0);
    }
    return true;
}

/* Of another type nothing is read as a secret (exec/store.h), so that it does
 * no harm, but somebody may count on it. */
static bool check_secret(const char *path, mode_t type,
                         struct problems *problems)
{
    struct error error = {0};
    struct stat info;
    bool wrong_type = false;

    if (lstat(path, &info)) {
        if (errno == ENOENT || errno == ENOTDIR)
            return false;
        error_set(&error, ERROR_SYSTEM, "cannot be looked at: %s",
                  strerror(errno));
    } else if ((info.st_mode & S_IFMT) != type) {
        wrong_type = true;
        error_set(&error, ERROR_DENIED,
                  "no secret is read from here, because this is %s: put the %s "
                  "itself here",
                  S_ISLNK(info.st_mode)   ? "a link"
                  : S_ISDIR(info.st_mode) ? "a folder"
                                          : "something else",
                  where[S_ISDIR(type) ? 1 : 0]);
    } else {
        check_private(&info, path, &error);
    }
    if (error.code) {
        error_place(&error, path, 0);
        problems_add(problems, &error, wrong_type);
    }
    return !wrong_type;
}

static void check_secrets(const char *folder, struct problems *problems)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    if (!dir) {
        struct error error = {0};

        error_set(&error, ERROR_SYSTEM, "cannot be looked at: %s",
                  strerror(errno));
        error_place(&error, folder, 0);
        problems_add(problems, &error, 0);
        return;
    }
    while ((entry = readdir(dir))) {
        char *path = alloc_printf("%s/%s", folder, entry->d_name);

        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            check_secret(path, S_IFREG, problems);
        free(path);
    }
    closedir(dir);
}

/* The journal holds the policies of its open runs. */
static const char *const journal_files[] = {"journal.db", "journal.db-wal",
                                            "journal.db-shm"};

void permissions_state(const char *state, struct problems *problems)
{
    char *secrets = alloc_printf("%s/secrets", state);

    if (check_path(state, problems)) {
        for (size_t i = 0; i < sizeof journal_files / sizeof *journal_files;
             i++) {
            char *path = alloc_printf("%s/%s", state, journal_files[i]);

            check_path(path, problems);
            free(path);
        }
        if (check_secret(secrets, S_IFDIR, problems))
            check_secrets(secrets, problems);
    }
    free(secrets);
}
