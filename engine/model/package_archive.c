#include "model/package_inner.h"

#include "base/alloc.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One archive under way. Whatever is wrong goes out as a piece, once. */
struct reading {
    const struct archive_job *job;
    struct archive *archive; /* owned */
    struct stream *stream;   /* owned */
    uint64_t bytes;          /* of files, said so far */
};

/* ---- saying ------------------------------------------------------------ */

/* Whoever listens went away: there is nobody to tell. */
static void put(const struct reading *reading, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len) {
        ssize_t done = write(reading->job->out, at, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            _exit(1);
        at += done;
        len -= (size_t)done;
    }
}

static void say(const struct reading *reading, enum piece_kind kind,
                int64_t value, struct str bytes)
{
    struct piece piece = {kind, (uint32_t)bytes.len, value};

    put(reading, &piece, sizeof piece);
    put(reading, bytes.data, bytes.len);
}

/* What is too long to be a name is cut, and still too long. */
static void say_name(const struct reading *reading, enum piece_kind kind,
                     int64_t value, const char *name)
{
    struct str bytes = str_of(name);

    if (bytes.len > PIECE_MAX)
        bytes.len = PIECE_MAX;
    say(reading, kind, value, bytes);
}

static void say_error(const struct reading *reading, const struct error *error)
{
    say(reading, PIECE_ERROR, error->code, str_of(error->text));
}

/* ---- what is wrong ----------------------------------------------------- */

static int archive_failed(const struct reading *reading, struct error *error)
{
    const char *why = archive_error_string(reading->archive);

    return error_set(error, ERROR_INVALID, "no sound .lpi, tar or zip: %s",
                     why ? why : "unreadable");
}

/* What came out of it, by either count: members, or the tar as a whole. */
static int check_ratio(const struct reading *reading, struct error *error)
{
    uint64_t out = reading->bytes;

    if (stream_total(reading->stream) > out)
        out = stream_total(reading->stream);
    if (out > PACKAGE_RATIO_FROM &&
        out / PACKAGE_RATIO_MAX > reading->job->packed)
        return error_set(error, ERROR_LIMIT,
                         "it unpacks to more than %d times its size",
                         PACKAGE_RATIO_MAX);
    return 0;
}

static int refuse_kind(const char *name, const char *kind, struct error *error)
{
    return error_set(error, ERROR_INVALID,
                     "\"%s\" is a %s; a package holds only files and folders",
                     name, kind);
}

static int check_kind(struct archive_entry *entry, const char *name,
                      struct error *error)
{
    if (archive_entry_hardlink(entry))
        return refuse_kind(name, "hard link", error);
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
    case AE_IFDIR:
        return 0;
    case AE_IFLNK:
        return refuse_kind(name, "link", error);
    case AE_IFIFO:
        return refuse_kind(name, "pipe", error);
    case AE_IFSOCK:
        return refuse_kind(name, "socket", error);
    default:
        return refuse_kind(name, "device", error);
    }
}

/* ---- members ----------------------------------------------------------- */

