#include "cli/doctor.h"

#include "base/alloc.h"
#include "flow/engine.h"
#include "journal/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
    MIB = 1024 * 1024,
    SPACE_LEAST_MIB = 64,  /* one log that was not checkpointed yet */
    SPACE_LOW_MIB = 1024,  /* some 600,000 alarms */
    INODES_LOW = 1000,     /* plugins keep small files of their own */
    WAL_LARGE_MIB = 256,   /* the writer keeps it below 64 */
    QUARANTINE_LARGE = 64, /* MiB: more than chance refuses */
};

/* File systems of other machines: a lock there need not keep others out, and
 * what a commit wrote need not be on a disk. */
static const struct {
    long magic;
    const char *name;
} remote[] = {
    {NFS_SUPER_MAGIC, "NFS"},   {SMB_SUPER_MAGIC, "SMB"},
    {SMB2_SUPER_MAGIC, "SMB"},  {CIFS_SUPER_MAGIC, "CIFS"},
    {AFS_SUPER_MAGIC, "AFS"},   {AFS_FS_MAGIC, "AFS"},
    {CEPH_SUPER_MAGIC, "Ceph"}, {CODA_SUPER_MAGIC, "Coda"},
    {NCP_SUPER_MAGIC, "NCP"},
};

/* The state folder, or the folder in which it will be made. */
static char *existing(const struct doctor *doctor)
{
    char *slash, *folder = alloc_text(doctor->state);

    if (access(folder, F_OK) && (slash = strrchr(folder, '/')) &&
        slash > folder)
        *slash = '\0';
    return folder;
}

static void look_folder(struct doctor *doctor, const char *name)
{
    char *folder = existing(doctor);
    bool made = !strcmp(folder, doctor->state);
    struct stat info;

    if (!stat(folder, &info) && !S_ISDIR(info.st_mode))
        doctor_fault(doctor, name, "name a folder in `state` of riposte.lua",
                     "%s is not a folder", folder);
    else if (access(folder, W_OK | X_OK))
        doctor_fault(doctor, name, "give it to the user that runs riposte",
                     "%s cannot be written: %s", folder, strerror(errno));
    else
        doctor_well(doctor, name, "%s%s", doctor->state,
                    made ? "" : ", to be made at the first start");
    free(folder);
}

static void look_system(struct doctor *doctor, const char *name)
{
    char *folder = existing(doctor);
    const char *found = NULL;
    struct statfs info;

    if (statfs(folder, &info)) {
        doctor_warn(doctor, name, NULL, "%s: %s", folder, strerror(errno));
        free(folder);
        return;
    }
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        if ((unsigned long)info.f_type == (unsigned long)remote[i].magic)
            found = remote[i].name;
    if (found)
        doctor_fault(doctor, name,
                     "put `state` of riposte.lua on a disk of this machine",
                     "%s: the journal does not work there", found);
    else
        doctor_well(doctor, name, "of this machine (type 0x%lx)",
                    (unsigned long)info.f_type);
    free(folder);
}

static void look_space(struct doctor *doctor, const char *name)
{
    static const char advice[] =
        "make room: without it no alarm is taken and nothing starts";
    char *folder = existing(doctor);
    struct statvfs info;
    uint64_t mib;

    if (statvfs(folder, &info)) {
        doctor_warn(doctor, name, NULL, "%s: %s", folder, strerror(errno));
        free(folder);
        return;
    }
    mib = (uint64_t)info.f_bavail * info.f_frsize / MIB;
    if (mib < SPACE_LEAST_MIB)
        doctor_fault(doctor, name, advice, "%" PRIu64 " MiB free", mib);
    else if (mib < SPACE_LOW_MIB)
        doctor_warn(doctor, name, advice, "%" PRIu64 " MiB free", mib);
    else if (info.f_files && info.f_favail < INODES_LOW)
        doctor_warn(doctor, name, "remove files that nobody needs",
                    "%" PRIu64 " files can still be made",
                    (uint64_t)info.f_favail);
    else
        doctor_well(doctor, name, "%" PRIu64 " MiB free", mib);
    free(folder);
}

static void look_holder(struct doctor *doctor, const char *name)
{
    int64_t pid = engine_holder(doctor->state);

    if (pid)
        doctor_well(doctor, name, "process %" PRId64 " works on this site",
                    pid);
    else
        doctor_well(doctor, name, "no process works on this site");
}

static void look_journal(struct doctor *doctor, const char *name)
{
    char *path = alloc_printf("%s/journal.db", doctor->state);
    struct error error = {0};
    int64_t size = 0;
    int err = journal_look(path, &size, &error);

    if (!err)
        doctor_well(doctor, name, "%s, %" PRId64 " KiB", path, size / 1024);
    else if (err == ERROR_NOT_FOUND)
        doctor_well(doctor, name, "none yet");
    else
        doctor_fault(doctor, name, NULL, "%s: %s", path, error.text);
    free(path);
}

/* Of a file in the state folder; -1 where there is none. */
static int64_t size_of(const struct doctor *doctor, const char *file)
{
    char *path = alloc_printf("%s/%s", doctor->state, file);
    struct stat info;
    int64_t size = stat(path, &info) ? -1 : info.st_size;

    free(path);
    return size;
}

static void look_log(struct doctor *doctor, const char *name)
{
    int64_t size = size_of(doctor, "journal.db-wal");

    if (size > (int64_t)WAL_LARGE_MIB * MIB)
        doctor_warn(doctor, name,
                    "start riposte once, and look whether the disk fails",
                    "%" PRId64 " MiB, where 64 are usual", size / MIB);
    else if (size >= 0)
        doctor_well(doctor, name, "%" PRId64 " KiB", size / 1024);
}

static void look_quarantine(struct doctor *doctor, const char *name)
{
    int64_t size = size_of(doctor, "quarantine.ndjson");

    if (size > (int64_t)QUARANTINE_LARGE * MIB)
        doctor_warn(doctor, name,
                    "see why these alarms are refused, then remove the file",
                    "%" PRId64 " MiB in quarantine.ndjson", size / MIB);
    else
        doctor_well(doctor, name, "%" PRId64 " KiB of refused alarms",
                    size < 0 ? 0 : size / 1024);
}

const struct doctor_check doctor_state[] = {
    {"state", "folder", look_folder},
    {"state", "file system", look_system},
    {"state", "space", look_space},
    {"state", "lock", look_holder},
    {"state", "journal", look_journal},
    {"state", "write-ahead log", look_log},
    {"state", "quarantine", look_quarantine},
};
const size_t doctor_state_count = sizeof doctor_state / sizeof *doctor_state;
