#include "base/crash.h"

#ifdef RIPOSTE_CRASH

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct board {
    _Atomic int32_t armed[CRASH_COUNT];
    _Atomic int32_t passed[CRASH_COUNT];
    _Atomic int32_t killed[CRASH_COUNT];
    _Atomic int32_t victim[CRASH_COUNT];
};

static struct board *board; /* NULL: nobody tests */

static void map_board(void)
{
    const char *path = getenv("RIPOSTE_CRASH");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *mapped;

    if (fd < 0)
        return;
    mapped =
        mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED)
        board = mapped;
}

void crash_here(enum crash_point point)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, map_board);
    if (!board)
        return;
    board->passed[point]++;
    if (board->armed[point] <= 0 || board->armed[point]-- != 1)
        return;
    board->victim[point] = (int32_t)getpid();
    board->killed[point]++;
    kill(getpid(), SIGKILL);
}

#else

typedef int crash_is_off; /* a file without any declaration is no C */

#endif
