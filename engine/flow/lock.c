#include "flow/lock.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum {
    PID_TEXT = 24,
    /* Between its flock and its write a holder has no pid in the file. */
    PID_TRIES = 50,
    PID_WAIT_MS = 10,
};

static int64_t read_pid(int fd)
{
    char text[PID_TEXT];
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    int64_t pid = 0;

    for (ssize_t i = 0; i < got && text[i] >= '0' && text[i] <= '9'; i++)
        pid = pid * 10 + (text[i] - '0');
    return got > 0 && text[got - 1] == '\n' ? pid : 0;
}

static int64_t wait_for_pid(int fd)
{
    const struct timespec pause = {.tv_nsec = PID_WAIT_MS * 1000000L};

    for (int i = 0; i < PID_TRIES; i++) {
        int64_t pid = read_pid(fd);

        if (pid)
            return pid;
        nanosleep(&pause, NULL);
    }
    return 0;
}

static int open_lock(const char *state, int flags)
{
    char *path = alloc_printf("%s/lock", state);
    int fd = open(path, flags | O_CLOEXEC, 0600);
    int err = errno;

    free(path);
    errno = err;
    return fd;
}

int lock_take(const char *state, struct error *error)
{
    int fd = open_lock(state, O_RDWR | O_CREAT);
    char text[PID_TEXT];
    int len;

    if (fd < 0)
        return error_at(error, ERROR_SYSTEM, state, 0, 0,
                        "the lock cannot be opened: %s", strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        error_at(error, ERROR_BUSY, state, 0, 0,
                 "in use by process %" PRId64 "; wait for its end, or stop it",
                 wait_for_pid(fd));
        close(fd);
        return ERROR_BUSY;
    }
    len = snprintf(text, sizeof text, "%" PRId64 "\n", (int64_t)getpid());
    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)len, 0) != len) {
        error_at(error, ERROR_SYSTEM, state, 0, 0,
                 "the lock cannot be written: %s", strerror(errno));
        close(fd);
        return ERROR_SYSTEM;
    }
    return fd;
}

/* The file stays: to remove it could remove another's. */
void lock_release(int fd)
{
    if (fd >= 0)
        close(fd);
}

int64_t lock_holder(const char *state)
{
    int fd = open_lock(state, O_RDONLY);
    int64_t pid = 0;

    if (fd < 0)
        return 0;
    if (flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK)
        pid = wait_for_pid(fd);
    close(fd);
    return pid;
}
