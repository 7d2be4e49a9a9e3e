#include "exec/hold.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define VARIABLE "RIPOSTE_HOLD_FD"

enum {
    /* A slot's own descriptors are below it. */
    LEAST = 16,
    NUMBER_TEXT = 16,
};

/* A second descriptor of the same, handed on to what is executed. */
static int hand_on(int fd)
{
    char number[NUMBER_TEXT];
    int handed = fcntl(fd, F_DUPFD, LEAST);

    if (handed < 0)
        return ERROR_SYSTEM;
    snprintf(number, sizeof number, "%d", handed);
    return setenv(VARIABLE, number, 1) ? ERROR_SYSTEM : 0;
}

int hold_take(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code;

    if (fd < 0)
        return ERROR_SYSTEM;
    if (flock(fd, LOCK_EX | LOCK_NB))
        code = errno == EWOULDBLOCK ? ERROR_BUSY : ERROR_SYSTEM;
    else
        code = hand_on(fd);
    close(fd);
    return code;
}

int hold_inherited(void)
{
    const char *number = getenv(VARIABLE);
    char *end;
    long fd = number ? strtol(number, &end, 10) : -1;

    if (!number || *end || fd < LEAST || fd > INT16_MAX)
        fd = -1;
    unsetenv(VARIABLE);
    if (fd >= 0 && fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
        fd = -1;
    return (int)fd;
}
