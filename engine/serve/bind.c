#include "serve/bind.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int failed(const char *where, const char *what, struct error *error)
{
    return error_at(error, errno == EADDRINUSE ? ERROR_BUSY : ERROR_SYSTEM,
                    where, 0, 0, "%s: %s", what, strerror(errno));
}

static int new_socket(int family, int type, const char *where,
                      struct error *error)
{
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd < 0 ? failed(where, "no socket", error) : fd;
}

/* ---- UNIX -------------------------------------------------------------- */

/* Does nobody listen at that socket? */
static bool stale(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool refused;

    if (fd < 0)
        return false;
    refused =
        connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 &&
        errno == ECONNREFUSED;
    close(fd);
    return refused;
}

/* What is at the path goes, if it is a socket that a process left. */
static int make_room(const struct sockaddr_un *address, struct error *error)
{
    const char *path = address->sun_path;
    struct stat info;

    if (lstat(path, &info))
        return errno == ENOENT ? 0 : failed(path, "cannot be looked at", error);
    if (!S_ISSOCK(info.st_mode))
        return error_at(error, ERROR_INVALID, path, 0, 0,
                        "there is something that is no socket; move it away, "
                        "or name another path");
    if (!stale(address))
        return error_at(error, ERROR_BUSY, path, 0, 0,
                        "another process listens there");
    if (unlink(path))
        return failed(path, "the socket that was left cannot be removed",
                      error);
    return 0;
}

/* Between bind and listen nobody can connect: that is when it gets its
 * permissions. */
int bind_unix(const char *path, mode_t mode, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    int fd, err;

    if (len >= sizeof address.sun_path)
        return error_at(error, ERROR_INVALID, path, 0, 0,
                        "a socket's path has at most %zu bytes; name a "
                        "shorter one",
                        sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, len);
    err = make_room(&address, error);
    if (err)
        return err;
    fd = new_socket(AF_UNIX, SOCK_STREAM, path, error);
    if (fd < 0)
        return fd;
    if (!bind(fd, (struct sockaddr *)&address, sizeof address) &&
        !chmod(path, mode))
        return fd;
    err = failed(path, "the socket cannot be made", error);
    close(fd);
    return err;
}

/* ---- TCP and UDP
 * --------------------------------------------------------------- */

int bind_inet(int type, const struct sockaddr *address, const char *name,
              struct error *error)
{
    bool six = address->sa_family == AF_INET6;
    int fd = new_socket(address->sa_family, type, name, error), on = 1, err;

    if (fd < 0)
        return fd;
    if (type == SOCK_STREAM) /* what the last process left is not in the way */
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (six) /* what was named, and nothing else */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (!bind(fd, address,
              six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)))
        return fd;
    err = failed(name, "cannot listen", error);
    close(fd);
    return err;
}
