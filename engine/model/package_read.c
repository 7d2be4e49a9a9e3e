#include "model/package_inner.h"

#include "base/alloc.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One archive under way. */
struct reading {
    struct archive *archive; /* owned */
    struct place *place;
    const char *from;
    uint64_t packed; /* the file's bytes */
};

static int archive_failed(const struct reading *reading, struct error *error)
{
    const char *why = archive_error_string(reading->archive);

    return error_at(error, ERROR_INVALID, reading->from, 0, 0,
                    "no sound .lpi, tar or zip: %s", why ? why : "unreadable");
}

/* What came out of it, by either count: members, or the tar as a whole. */
static int check_ratio(const struct reading *reading, struct error *error)
{
    uint64_t out = place_bytes(reading->place);
    int64_t tar = archive_filter_bytes(reading->archive, 0);

    if (tar > 0 && (uint64_t)tar > out)
        out = (uint64_t)tar;
    if (out > PACKAGE_RATIO_FROM && out / PACKAGE_RATIO_MAX > reading->packed)
        return error_at(error, ERROR_LIMIT, reading->from, 0, 0,
                        "it unpacks to more than %d times its size",
                        PACKAGE_RATIO_MAX);
    return 0;
}

static int refuse_kind(const struct reading *reading, const char *name,
                       const char *kind, struct error *error)
{
    return error_at(error, ERROR_INVALID, reading->from, 0, 0,
                    "\"%s\" is a %s; a package holds only files and folders",
                    name, kind);
}

static int check_kind(const struct reading *reading,
                      struct archive_entry *entry, const char *name,
                      struct error *error)
{
    if (archive_entry_hardlink(entry))
        return refuse_kind(reading, name, "hard link", error);
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
    case AE_IFDIR:
        return 0;
    case AE_IFLNK:
        return refuse_kind(reading, name, "link", error);
    case AE_IFIFO:
        return refuse_kind(reading, name, "pipe", error);
    case AE_IFSOCK:
        return refuse_kind(reading, name, "socket", error);
    default:
        return refuse_kind(reading, name, "device", error);
    }
}

static int read_body(const struct reading *reading, struct error *error)
{
    enum { PIECE = 64 * 1024 };
    char *piece = alloc_bytes(PIECE);
    int status = 0;
    la_ssize_t got = 1;

    while (!status && got > 0) {
        got = archive_read_data(reading->archive, piece, PIECE);
        if (got < 0)
            status = archive_failed(reading, error);
        else if (got > 0)
            status = place_write(reading->place,
                                 (struct str){piece, (size_t)got}, error);
        if (!status)
            status = check_ratio(reading, error);
    }
    free(piece);
    return status;
}

/* A time that a file may have, or negative. */
static int64_t mtime_of(struct archive_entry *entry)
{
    /* 1980 is the first year of a zip; past 2100 somebody is joking. */
    static const int64_t first = 315532800, last = 4102444800;
    int64_t mtime =
        archive_entry_mtime_is_set(entry) ? archive_entry_mtime(entry) : -1;

    return mtime < first || mtime > last ? -1 : mtime;
}

static int read_file(const struct reading *reading, struct archive_entry *entry,
                     const char *name, struct error *error)
{
    bool executable = (archive_entry_perm(entry) & 0111) != 0;
    int status = place_open(reading->place, name, executable, error);

    if (!status)
        status = read_body(reading, error);
    return status ? status
                  : place_close(reading->place, mtime_of(entry), error);
}

/* Without the "./" that tar writes, and a folder's last slash. */
static char *plain_name(const char *name)
{
    size_t len;

    while (name[0] == '.' && name[1] == '/')
        name += 2;
    len = strlen(name);
    if (len > 1 && name[len - 1] == '/')
        len--;
    return alloc_copy(name, len);
}

static int read_entry(const struct reading *reading,
                      struct archive_entry *entry, struct error *error)
{
    const char *given = archive_entry_pathname(entry);
    bool folder = archive_entry_filetype(entry) == AE_IFDIR;
    char *name;
    int status;

    if (!given)
        return error_at(error, ERROR_INVALID, reading->from, 0, 0,
                        "a member has no name, or one that is not UTF-8");
    name = plain_name(given);
    status = check_kind(reading, entry, name, error);
    if (status)
        ;
    else if (folder && (!*name || !strcmp(name, ".")))
        status = 0; /* the folder itself */
    else if (folder)
        status = place_folder(reading->place, name, error);
    else
        status = read_file(reading, entry, name, error);
    free(name);
    return status ? status : check_ratio(reading, error);
}

static int read_entries(const struct reading *reading, struct error *error)
{
    struct archive_entry *entry;
    int status = 0;

    while (!status) {
        int got = archive_read_next_header(reading->archive, &entry);

        if (got == ARCHIVE_EOF)
            return 0;
        /* A warning says that something is not as it was meant. */
        status = got == ARCHIVE_OK ? read_entry(reading, entry, error)
                                   : archive_failed(reading, error);
    }
    return status;
}

static int read_archive(struct place *place, const char *from, int fd,
                        uint64_t packed, struct error *error)
{
    enum { BLOCK = 64 * 1024 };
    struct reading reading = {archive_read_new(), place, from, packed};
    int status;

    if (!reading.archive)
        abort(); /* out of memory, inside libarchive */
    archive_read_support_filter_gzip(reading.archive);
    archive_read_support_format_tar(reading.archive);
    /* By its directory, as everybody reads one; a zip without is cut. */
    archive_read_support_format_zip_seekable(reading.archive);
    if (archive_read_open_fd(reading.archive, fd, BLOCK) == ARCHIVE_OK)
        status = read_entries(&reading, error);
    else
        status = archive_failed(&reading, error);
    archive_read_free(reading.archive);
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
    if (place && S_ISDIR(info.st_mode))
        status = walk_folder(from, "", copy_entry, place, error);
    else if (place)
        status = read_archive(place, from, fd, (uint64_t)info.st_size, error);
    if (place)
        status = place_end(place, status, error);
    if (fd >= 0)
        close(fd);
    return status;
}
