#include "exec/tree.h"

#include "base/alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct process {
    pid_t pid;
    pid_t parent;
    unsigned long long started; /* clock ticks since boot */
    bool below;                 /* this process, and not spared */
};

struct table {
    struct process *items; /* owned */
    size_t len;
    size_t cap;
    bool blind; /* something could not be looked at, so that it is not known */
};

static bool spared(const struct tree_spares *spares, pid_t pid)
{
    return spares && spares->child && spares->child(spares->arg, pid);
}

/* The number in a field of /proc/PID/stat, counted as in proc(5), where the
 * name before the last ')' is field 2. 0 where there is none. */
static unsigned long long field(const char *name_end, unsigned number)
{
    const char *at = name_end;

    for (unsigned i = 2; at && i < number; i++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

/* False where the process is gone, or errno is EMFILE or ENFILE. */
static bool read_process(pid_t pid, struct process *process)
{
    char path[64];
    char text[1024];
    const char *name_end;
    ssize_t len;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    errno = 0;
    len = read(fd, text, sizeof text - 1);
    close(fd);
    if (len <= 0)
        return false;
    text[len] = '\0';
    /* The name is the process's own choice and may hold blanks and ')'. */
    name_end = strrchr(text, ')');
    *process = (struct process){
        .pid = pid,
        .parent = (pid_t)field(name_end, 4),
        .started = field(name_end, 22),
    };
    return true;
}

static int by_pid(const void *a, const void *b)
{
    pid_t left = ((const struct process *)a)->pid;
    pid_t right = ((const struct process *)b)->pid;

    return (left > right) - (left < right);
}

static struct table read_processes(void)
{
    struct table table = {0};
    struct dirent *entry;
    DIR *proc = opendir("/proc");

    table.blind = !proc;
    while (proc && (entry = readdir(proc))) {
        struct process process;
        char *end;
        long pid = strtol(entry->d_name, &end, 10);

        if (pid <= 0 || *end)
            continue;
        if (!read_process((pid_t)pid, &process)) {
            table.blind = table.blind || errno == EMFILE || errno == ENFILE;
            continue;
        }
        table.items = alloc_grown(table.items, table.len, &table.cap,
                                  sizeof *table.items);
        table.items[table.len++] = process;
    }
    if (proc)
        closedir(proc);
    if (table.len)
        qsort(table.items, table.len, sizeof *table.items, by_pid);
    return table;
}

static bool is_below(const struct table *table, pid_t pid)
{
    struct process key = {.pid = pid};
    const struct process *process =
        bsearch(&key, table->items, table->len, sizeof *table->items, by_pid);

    return process && process->below;
}

/* Marks what is below this process. Parents mostly come before children, so
 * that a second round mostly finds nothing new. */
static void mark(struct table *table, const struct tree_spares *spares)
{
    pid_t self = getpid();
    bool found = true;

    while (found) {
        found = false;
        for (size_t i = 0; i < table->len; i++) {
            struct process *process = &table->items[i];

            if (process->below)
                continue;
            process->below = process->parent == self
                                 ? !spared(spares, process->pid)
                                 : is_below(table, process->parent);
            found = found || process->below;
        }
    }
}

/* The number may have been given to a stranger since the table was read, so
 * hold on to the process first, and look again whether it is the same. */
static void signal_process(const struct process *process, int signal)
{
    struct process now;
    int fd = pidfd_open(process->pid, 0);

    if (fd < 0)
        return;
    if (read_process(process->pid, &now) && now.started == process->started) {
        pidfd_send_signal(fd, signal, NULL, 0);
        if (signal != SIGKILL)
            pidfd_send_signal(fd, SIGCONT, NULL, 0);
    }
    close(fd);
}

size_t tree_signal(int signal, const struct tree_spares *spares)
{
    struct table table = read_processes();
    size_t count = table.blind;

    mark(&table, spares);
    for (size_t i = 0; i < table.len; i++) {
        /* Also the dead: a process whose first thread has ended looks dead
         * while its other threads go on. */
        if (table.items[i].below) {
            count++;
            signal_process(&table.items[i], signal);
        }
    }
    free(table.items);
    return count;
}

void tree_reap(const struct tree_spares *spares)
{
    for (;;) {
        siginfo_t dead = {0};

        if (waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) < 0 ||
            dead.si_pid == 0 || spared(spares, dead.si_pid))
            return;
        waitpid(dead.si_pid, NULL, WNOHANG);
    }
}

bool tree_empty(void)
{
    siginfo_t dead = {0};

    return waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) < 0 &&
           errno == ECHILD;
}
