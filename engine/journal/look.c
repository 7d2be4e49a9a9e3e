#include "journal/schema.h"

#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the header of a SQLite file has what (sqlite.org/fileformat.html,
 * section 1.3); numbers are big-endian. */
enum {
    HEADER_SIZE = 100,
    HEADER_SCHEMA = 60, /* user_version */
    HEADER_APPLICATION = 68,
};

static const char magic[16] = "SQLite format 3";

int journal_library(const char **version, struct error *error)
{
    *version = sqlite3_libversion();
    if (!sqlite3_threadsafe())
        return error_set(error, ERROR_SYSTEM,
                         "built without threads: the journal's writer is one");
    if (sqlite3_compileoption_used("OMIT_WAL"))
        return error_set(error, ERROR_SYSTEM,
                         "built without the write-ahead log");
    return 0;
}

static long long number(const unsigned char *at)
{
    return (long long)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static int judge(const unsigned char *header, const char *path,
                 struct error *error)
{
    long long schema = number(header + HEADER_SCHEMA);

    if (memcmp(header, magic, sizeof magic) != 0)
        return error_at(error, ERROR_INVALID, path, 0, 0,
                        "this is no SQLite database; restore the journal from "
                        "a backup");
    return schema_known(path, number(header + HEADER_APPLICATION), schema,
                        error);
}

/* Through SQLite a file could not be looked at without locks, which an engine
 * that starts just then would run into. */
int journal_look(const char *path, int64_t *size, struct error *error)
{
    unsigned char header[HEADER_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat info = {0};
    ssize_t got = -1;
    int saved;

    if (fd >= 0 && !fstat(fd, &info))
        got = pread(fd, header, sizeof header, 0);
    saved = errno;
    if (fd >= 0)
        close(fd);
    *size = info.st_size;
    if (got < 0)
        return error_at(error,
                        saved == ENOENT || saved == ENOTDIR ? ERROR_NOT_FOUND
                                                            : ERROR_SYSTEM,
                        path, 0, 0, "cannot be read: %s", strerror(saved));
    /* Before its first commit is checkpointed, the file may be empty. */
    if (!got)
        return 0;
    if (got < HEADER_SIZE)
        memset(header, 0, sizeof header);
    return judge(header, path, error);
}
