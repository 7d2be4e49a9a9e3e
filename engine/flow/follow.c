#include "flow/follow.h"

#include "base/alloc.h"
#include "flow/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MARK_BYTES = 1024 * 1024, /* of lines that are no alarms: so many are read
                                 again at most, which takes no time */
};

/* A file that was read, or is. */
struct known {
    struct identity is;
    uint64_t offset;
    unsigned line;
    uint64_t marked; /* the offset that the journal has */
    char digest[HASH_HEX];
    char *chosen; /* owned; "": none */
    bool seen;    /* in the folder, the last time */
};

struct follow {
    struct flow *flow;
    char *path, *source; /* owned */
    char *folder;        /* owned: that the path is in */
    const char *name;    /* the path's last part */
    struct known *known; /* owned */
    size_t len, cap;
    struct identity current;
    int next; /* opened, and not given out yet; or -1 */
    struct identity next_is;
    int previous; /* that was left last: it may get late lines; or -1 */
    struct identity previous_is, left_is;
    bool waited; /* for the end of the current one's last line */
    bool look;   /* for others, although the current one is in place */
};

static struct known *find(const struct follow *follow, struct identity is)
{
    for (size_t i = 0; i < follow->len; i++)
        if (identity_same(follow->known[i].is, is))
            return &follow->known[i];
    return NULL;
}

static struct known *know(struct follow *follow, struct identity is,
                          uint64_t offset)
{
    follow->known = alloc_grown(follow->known, follow->len, &follow->cap,
                                sizeof *follow->known);
    follow->known[follow->len] = (struct known){
        .is = is, .offset = offset, .line = 1, .chosen = alloc_text("")};
    return &follow->known[follow->len++];
}

/* ---- what the journal knows --------------------------------------------- */

static void write_mark(struct follow *follow, struct known *known, bool gone)
{
    flow_mark(follow->flow, &(struct journal_position){
                                .path = follow->path,
                                .source = follow->source,
                                .inode = known->is.inode,
                                .born = known->is.born,
                                .offset = gone ? -1 : (int64_t)known->offset,
                                .line = known->line,
                                .digest = known->digest,
                                .chosen = known->chosen,
                            });
    known->marked = known->offset;
}

void follow_mark(struct follow *follow, uint64_t offset, unsigned line,
                 const char *digest, const char *chosen, bool lazily)
{
    struct known *known = find(follow, follow->current);

    known->offset = offset;
    known->line = line;
    memcpy(known->digest, digest, strlen(digest) + 1);
    if (strcmp(known->chosen, chosen) != 0) {
        free(known->chosen);
        known->chosen = alloc_text(chosen);
    }
    if (!lazily || offset - known->marked >= MARK_BYTES)
        write_mark(follow, known, false);
}

static void drop(struct follow *follow, size_t i)
{
    struct known *known = &follow->known[i];

    write_mark(follow, known, true);
    free(known->chosen);
    follow->len--;
    memmove(known, known + 1, (follow->len - i) * sizeof *known);
}

/* Files that are gone: another one may have their inode some day. */
static void forget_gone(struct follow *follow, const struct files *files)
{
    for (size_t i = 0; i < files->len; i++) {
        struct known *known = find(follow, files->items[i].is);

        if (known)
            known->seen = true;
    }
    for (size_t i = follow->len; i--;) {
        struct known *known = &follow->known[i];
        bool keep = known->seen || identity_same(known->is, follow->current) ||
                    (follow->previous >= 0 &&
                     identity_same(known->is, follow->previous_is));

        known->seen = false;
        if (!keep)
            drop(follow, i);
    }
}

static void load(struct follow *follow)
{
    const struct positions *positions = flow_positions(follow->flow);

    for (size_t i = 0; i < positions->len; i++) {
        const struct journal_position *row = &positions->items[i];
        struct known *known;

        if (strcmp(row->path, follow->path) != 0 ||
            strcmp(row->source, follow->source) != 0 ||
            strlen(row->digest) >= sizeof known->digest)
            continue;
        known = know(follow, (struct identity){row->inode, row->born},
                     (uint64_t)row->offset);
        known->marked = known->offset;
        known->line = (unsigned)row->line;
        memcpy(known->digest, row->digest, strlen(row->digest) + 1);
        free(known->chosen);
        known->chosen = alloc_text(row->chosen);
    }
}

/* ---- which one --------------------------------------------------------- */

/* Has the file bytes that were not read? */
static bool unread(const struct follow *follow, const struct file *file)
{
    const struct known *known = find(follow, file->is);

    if (identity_same(file->is, follow->current))
        return false;
    return !known || file->size > known->offset || file->in_place;
}

/* It may be another one than was found: whichever it is, it is the next. */
static bool open_next(struct follow *follow, const struct file *found)
{
    int fd = file_open(found);
    struct file opened;

    if (fd < 0)
        return false;
    if (!file_look_open(fd, &opened) ||
        identity_same(opened.is, follow->current)) {
        close(fd);
        return false;
    }
    follow->next = fd;
    follow->next_is = opened.is;
    return true;
}

