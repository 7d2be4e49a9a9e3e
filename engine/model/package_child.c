#include "model/package_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The sanitizer maps terabytes, and what it finds must be seen. */
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/* Calls have other numbers elsewhere. 0: nobody has looked them up yet. */
#if defined __x86_64__
enum { MACHINE = (int)AUDIT_ARCH_X86_64 };
#elif defined __aarch64__
enum { MACHINE = (int)AUDIT_ARCH_AARCH64 };
#else
enum { MACHINE = 0 };
#endif

/* Read, say, have memory, end. Any other call fails, as if forbidden. */
static const unsigned allowed[] = {
#ifdef __SANITIZE_ADDRESS__
    __NR_sigaltstack, /* which it asks before each end of a process */
#endif
    __NR_read,        __NR_write, __NR_lseek,   __NR_mmap, __NR_munmap,
    __NR_mremap,      __NR_brk,   __NR_madvise, __NR_exit, __NR_exit_group};
enum { ALLOWED = sizeof allowed / sizeof *allowed };

static int forbid_calls(void)
{
    struct sock_filter filter[4 + 2 * ALLOWED + 1] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)MACHINE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    struct sock_filter *next = filter + 4;

    for (size_t i = 0; i < ALLOWED; i++) {
        *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                               allowed[i], 0, 1);
        *next++ =
            (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    *next = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
                                         SECCOMP_RET_ERRNO | EPERM);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    return MACHINE ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) : -1;
}

static int limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit both = {most, most};

    return setrlimit(resource, &both);
}

static int confine(void)
{
    if (limit(RLIMIT_CORE, 0) || limit(RLIMIT_FSIZE, 0) ||
        limit(RLIMIT_CPU, CHILD_CPU_MAX) || limit(RLIMIT_NOFILE, 0))
        return -1;
    if (!SANITIZED && limit(RLIMIT_DATA, CHILD_MEMORY_MAX))
        return -1;
    return forbid_calls();
}

/* in and out become 0 and 1, and everything else is closed. */
static int keep_two(int in, int out)
{
    int high_in = fcntl(in, F_DUPFD, 3), high_out = fcntl(out, F_DUPFD, 3);

    if (high_in < 0 || high_out < 0 || dup2(high_in, STDIN_FILENO) < 0 ||
        dup2(high_out, STDOUT_FILENO) < 0)
        return -1;
    return close_range(SANITIZED ? 3 : 2, ~0U, 0);
}

enum { READY = 'r' };

/* Never returns. */
static void live(int in, int out, void (*run)(void *arg), void *arg)
{
    static const char ready = READY;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || keep_two(in, out) || confine() ||
        write(STDOUT_FILENO, &ready, 1) != 1)
        _exit(1);
    run(arg);
    _exit(0);
}

static int not_confined(struct child *child, const char *from,
                        struct error *error)
{
    child_end(child);
    return error_at(error, ERROR_SYSTEM, from, 0, 0,
                    "this system does not let a process be confined "
                    "(seccomp), and nothing else takes a stranger's archive "
                    "apart here; unpack it elsewhere and import the folder");
}

int child_start(struct child *child, int fd, void (*run)(void *arg), void *arg,
                const char *from, struct error *error)
{
    int ends[2];
    char ready;

    *child = (struct child){-1, -1};
    if (pipe2(ends, O_CLOEXEC))
        return error_at(error, ERROR_SYSTEM, from, 0, 0, "no pipe: %s",
                        strerror(errno));
    child->in = ends[0];
    child->pid = fork();
    if (!child->pid)
        live(fd, ends[1], run, arg);
    close(ends[1]);
    if (child->pid < 0) {
        error_at(error, ERROR_SYSTEM, from, 0, 0, "no process: %s",
                 strerror(errno));
        child_end(child);
        return ERROR_SYSTEM;
    }
    if (child_read(child, &ready, 1) || ready != READY)
        return not_confined(child, from, error);
    return 0;
}

int child_read(const struct child *child, void *bytes, size_t len)
{
    char *at = bytes;

    while (len) {
        ssize_t got = read(child->in, at, len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERROR_SYSTEM;
        at += got;
        len -= (size_t)got;
    }
    return 0;
}

void child_end(struct child *child)
{
    close(child->in);
    if (child->pid <= 0)
        return;
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}
