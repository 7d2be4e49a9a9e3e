#include "cli/doctor.h"

#include "base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/landlock.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

enum {
    FILES_BASE = 64,        /* libraries, journal, log, what is followed */
    PROCESSES_LANE = 2,     /* the slot and what it starts, at the least */
    PROCESSES_BASE = 32,    /* engine, executor, their threads */
    FILE_SIZE_LEAST = 1024, /* MiB; a journal of 600,000 alarms */
    YEAR_LEAST = 2024,      /* this program is not older */
    YEAR_MOST = 2100,
};

/* The first number of a file below /proc, or -1. */
static int64_t number_in(const char *path)
{
    FILE *file = fopen(path, "re");
    char text[32] = "";
    char *end;
    long long number;

    if (!file)
        return -1;
    if (!fgets(text, sizeof text, file))
        text[0] = '\0';
    fclose(file);
    number = strtoll(text, &end, 10);
    return end == text ? -1 : number;
}

static bool unlimited(const struct rlimit *limit)
{
    return limit->rlim_cur == RLIM_INFINITY;
}

static void look_descriptors(struct doctor *doctor, const char *name)
{
    uint64_t wanted = (uint64_t)doctor->lanes + FILES_BASE;
    struct rlimit limit = {0};

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < wanted)
        doctor_fault(doctor, name,
                     "raise it (ulimit -n; systemd: LimitNOFILE), or lower "
                     "`lanes` in riposte.lua",
                     "%" PRIu64 " open files, and %" PRId64
                     " lanes want %" PRIu64,
                     (uint64_t)limit.rlim_cur, doctor->lanes, wanted);
    else
        doctor_well(doctor, name,
                    "%" PRIu64 " open files, for %" PRId64 " lanes",
                    (uint64_t)limit.rlim_cur, doctor->lanes);
}

static void look_processes(struct doctor *doctor, const char *name)
{
    uint64_t wanted = (uint64_t)doctor->lanes * PROCESSES_LANE + PROCESSES_BASE;
    struct rlimit limit = {0};

    getrlimit(RLIMIT_NPROC, &limit);
    if (geteuid() == 0)
        doctor_well(doctor, name, "not limited for root");
    else if (unlimited(&limit))
        doctor_well(doctor, name, "not limited");
    else if (limit.rlim_cur < wanted)
        doctor_fault(doctor, name,
                     "raise it (ulimit -u; systemd: TasksMax, LimitNPROC), or "
                     "lower `lanes` in riposte.lua",
                     "%" PRIu64 " for this user, and %" PRId64
                     " lanes want %" PRIu64,
                     (uint64_t)limit.rlim_cur, doctor->lanes, wanted);
    else
        doctor_well(doctor, name, "%" PRIu64 " for this user",
                    (uint64_t)limit.rlim_cur);
}

static void look_file_size(struct doctor *doctor, const char *name)
{
    struct rlimit limit = {0};
    uint64_t mib;

    getrlimit(RLIMIT_FSIZE, &limit);
    mib = (uint64_t)limit.rlim_cur >> 20;
    if (unlimited(&limit))
        doctor_well(doctor, name, "not limited");
    else if (mib < FILE_SIZE_LEAST)
        doctor_warn(doctor, name, "raise it (ulimit -f; systemd: LimitFSIZE)",
                    "%" PRIu64 " MiB, and the journal may get larger", mib);
    else
        doctor_well(doctor, name, "%" PRIu64 " MiB", mib);
}

/* Beyond the soft limit a user's new pipes hold one page, so that a plugin
 * that writes much waits more often. Three for each action. */
static void look_pipes(struct doctor *doctor, const char *name)
{
    int64_t pages = number_in("/proc/sys/fs/pipe-user-pages-soft");
    int64_t page = 4096, wanted = doctor->lanes * 3 * (65536 / page);

    if (geteuid() == 0 || pages <= 0)
        doctor_well(doctor, name, "not limited");
    else if (pages < wanted)
        doctor_warn(
            doctor, name, "raise fs.pipe-user-pages-soft, or lower `lanes`",
            "%" PRId64 " pages, and %" PRId64 " lanes can fill %" PRId64, pages,
            doctor->lanes, wanted);
    else
        doctor_well(doctor, name, "%" PRId64 " pages", pages);
}