/* The oldest file that is not read to its end. */
static bool pick(struct follow *follow)
{
    struct files files = files_scan(follow->folder, follow->name);
    bool picked = false;

    forget_gone(follow, &files);
    for (size_t i = 0; i < files.len && !picked; i++)
        if (unread(follow, &files.items[i]))
            picked = open_next(follow, &files.items[i]);
    files_free(&files);
    return picked;
}

/* The file before has late lines: it is read on, then the others. */
static bool previous_grew(struct follow *follow)
{
    const struct known *known;
    struct file now;

    if (follow->previous < 0 || !file_look_open(follow->previous, &now))
        return false;
    known = find(follow, follow->previous_is);
    if (!known || now.size <= known->offset)
        return false;
    follow->next = follow->previous;
    follow->next_is = follow->previous_is;
    follow->previous = -1;
    follow->look = true;
    return true;
}

enum follow_turn follow_turn(struct follow *follow, bool partial)
{
    struct file there;
    bool in_place = file_look(follow->path, &there) &&
                    identity_same(there.is, follow->current);

    if (in_place && previous_grew(follow))
        return FOLLOW_ASIDE;
    if (in_place && !follow->look)
        return FOLLOW_STAY;
    if (!in_place && partial && !follow->waited) {
        follow->waited = true; /* whoever wrote it may be about to go on */
        return FOLLOW_STAY;
    }
    follow->look = false;
    if (!pick(follow))
        return FOLLOW_STAY;
    return in_place ? FOLLOW_ASIDE : FOLLOW_LEAVE;
}

static void begin(struct follow *follow, struct follow_file *file)
{
    struct known *known = find(follow, follow->next_is);

    if (!known) {
        known = know(follow, follow->next_is, 0);
        write_mark(follow, known, false);
    }
    follow->current = follow->next_is;
    follow->waited = false;
    *file = (struct follow_file){
        .fd = follow->next,
        .offset = known->offset,
        .line = known->line,
        .digest = known->digest,
        .chosen = known->chosen,
    };
    follow->next = -1;
}

void follow_switch(struct follow *follow, enum follow_turn turn, uint64_t end,
                   struct follow_file *file)
{
    struct known *known = find(follow, follow->current);

    if (turn == FOLLOW_LEAVE) {
        known->offset = end;
        write_mark(follow, known, false);
        follow->left_is = follow->current;
    }
    begin(follow, file);
}

void follow_left(struct follow *follow, enum follow_turn turn, int fd)
{
    if (turn == FOLLOW_LEAVE) {
        if (follow->previous >= 0)
            close(follow->previous);
        follow->previous = fd;
        follow->previous_is = follow->left_is;
    } else {
        close(fd);
    }
}

void follow_cut(struct follow *follow)
{
    struct known *known = find(follow, follow->current);

    known->offset = 0;
    known->line = 1;
    known->digest[0] = '\0';
    write_mark(follow, known, false);
    follow->look = true;
}

/* ---- its life ---------------------------------------------------------- */

/* What lies there is not ours to read: it was renamed before anybody
 * followed. */
static void pass_over(struct follow *follow)
{
    struct files files = files_scan(follow->folder, follow->name);

    for (size_t i = 0; i < files.len; i++)
        if (!files.items[i].in_place)
            write_mark(follow,
                       know(follow, files.items[i].is, files.items[i].size),
                       false);
    files_free(&files);
}

/* Everything is read, and the file in place is to come yet: the last one is
 * watched until it does. */
static bool pick_last(struct follow *follow)
{
    struct files files = files_scan(follow->folder, follow->name);
    bool picked = follow->len && files.len &&
                  open_next(follow, &files.items[files.len - 1]);

    files_free(&files);
    return picked;
}

int follow_open(struct follow **follow, struct flow *flow, const char *path,
                const char *source, struct follow_file *file,
                struct error *error)
{
    struct follow *new = ALLOC(struct follow);
    const char *slash = strrchr(path, '/');

    new->flow = flow;
    new->path = alloc_text(path);
    new->source = alloc_text(source);
    new->folder =
        slash ? alloc_copy(path, (size_t)(slash - path) + 1) : alloc_text(".");
    new->name = slash ? new->path + (slash - path) + 1 : new->path;
    new->previous = new->next = -1;
    load(new);
    if (!new->len)
        pass_over(new);
    if (pick(new) || pick_last(new)) {
        begin(new, file);
        *follow = new;
        return 0;
    }
    if (access(path, R_OK))
        error_at(error, ERROR_SYSTEM, path, 0, 0, "%s", strerror(errno));
    else
        error_at(error, ERROR_SYSTEM, path, 0, 0, "the file cannot be read");
    follow_close(new);
    return error->code;
}

void follow_close(struct follow *follow)
{
    if (!follow)
        return;
    if (follow->previous >= 0)
        close(follow->previous);
    if (follow->next >= 0)
        close(follow->next);
    for (size_t i = 0; i < follow->len; i++)
        free(follow->known[i].chosen);
    free(follow->known);
    free(follow->path);
    free(follow->source);
    free(follow->folder);
    free(follow);
}
