#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int read_all(int fd, const char *path, size_t max, struct buf *buf,
                    struct error *error)
{
    enum { PIECE = 64 * 1024 };
    size_t begin = buf->len;

    for (;;) {
        ssize_t got = read(fd, buf_room(buf, PIECE), PIECE);

        if (got == 0)
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_at(error, ERROR_SYSTEM, path, 0, 0, "%s",
                            strerror(errno));
        buf->len += (size_t)got;
        if (buf->len - begin > max)
            return error_at(error, ERROR_LIMIT, path, 0, 0,
                            "it is over %zu bytes", max);
    }
}

int file_read(const char *path, size_t max, struct buf *buf,
              struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int status;

    if (fd < 0)
        return error_at(error, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM,
                        path, 0, 0, "%s", strerror(errno));
    status = read_all(fd, path, max, buf, error);
    close(fd);
    return status;
}
