#include "model/package_inner.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- an archive, as a confined process tells it ------------------------ */

struct unpacking {
    struct place *place;
    const char *from;
    struct child child;
    bool file;     /* one is open: its bytes may come */
    int64_t mtime; /* of that one */
};

static int close_file(struct unpacking *unpacking, struct error *error)
{
    bool open = unpacking->file;

    unpacking->file = false;
    return open ? place_close(unpacking->place, unpacking->mtime, error) : 0;
}

static int open_file(struct unpacking *unpacking, const struct piece *piece,
                     const char *name, struct error *error)
{
    int status =
        place_open(unpacking->place, name, piece->kind == PIECE_PROGRAM, error);

    unpacking->file = !status;
    unpacking->mtime = piece->value;
    return status;
}

/* Its parser may be somebody else's by now: nothing that it says is trusted. */
static int nonsense(const struct unpacking *unpacking, struct error *error)
{
    return error_at(error, ERROR_INVALID, unpacking->from, 0, 0,
                    "no sound .lpi, tar or zip: what took it apart died of "
                    "it, or went astray");
}

static int take_error(const struct unpacking *unpacking,
                      const struct piece *piece, const char *text,
                      struct error *error)
{
    int code = piece->value == ERROR_LIMIT ? ERROR_LIMIT : ERROR_INVALID;

    return error_at(error, code, unpacking->from, 0, 0, "%s", text);
}

static int take_named(struct unpacking *unpacking, const struct piece *piece,
                      const char *name, struct error *error)
{
    int status;

    if (strlen(name) != piece->len)
        return nonsense(unpacking, error);
    if (piece->kind == PIECE_ERROR)
        return take_error(unpacking, piece, name, error);
    status = close_file(unpacking, error);
    if (status)
        return status;
    return piece->kind == PIECE_FOLDER
               ? place_folder(unpacking->place, name, error)
               : open_file(unpacking, piece, name, error);
}

static int take_piece(struct unpacking *unpacking, const struct piece *piece,
                      const char *bytes, struct error *error)
{
    switch (piece->kind) {
    case PIECE_FOLDER:
    case PIECE_FILE:
    case PIECE_PROGRAM:
    case PIECE_ERROR:
        return take_named(unpacking, piece, bytes, error);
    case PIECE_BYTES:
        if (unpacking->file)
            return place_write(unpacking->place,
                               (struct str){bytes, piece->len}, error);
        break;
    case PIECE_END:
        return close_file(unpacking, error);
    default:
        break;
    }
    return nonsense(unpacking, error);
}

static int take_pieces(struct unpacking *unpacking, struct error *error)
{
    char *bytes = alloc_bytes(PIECE_MAX + 1);
    struct piece piece = {.kind = PIECE_ERROR};
    int status = 0;

    while (!status && piece.kind != PIECE_END) {
        if (child_read(&unpacking->child, &piece, sizeof piece) ||
            piece.len > PIECE_MAX ||
            child_read(&unpacking->child, bytes, piece.len)) {
            status = nonsense(unpacking, error);
            break;
        }
        bytes[piece.len] = '\0';
        status = take_piece(unpacking, &piece, bytes, error);
    }
    free(bytes);
    return status;
}

static void take_apart(void *arg)
{
    archive_take(arg);
}

static int read_archive(struct place *place, const char *from, int fd,
                        uint64_t packed, struct error *error)
{
    struct archive_job job = {STDIN_FILENO, STDOUT_FILENO, form_of(fd), packed};
    struct unpacking unpacking = {.place = place, .from = from};
    int status =
        child_start(&unpacking.child, fd, take_apart, &job, from, error);

    if (status)
        return status;
    status = take_pieces(&unpacking, error);
    child_end(&unpacking.child);
    return status;
}

/* ---- a plain folder ---------------------------------------------------- */

static int copy_entry(void *arg, const struct walk_entry *entry,
                      struct error *error)
{
    struct place *place = arg;
    struct buf body = {0};
    int status;

    if (entry->folder)
        return place_folder(place, entry->name, error);
    status = walk_read(entry, &body, error);
    if (!status)
        status = place_open(place, entry->name, entry->executable, error);
    if (!status)
        status = place_write(place, buf_str(&body), error);
    if (!status)
        status = place_close(place, entry->mtime, error);
    buf_free(&body);
    return status;
}

static int check_file(const char *from, const struct stat *info,
                      struct error *error)
{
    if (!S_ISREG(info->st_mode))
        return error_at(error, ERROR_INVALID, from, 0, 0,
                        "neither a file nor a folder");
    if (info->st_size > PACKAGE_PACKED_MAX)
        return error_at(error, ERROR_LIMIT, from, 0, 0,
                        "the package has more than %d MiB",
                        PACKAGE_PACKED_MAX >> 20);
    return 0;
}

static int fill(struct place *place, const char *from, int fd,
                const struct stat *info, struct error *error)
{
    int status =
        S_ISDIR(info->st_mode)
            ? walk_folder(from, "", copy_entry, place, error)
            : read_archive(place, from, fd, (uint64_t)info->st_size, error);

    return status ? status : place_lift(place, error);
}

int package_unpack(const char *from, const char *folder, struct error *error)
{
    int fd = open(from, O_RDONLY | O_NONBLOCK | O_CLOEXEC), status = 0;
    struct place *place = NULL;
    struct stat info = {0};

    if (fd < 0 || fstat(fd, &info))
        status =
            error_at(error, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM,
                     from, 0, 0, "%s", strerror(errno));
    else if (!S_ISDIR(info.st_mode))
        status = check_file(from, &info, error);
    if (!status)
        place = place_new(folder, from, error);
    if (!status && !place)
        status = ERROR_SYSTEM;
    if (place)
        status = place_end(place, fill(place, from, fd, &info, error), error);
    if (fd >= 0)
        close(fd);
    return status;
}
