#include "flow/list_edit.h"

#include "base/addr.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The temporary file's name: hidden, so no set reads what a writer that was
 * killed left; of fixed name, so the next one takes its place. */
#define NEW_FILE ".%s.txt.new"

/* One editing, with the folder locked. */
struct editing {
    const struct list_edit *edit;
    int folder; /* the descriptor of lists/, or -1 */
    struct buf old, text;
    mode_t mode; /* of the file; 0: there is none yet */
    enum list_change change;
};

static int fail(struct error *error, const struct list_edit *edit)
{
    return error_set(error, ERROR_SYSTEM, "%s/lists/%s.txt: %s", edit->site,
                     edit->list, strerror(errno));
}

/* ---- the file ---------------------------------------------------------- */

static int check_name(const char *name, struct error *error)
{
    bool well = *name && *name != '.' && strlen(name) <= 100;

    for (const char *at = name; *at; at++)
        well &= (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                (*at >= '0' && *at <= '9') || strchr("_-.", *at);
    return well ? 0
                : error_set(error, ERROR_INVALID,
                            "a list's name has letters, digits, '_', '-' and "
                            "'.', not \"%s\"",
                            name);
}

static int open_folder(struct editing *editing, struct error *error)
{
    char *path = alloc_printf("%s/lists", editing->edit->site);

    if (!editing->edit->remove)
        mkdir(path, 0755);
    editing->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(path);
    if (editing->folder < 0 && errno == ENOENT && editing->edit->remove)
        return error_set(error, ERROR_NOT_FOUND, "there is no list \"%s\"",
                         editing->edit->list);
    if (editing->folder < 0)
        return fail(error, editing->edit);
    while (flock(editing->folder, LOCK_EX))
        if (errno != EINTR)
            return fail(error, editing->edit);
    return 0;
}

static int read_all(int fd, struct buf *text)
{
    ssize_t got;

    while ((got = read(fd, buf_room(text, 65536), 65536)))
        if (got > 0 && text->len + (size_t)got <= SET_LIST_MAX)
            text->len += (size_t)got;
        else if (got > 0)
            return errno = EFBIG;
        else if (errno != EINTR)
            return errno;
    return 0;
}

static int read_old(struct editing *editing, struct error *error)
{
    const struct list_edit *edit = editing->edit;
    char *name = alloc_printf("%s.txt", edit->list);
    int fd = openat(editing->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat info;
    int err = 0;

    free(name);
    if (fd < 0 && errno == ENOENT)
        return edit->remove ? error_set(error, ERROR_NOT_FOUND,
                                        "there is no list \"%s\"", edit->list)
                            : 0;
    if (fd < 0 || fstat(fd, &info) || read_all(fd, &editing->old))
        err = fail(error, edit);
    else
        editing->mode = info.st_mode & 0755;
    if (fd >= 0)
        close(fd);
    return err;
}

static int write_all(int fd, struct str text)
{
    while (text.len) {
        ssize_t put = write(fd, text.data, text.len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        text.data += put;
        text.len -= (size_t)put;
    }
    return fsync(fd);
}

static int replace(struct editing *editing, struct error *error)
{
    const struct list_edit *edit = editing->edit;
    char *new = alloc_printf(NEW_FILE, edit->list);
    char *name = alloc_printf("%s.txt", edit->list);
    int err = 0;
    int fd;

    unlinkat(editing->folder, new, 0);
    fd = openat(editing->folder, new,
                O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fchmod(fd, editing->mode ? editing->mode : 0644) ||
        write_all(fd, buf_str(&editing->text)) ||
        renameat(editing->folder, new, editing->folder, name) ||
        fsync(editing->folder))
        err = fail(error, edit);
    if (fd >= 0)
        close(fd);
    if (err)
        unlinkat(editing->folder, new, 0);
    free(name);
    free(new);
    return err;
}

/* ---- the text ---------------------------------------------------------- */

static bool same_value(struct str a, struct str b)
{
    struct addr one, other;

    if (!addr_parse_range(a, &one) && !addr_parse_range(b, &other))
        return one.bits == other.bits &&
               !memcmp(one.bytes, other.bytes, sizeof one.bytes);
    return str_same(a, b);
}

static void write_line(const struct list_edit *edit, struct buf *line)
{
    char time[CLOCK_TEXT];

    buf_add_str(line, edit->value);
    if (edit->until) {
        clock_format(edit->until, time);
        buf_printf(line, " until=%s", time);
    }
    if (edit->reason)
        buf_printf(line, " # %s", edit->reason);
}

/* What is written has to be read back as the same. */
static int check_line(const struct list_edit *edit, struct str line,
                      struct error *error)
{
    struct list_entry entry;
    int found;

    if (memchr(line.data, '\n', line.len) || memchr(line.data, '\0', line.len))
        return error_set(error, ERROR_INVALID,
                         "a value or a reason of more than one line");
    found = lists_line(line, &entry, error);
    if (found < 0)
        return found;
    if (!found || !str_same(entry.value, edit->value) ||
        entry.until != edit->until)
        return error_set(error, ERROR_INVALID,
                         "\"%.*s\" would be read as another entry; leave out "
                         "what looks like a comment or like until=",
                         (int)edit->value.len, edit->value.data);
    return 0;
}

/* A list may hold lines that cannot be read: they are left to its next
 * loading. */
static bool is_about(const struct editing *editing, struct str line)
{
    struct list_entry entry;

    return lists_line(line, &entry, NULL) > 0 &&
           same_value(entry.value, editing->edit->value);
}

static void put_line(struct buf *text, struct str line)
{
    buf_add_str(text, line);
    buf_add_byte(text, '\n');
}

/* The new text: the first line about the value is replaced, others go. */
static void rewrite(struct editing *editing, struct str line)
{
    struct str rest = buf_str(&editing->old);
    bool placed = editing->edit->remove;

    editing->change = LIST_SAME;
    while (rest.len) {
        const char *end = memchr(rest.data, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.data) : rest.len;
        struct str old = {rest.data, len};

        rest.data += len + (end != NULL);
        rest.len -= len + (end != NULL);
        if (!is_about(editing, old)) {
            put_line(&editing->text, old);
            continue;
        }
        if (placed || !str_same(old, line))
            editing->change =
                editing->edit->remove ? LIST_REMOVED : LIST_CHANGED;
        if (!placed)
            put_line(&editing->text, line);
        placed = true;
    }
    if (placed)
        return;
    put_line(&editing->text, line);
    editing->change = LIST_ADDED;
}

/* ---- would the site take it? ------------------------------------------- */

static bool is_ours(const struct problem *problem, const char *path)
{
    return !problem->warning && !strcmp(problem->error.where, path);
}

/* Loads the site with the new list. What is wrong elsewhere keeps nobody from
 * protecting an address. */
static int try_site(struct editing *editing, struct error *error)
{
    char *path = alloc_printf("lists/%s.txt", editing->edit->list);
    struct problems problems = {0};
    struct set_files files = {0};
    struct set *set;

    set_files_load(editing->edit->site, SET_CATALOGUE | SET_ANYONES, &files,
                   &problems);
    problems_free(&problems);
    problems = (struct problems){0};
    set_files_put(&files, path, buf_str(&editing->text));
    set = set_build(editing->edit->site, &files, SET_CATALOGUE, &problems);
    for (size_t i = 0; i < problems.len && !error->code; i++)
        if (is_ours(&problems.items[i], path))
            *error = problems.items[i].error;
    set_unref(set);
    set_files_free(&files);
    problems_free(&problems);
    free(path);
    return error->code;
}

static int change(struct editing *editing, struct error *error)
{
    struct buf line = {0};
    int err = open_folder(editing, error);

    if (!err)
        err = read_old(editing, error);
    write_line(editing->edit, &line);
    if (!err)
        err = check_line(editing->edit, buf_str(&line), error);
    if (!err) {
        rewrite(editing, buf_str(&line));
        if (editing->change == LIST_ADDED || editing->change == LIST_CHANGED)
            err = try_site(editing, error);
    }
    if (!err && editing->change != LIST_SAME)
        err = replace(editing, error);
    buf_free(&line);
    return err;
}

int list_edit(const struct list_edit *edit, struct error *error)
{
    struct editing editing = {.edit = edit, .folder = -1};
    int err = check_name(edit->list, error);

    if (!err)
        err = change(&editing, error);
    if (editing.folder >= 0)
        close(editing.folder);
    buf_free(&editing.old);
    buf_free(&editing.text);
    return err ? err : (int)editing.change;
}
