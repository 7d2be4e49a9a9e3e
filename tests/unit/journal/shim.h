#ifndef RIPOSTE_TESTS_JOURNAL_SHIM_H
#define RIPOSTE_TESTS_JOURNAL_SHIM_H

#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

/*
 * A layer between SQLite and the real file system that can stop a sync, or
 * fail the Nth write, sync or truncation and all later ones. One per process,
 * as SQLite's default. Only version 1 of the file's methods: shared memory
 * is what a second connection would need.
 */
static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    atomic_int operations; /* writes, syncs, truncations so far */
    atomic_int syncs;      /* of the write-ahead log */
    atomic_int fail_at;    /* this operation and all later ones; 0: none */
    bool once;             /* or this one alone */
    bool whole;            /* what fails to be written has not got half way */
    atomic_int failed;     /* how many did */
    atomic_bool main_only; /* only what the database itself is asked counts */
    int failure;           /* what they return */
    bool hollow;           /* a sync does nothing: no power is lost here */
    atomic_bool hold;      /* the next sync of the log waits */
    sem_t held, release;
} shim;

struct shim_file {
    sqlite3_file file;
    sqlite3_file *real; /* behind this struct */
    bool log;
};

static sqlite3_file *shim_real(sqlite3_file *file)
{
    return ((struct shim_file *)file)->real;
}

static bool shim_fails(const sqlite3_file *file)
{
    bool counts = !shim.main_only || !((const struct shim_file *)file)->log;
    bool fails;

    shim.operations += counts;
    fails = counts && shim.fail_at &&
            (shim.once ? shim.operations == shim.fail_at
                       : shim.operations >= shim.fail_at);

    if (fails)
        shim.failed++;
    return fails;
}

static int shim_close(sqlite3_file *file)
{
    return shim_real(file)->pMethods->xClose(shim_real(file));
}

static int shim_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
    return shim_real(file)->pMethods->xRead(shim_real(file), data, len, at);
}

/* A write that fails may have got half way. */
static int shim_write(sqlite3_file *file, const void *data, int len,
                      sqlite3_int64 at)
{
    sqlite3_file *real = shim_real(file);

    if (!shim_fails(file))
        return real->pMethods->xWrite(real, data, len, at);
    if (shim.failed == 1 && !shim.whole)
        real->pMethods->xWrite(real, data, len / 2, at);
    return shim.failure;
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (shim_fails(file))
        return shim.failure;
    return shim_real(file)->pMethods->xTruncate(shim_real(file), size);
}

static int shim_sync(sqlite3_file *file, int flags)
{
    if (((struct shim_file *)file)->log) {
        shim.syncs++;
        if (shim.hold) {
            sem_post(&shim.held);
            sem_wait(&shim.release);
        }
    }
    if (shim_fails(file))
        return SQLITE_IOERR_FSYNC;
    if (shim.hollow)
        return SQLITE_OK;
    return shim_real(file)->pMethods->xSync(shim_real(file), flags);
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return shim_real(file)->pMethods->xFileSize(shim_real(file), size);
}

static int shim_lock(sqlite3_file *file, int level)
{
    return shim_real(file)->pMethods->xLock(shim_real(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    return shim_real(file)->pMethods->xUnlock(shim_real(file), level);
}

static int shim_reserved(sqlite3_file *file, int *out)
{
    return shim_real(file)->pMethods->xCheckReservedLock(shim_real(file), out);
}

static int shim_control(sqlite3_file *file, int which, void *arg)
{
    return shim_real(file)->pMethods->xFileControl(shim_real(file), which, arg);
}

static int shim_sector(sqlite3_file *file)
{
    return shim_real(file)->pMethods->xSectorSize(shim_real(file));
}

static int shim_device(sqlite3_file *file)
{
    return shim_real(file)->pMethods->xDeviceCharacteristics(shim_real(file));
}

static const sqlite3_io_methods shim_methods = {
    .iVersion = 1,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_device,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                     int flags, int *out)
{
    struct shim_file *mine = (struct shim_file *)file;
    int code;

    (void)vfs;
    mine->file.pMethods = NULL;
    mine->real = (sqlite3_file *)(mine + 1);
    mine->log = flags & SQLITE_OPEN_WAL;
    code = shim.real->xOpen(shim.real, name, mine->real, flags, out);
    if (code == SQLITE_OK)
        mine->file.pMethods = &shim_methods;
    return code;
}

static inline void shim_install(void)
{
    shim.real = sqlite3_vfs_find(NULL);
    shim.vfs = *shim.real;
    shim.vfs.zName = "shim";
    shim.vfs.pNext = NULL;
    shim.vfs.szOsFile = (int)sizeof(struct shim_file) + shim.real->szOsFile;
    shim.vfs.xOpen = shim_open;
    sem_init(&shim.held, 0, 0);
    sem_init(&shim.release, 0, 0);
    sqlite3_vfs_register(&shim.vfs, 1);
}

/* From the Nth operation from now on. */
static inline void shim_fail(int nth, int failure)
{
    shim.operations = 0;
    shim.failed = 0;
    shim.failure = failure;
    shim.once = shim.whole = false;
    shim.fail_at = nth;
}

#endif
