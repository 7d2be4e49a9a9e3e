#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Whoever opened it may have made it non-blocking. */
static bool wait_for(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    return poll(&ready, 1, -1) > 0 || errno == EINTR;
}

static int read_all(int fd, const char *path, size_t max, struct buf *buf,
                    struct error *error)
{
    enum { PIECE = 64 * 1024 };
    size_t begin = buf->len;

    for (;;) {
        ssize_t got = read(fd, buf_room(buf, PIECE), PIECE);

        if (got == 0)
            return 0;
        if (got < 0 && (errno == EINTR || (errno == EAGAIN && wait_for(fd))))
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

int file_read_stdin(size_t max, struct buf *buf, struct error *error)
{
    return read_all(STDIN_FILENO, "stdin", max, buf, error);
}
