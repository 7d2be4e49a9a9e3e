#include "base/alloc.h"
#include "journal/audit.h"
#include "journal/db.h"
#include "journal/forgotten.h"
#include "journal/journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nothing that the journal runs comes near these; they stop a damaged or
 * foreign schema from costing more than an error. */
static const struct {
    int which;
    int most;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, 4 * JOURNAL_VALUE_MAX}, /* a step's row has three */
    {SQLITE_LIMIT_SQL_LENGTH, 16 * 1024},
    {SQLITE_LIMIT_COLUMN, 64},
    {SQLITE_LIMIT_EXPR_DEPTH, 32},
    {SQLITE_LIMIT_COMPOUND_SELECT, 4},
    {SQLITE_LIMIT_VDBE_OP, 10000},
    {SQLITE_LIMIT_FUNCTION_ARG, 8},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 64},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 32},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 4},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

static const struct {
    int which;
    int on;
} settings[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},
    {SQLITE_DBCONFIG_DQS_DDL, 0},
};

/* Before the file is first read. The exclusive lock makes "one connection"
 * true for other programs too: SQLite 3.40 can lose commits in WAL mode with
 * two. Pages stay at 4 KiB: ids are hashes, so a commit of many alarms touches
 * as many pages of their index, and with 600,000 alarms stored 16 KiB made
 * it a third slower (with an empty table 16 % faster). */
static const char opening[] = "PRAGMA locking_mode = EXCLUSIVE;"
                              "PRAGMA page_size = 4096;"
                              "PRAGMA cache_size = -32768;"
                              "PRAGMA foreign_keys = ON;"
                              "PRAGMA cell_size_check = ON;"
                              "PRAGMA temp_store = MEMORY;";
/* Once it is known to be ours. Checkpoints are the writer's (journal.c). */
static const char settling[] = "PRAGMA synchronous = FULL;"
                               "PRAGMA wal_autocheckpoint = 0;"
                               "PRAGMA journal_size_limit = 67108864;";

static bool in_memory(const char *path)
{
    return strcmp(path, ":memory:") == 0;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return alloc_text(".");
    return alloc_copy(path, slash == path ? 1 : (size_t)(slash - path));
}

/* errno as a sentence about the folder or file. */
static int cannot_create(const char *path, struct error *error)
{
    int saved = errno;
    char *folder = folder_of(path);
    int code;

    if (saved == ENOENT || saved == ENOTDIR)
        code = error_at(error, ERROR_NOT_FOUND, path, 0, 0,
                        "cannot create the journal: there is no folder %s; "
                        "create it, or give another site",
                        folder);
    else if (saved == EACCES || saved == EPERM || saved == EROFS)
        code = error_at(error, ERROR_SYSTEM, path, 0, 0,
                        "cannot create the journal: the folder %s is not "
                        "writable for uid %ld (%s); give that user the folder",
                        folder, (long)geteuid(), strerror(saved));
    else
        code = error_at(error, ERROR_SYSTEM, path, 0, 0,
                        "cannot create the journal: %s", strerror(saved));
    free(folder);
    return code;
}

/* Creates a missing file, so that its mode is ours and not the umask's; the
 * -wal file takes it over. One that exists is not opened: closing it again
 * would drop the locks of a connection that this process has on it. */
static int create_file(const char *path, struct error *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
    else if (errno != EEXIST)
        return cannot_create(path, error);
    return 0;
}

/* Makes the directory entries of the file and its -wal durable. */
static int sync_folder(const char *path, struct error *error)
{
    char *folder = folder_of(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = 0;

    if (fd < 0 || fsync(fd))
        code = error_at(error, ERROR_SYSTEM, folder, 0, 0,
                        "cannot make the journal's folder durable: %s",
                        strerror(errno));
    if (fd >= 0)
        close(fd);
    free(folder);
    return code;
}

/* The mode is an answer, not an error: SQLite stays in the old one where the
 * file system cannot do it. */
static int use_wal(struct db *db, struct error *error)
{
    sqlite3_stmt *statement =
        db_prepare(db, "PRAGMA journal_mode = WAL", (struct db_row){0}, error);
    const char *want = in_memory(db->path) ? "memory" : "wal";
    int code = 0;

    if (!statement)
        return error->code;
    if (db_step(db, statement, error) != 1)
        code = error->code;
    else if (!str_is(db_column(statement, 0), want))
        code = error_at(error, ERROR_SYSTEM, db->path, 0, 0,
                        "the file system cannot hold a write-ahead log; put "
                        "the state folder on a local disk");
    sqlite3_finalize(statement);
    return code;
}

static int count_wal(void *arg, sqlite3 *handle, const char *name, int pages)
{
    (void)handle, (void)name;
    ((struct db *)arg)->wal_pages = pages;
    return SQLITE_OK;
}

static int configure(struct db *db, struct error *error)
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(db->handle, limits[i].which, limits[i].most);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (sqlite3_db_config(db->handle, settings[i].which, settings[i].on,
                              NULL))
            return db_failed(db, error);
    if (sqlite3_db_readonly(db->handle, "main") == 1)
        return error_at(error, ERROR_SYSTEM, db->path, 0, 0,
                        "the journal is write-protected for uid %ld; give "
                        "that user the file",
                        (long)geteuid());
    if (db_exec(db, opening, error))
        return error->code;
    if (schema_check(db, error))
        return error->code;
    if (use_wal(db, error) || db_exec(db, settling, error))
        return error->code;
    sqlite3_wal_hook(db->handle, count_wal, db);
    return schema_migrate(db, error);
}

static int prepare_all(struct db *db, struct error *error)
{
    for (int i = 0; i < STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(db->handle, statement_texts[i], -1,
                               SQLITE_PREPARE_PERSISTENT, &db->statements[i],
                               NULL))
            return error_at(error, ERROR_INVALID, db->path, 0, 0,
                            "the journal is not what its schema says (%s); "
                            "restore it from a backup",
                            sqlite3_errmsg(db->handle));
    return 0;
}

/* FULLMUTEX: two threads use the connection in turn. They never meet, so an
 * uncontended lock a call is all that it costs. */
static int connect_to(struct db *db, struct error *error)
{
    /* Debian's SQLite takes "file:" for a URI: no name of ours begins so. */
    bool as_is = in_memory(db->path) || db->path[0] == '/';
    char *name = alloc_printf("%s%s", as_is ? "" : "./", db->path);
    int code = sqlite3_open_v2(name, &db->handle,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX |
                                   SQLITE_OPEN_EXRESCODE,
                               NULL);

    free(name);
    return code ? db_failed(db, error) : 0;
}

int db_open(struct db *db, const char *path, struct error *error)
{
    struct error ignored = {0};

    memset(db, 0, sizeof *db);
    error = error ? error : &ignored;
    db->path = alloc_text(path);
    if (!in_memory(path) && create_file(path, error))
        goto fail;
    if (connect_to(db, error) || configure(db, error) ||
        prepare_all(db, error) || audit_open(db, &db->head, error) ||
        forgotten_open(db, error))
        goto fail;
    if (!in_memory(path) && sync_folder(path, error))
        goto fail;
    return 0;

fail:
    db_close(db);
    return error->code;
}

void db_close(struct db *db)
{
    int code;

    for (int i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(db->statements[i]);
    if (db->failed)
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
                          NULL);
    code = sqlite3_close(db->handle);
    assert(code == SQLITE_OK); /* else a statement was left open */
    (void)code;
    free(db->path);
    memset(db, 0, sizeof *db);
}