static void look_subreaper(struct doctor *doctor, const char *name)
{
    int on = 0;

    if (prctl(PR_GET_CHILD_SUBREAPER, &on))
        doctor_fault(doctor, name, "use Linux 3.4 or later",
                     "%s: what a plugin leaves behind could not be ended",
                     strerror(errno));
    else
        doctor_well(doctor, name, "there");
}

static void look_pidfd(struct doctor *doctor, const char *name)
{
    int fd = pidfd_open(getpid(), 0);

    if (fd < 0)
        doctor_fault(
            doctor, name, "use Linux 5.3 or later, and allow pidfd_open",
            "%s: processes could not be ended safely", strerror(errno));
    else
        doctor_well(doctor, name, "there");
    if (fd >= 0)
        close(fd);
}

static void look_cgroup(struct doctor *doctor, const char *name)
{
    struct statfs info;
    bool found =
        !statfs("/sys/fs/cgroup", &info) && info.f_type == CGROUP2_SUPER_MAGIC;

    doctor_well(doctor, name,
                found ? "version 2" : "no version 2; nothing needs it yet");
}

static void look_landlock(struct doctor *doctor, const char *name)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
                           LANDLOCK_CREATE_RULESET_VERSION);

    if (version < 0)
        doctor_well(doctor, name, "not there (%s); nothing needs it yet",
                    strerror(errno));
    else
        doctor_well(doctor, name, "ABI %ld", version);
}

static void look_seccomp(struct doctor *doctor, const char *name)
{
    int mode = prctl(PR_GET_SECCOMP);

    if (mode < 0)
        doctor_well(doctor, name, "not there; nothing needs it yet");
    else
        doctor_well(doctor, name, "%s",
                    mode ? "there; a filter is on this process" : "there");
}

static void look_namespaces(struct doctor *doctor, const char *name)
{
    int64_t most = number_in("/proc/sys/user/max_user_namespaces");
    int64_t on = number_in("/proc/sys/kernel/unprivileged_userns_clone");

    if (most <= 0 || on == 0)
        doctor_well(doctor, name,
                    "not for plain users; nothing needs them yet");
    else
        doctor_well(doctor, name, "%" PRId64 " at most", most);
}

/* Without yama a plugin can read the memory of others of the same user, and
 * of the executor, which holds secrets. */
static void look_yama(struct doctor *doctor, const char *name)
{
    int64_t scope = number_in("/proc/sys/kernel/yama/ptrace_scope");

    if (scope > 0)
        doctor_well(doctor, name, "ptrace scope %" PRId64, scope);
    else
        doctor_warn(doctor, name, "sysctl kernel.yama.ptrace_scope=1",
                    "%s: a plugin may read the memory of this user's processes",
                    scope ? "not there" : "ptrace scope 0");
}

static void look_clock(struct doctor *doctor, const char *name)
{
    char text[CLOCK_TEXT];
    int64_t least, most, now = clock_now();

    clock_civil(YEAR_LEAST, 1, 1, 0, 0, 0, &least);
    clock_civil(YEAR_MOST, 1, 1, 0, 0, 0, &most);
    clock_format(now, text);
    if (now < least || now >= most)
        doctor_fault(doctor, name, "set it, and keep it right by NTP",
                     "%s cannot be right", text);
    else
        doctor_well(doctor, name, "%s", text);
}

const struct doctor_check doctor_system[] = {
    {"limits", "descriptors", look_descriptors},
    {"limits", "processes", look_processes},
    {"limits", "file size", look_file_size},
    {"limits", "pipes", look_pipes},
    {"kernel", "subreaper", look_subreaper},
    {"kernel", "pidfd", look_pidfd},
    {"kernel", "cgroups", look_cgroup},
    {"kernel", "Landlock", look_landlock},
    {"kernel", "seccomp", look_seccomp},
    {"kernel", "user namespaces", look_namespaces},
    {"kernel", "yama", look_yama},
    {"clock", "now", look_clock},
};
const size_t doctor_system_count = sizeof doctor_system / sizeof *doctor_system;