static int read_body(struct reading *reading, struct error *error)
{
    char *piece = alloc_bytes(PIECE_MAX);
    int status = 0;
    la_ssize_t got = 1;

    while (!status && got > 0) {
        got = archive_read_data(reading->archive, piece, PIECE_MAX);
        if (got < 0)
            status = archive_failed(reading, error);
        else if (got > 0)
            say(reading, PIECE_BYTES, 0, (struct str){piece, (size_t)got});
        reading->bytes += got > 0 ? (uint64_t)got : 0;
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

static int read_file(struct reading *reading, struct archive_entry *entry,
                     const char *name, struct error *error)
{
    bool executable = (archive_entry_perm(entry) & 0111) != 0;

    say_name(reading, executable ? PIECE_PROGRAM : PIECE_FILE, mtime_of(entry),
             name);
    return read_body(reading, error);
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

static int read_entry(struct reading *reading, struct archive_entry *entry,
                      struct error *error)
{
    const char *given = archive_entry_pathname(entry);
    bool folder = archive_entry_filetype(entry) == AE_IFDIR;
    char *name;
    int status;

    if (!given)
        return error_set(error, ERROR_INVALID,
                         "a member has no name, or one that is not UTF-8");
    name = plain_name(given);
    status = check_kind(entry, name, error);
    if (!status && !folder)
        status = read_file(reading, entry, name, error);
    else if (!status && *name && strcmp(name, ".") != 0)
        say_name(reading, PIECE_FOLDER, 0, name); /* else the top itself */
    free(name);
    return status ? status : check_ratio(reading, error);
}

/* A tar ends with zeros, and so does everything behind: what another reader
 * would take for more members is not passed over here. */
static int check_rest(struct reading *reading, struct error *error)
{
    uint64_t end = (uint64_t)archive_filter_bytes(reading->archive, 0);
    const void *bytes;
    ssize_t got = 1;
    int status = 0;

    if (reading->job->form == FORM_ZIP)
        return 0;
    while (!status && got > 0) {
        got = stream_read(reading->stream, &bytes, error);
        status = got < 0 ? (int)got : check_ratio(reading, error);
    }
    if (!status && stream_filled(reading->stream) > end)
        status = error_set(error, ERROR_INVALID,
                           "something is behind the end of its tar");
    return status;
}

static int read_entries(struct reading *reading, struct error *error)
{
    struct archive_entry *entry;
    int status = 0;

    while (!status) {
        int got = archive_read_next_header(reading->archive, &entry);

        if (got == ARCHIVE_EOF)
            return check_rest(reading, error);
        /* A warning says that something is not as it was meant. */
        status = got == ARCHIVE_OK ? read_entry(reading, entry, error)
                                   : archive_failed(reading, error);
    }
    return status;
}

/* ---- what libarchive calls --------------------------------------------- */

static la_ssize_t on_read(struct archive *archive, void *arg,
                          const void **bytes)
{
    struct reading *reading = arg;
    struct error error;
    ssize_t got = stream_read(reading->stream, bytes, &error);

    if (got < 0)
        archive_set_error(archive, EINVAL, "%s", error.text);
    return got < 0 ? ARCHIVE_FATAL : got;
}

static la_int64_t on_seek(struct archive *archive, void *arg, la_int64_t offset,
                          int whence)
{
    struct reading *reading = arg;
    int64_t at = stream_seek(reading->stream, offset, whence);

    (void)archive;
    return at < 0 ? ARCHIVE_FATAL : at;
}

static int open_archive(struct reading *reading)
{
    struct archive *archive = reading->archive;

    if (reading->job->form == FORM_ZIP) {
        /* By its directory, as everybody reads one; a zip without is cut. */
        archive_read_support_format_zip_seekable(archive);
        archive_read_set_seek_callback(archive, on_seek);
    } else {
        archive_read_support_format_tar(archive);
    }
    archive_read_set_read_callback(archive, on_read);
    archive_read_set_callback_data(archive, reading);
    return archive_read_open1(archive);
}

void archive_take(const struct archive_job *job)
{
    struct reading reading = {job, archive_read_new(),
                              stream_new(job->fd, job->form), 0};
    struct error error;
    int status;

    if (!reading.archive)
        abort(); /* out of memory, inside libarchive */
    if (open_archive(&reading) == ARCHIVE_OK)
        status = read_entries(&reading, &error);
    else
        status = archive_failed(&reading, &error);
    if (status)
        say_error(&reading, &error);
    else
        say(&reading, PIECE_END, 0, str_of(""));
    archive_read_free(reading.archive);
    stream_free(reading.stream);
}

int package_library(const char **version, struct error *error)
{
    (void)error;
    *version = archive_version_string() + strlen("libarchive ");
    return 0;
}
