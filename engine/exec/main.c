#include "base/log.h"
#include "base/secret.h"
#include "base/version.h"
#include "exec/executor.h"
#include "exec/slot.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* `riposte doctor` looks for this in the file. */
static const char version[] = "riposte-exec " RIPOSTE_VERSION;

/* Descriptors 0 to 2 are handed down; where one is closed, the next file to be
 * opened would be taken for it. */
static int open_standard(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0)
            return -1;
    } while (fd <= STDERR_FILENO);
    return close(fd);
}

int main(int argc, char **argv)
{
    if (secret_close_up() < 0) {
        log_line("cannot keep this process from leaving core files");
        return 70;
    }
    if (argc == 2 && strcmp(argv[1], "--slot") == 0)
        return slot_run();
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts(version) < 0;
    if (argc < 3 ||
        (strcmp(argv[1], "run") != 0 && strcmp(argv[1], "serve") != 0)) {
        log_line("usage: riposte-exec run|serve PROGRAM [ARGUMENT…]; riposte "
                 "starts it by itself");
        return 2;
    }
    if (open_standard() < 0) {
        log_line("cannot open /dev/null");
        return 70;
    }
    return executor_run(strcmp(argv[1], "serve") == 0, argv + 2);
}
