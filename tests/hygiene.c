/* Linked into every unit test, and into the programs that sanitizers build: a
 * process that ends leaves no descriptor open and no child behind. What it had
 * from its parent is its parent's. */

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* libuv keeps one pipe a process until then. */
void uv_library_shutdown(void) __attribute__((weak));

enum { EXIT_LEFT = 99, DESCRIPTORS = 4096 };

static bool inherited[DESCRIPTORS];
static pid_t self;

__attribute__((constructor)) static void look(void)
{
    self = getpid();
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        inherited[fd] = fcntl(fd, F_GETFD) >= 0;
}

static int count_descriptors(void)
{
    int left = 0;

    /* Whoever starts without the standard ones opens them and keeps them. */
    for (int fd = STDERR_FILENO + 1; fd < DESCRIPTORS; fd++) {
        char link[32], target[256] = "";

        if (inherited[fd] || fcntl(fd, F_GETFD) < 0)
            continue;
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        if (readlink(link, target, sizeof target - 1) < 0)
            continue;
        fprintf(stderr, "hygiene: descriptor %d is left open: %s\n", fd,
                target);
        left++;
    }
    return left;
}

static int count_children(void)
{
    siginfo_t child = {0};

    if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) < 0)
        return 0; /* ECHILD */
    fprintf(stderr, "hygiene: a child is left, %s\n",
            child.si_pid ? "a zombie" : "alive");
    return 1;
}

/* Not in a fork, which ends with what its parent has. */
__attribute__((destructor)) static void judge(void)
{
    if (getpid() != self)
        return;
    if (uv_library_shutdown)
        uv_library_shutdown();
    if (count_descriptors() + count_children() == 0)
        return;
    fflush(NULL);
    _exit(EXIT_LEFT);
}
