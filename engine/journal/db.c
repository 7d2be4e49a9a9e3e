#include "journal/db.h"

#include "journal/journal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* What to do about a failed SQLite call, by the kind of failure. */
static const char *advice(int code)
{
    switch (code) {
    case SQLITE_FULL:
        return "; the disk is full: free space, then start again, everything "
               "acknowledged is safe";
    case SQLITE_IOERR:
        return "; look after the disk, then start again, everything "
               "acknowledged is safe";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "; the file is damaged or no journal: restore it from a "
               "backup, or move it and its -wal file away to begin anew";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "; another process has it open: stop that one first";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
        return "; it and its folder must be readable and writable for this "
               "user";
    default:
        return "";
    }
}

static int error_code_of(int code)
{
    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERROR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERROR_INVALID;
    case SQLITE_TOOBIG:
        return ERROR_LIMIT;
    default:
        return ERROR_SYSTEM;
    }
}

int db_failed(struct db *db, struct error *error)
{
    /* SQLite does not note the system's error of a commit; what the thread
     * has in errno since the call began is it. */
    int saved = errno;
    int code = sqlite3_errcode(db->handle) & 0xff;
    int system = sqlite3_system_errno(db->handle);
    bool named = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;

    if (!system)
        system = saved;
    named = named && system;
    db->failed = true;
    db->full = code == SQLITE_FULL;
    return error_at(error, error_code_of(code), db->path, 0, 0,
                    "the journal failed: %s%s%s%s", sqlite3_errmsg(db->handle),
                    named ? ": " : "", named ? strerror(system) : "",
                    advice(code));
}

int db_exec(struct db *db, const char *sql, struct error *error)
{
    errno = 0;
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL))
        return db_failed(db, error);
    return 0;
}

struct db_value db_integer(int64_t integer)
{
    return (struct db_value){.type = SQLITE_INTEGER, .integer = integer};
}

struct db_value db_text(const char *text)
{
    return (struct db_value){.type = text ? SQLITE_TEXT : SQLITE_NULL,
                             .bytes = str_of(text)};
}

struct db_value db_json(struct str json)
{
    return (struct db_value){.type = json.len ? SQLITE_TEXT : SQLITE_NULL,
                             .bytes = json};
}

struct db_value db_blob(struct str bytes)
{
    return (struct db_value){.type = SQLITE_BLOB, .bytes = bytes};
}

static int bind_row(struct db *db, sqlite3_stmt *statement, struct db_row row,
                    struct error *error)
{
    assert(sqlite3_bind_parameter_count(statement) == (int)row.count);
    for (size_t i = 0; i < row.count; i++) {
        const struct db_value *value = &row.values[i];
        const char *data = value->bytes.len ? value->bytes.data : "";
        int at = (int)i + 1;
        int code;

        if (value->bytes.len > JOURNAL_VALUE_MAX)
            return error_at(error, ERROR_LIMIT, db->path, 0, 0,
                            "a value of %zu bytes for the journal, at most "
                            "%d are possible",
                            value->bytes.len, JOURNAL_VALUE_MAX);
        if (value->type == SQLITE_INTEGER)
            code = sqlite3_bind_int64(statement, at, value->integer);
        else if (value->type == SQLITE_TEXT)
            code = sqlite3_bind_text64(statement, at, data, value->bytes.len,
                                       SQLITE_STATIC, SQLITE_UTF8);
        else if (value->type == SQLITE_BLOB)
            code = sqlite3_bind_blob64(statement, at, data, value->bytes.len,
                                       SQLITE_STATIC);
        else
            code = sqlite3_bind_null(statement, at);
        if (code)
            return db_failed(db, error);
    }
    return 0;
}

int db_step(struct db *db, sqlite3_stmt *statement, struct error *error)
{
    errno = 0;
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        return 0;
    default:
        return db_failed(db, error);
    }
}

/* Ends a statement's use: it holds no lock and points to nobody's bytes. */
static void done_with(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

int db_run(struct db *db, enum statement which, struct db_row row,
           struct error *error)
{
    sqlite3_stmt *statement = db->statements[which];
    int code = bind_row(db, statement, row, error);

    if (!code)
        code = db_step(db, statement, error);
    done_with(statement);
    assert(code <= 0);
    return code < 0 ? code : sqlite3_changes(db->handle);
}

int db_find(struct db *db, enum statement which, struct db_row row,
            int64_t *found, struct error *error)
{
    sqlite3_stmt *statement = db->statements[which];
    int code = bind_row(db, statement, row, error);
    int more = 0;

    if (!code)
        code = db_step(db, statement, error);
    if (code == 1) {
        *found = sqlite3_column_int64(statement, 0);
        /* To the end, as an UPDATE … RETURNING must go. */
        more = db_step(db, statement, error);
        assert(more <= 0);
    }
    done_with(statement);
    return more < 0 ? more : code;
}

sqlite3_stmt *db_prepare(struct db *db, const char *sql, struct db_row row,
                         struct error *error)
{
    sqlite3_stmt *statement = NULL;

    errno = 0;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL)) {
        db_failed(db, error);
        return NULL;
    }
    if (bind_row(db, statement, row, error)) {
        sqlite3_finalize(statement);
        return NULL;
    }
    return statement;
}

struct str db_column(sqlite3_stmt *statement, int column)
{
    const char *data = sqlite3_column_blob(statement, column);
    int len = sqlite3_column_bytes(statement, column);

    return (struct str){data ? data : "", (size_t)len};
}

const char *db_column_text(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}

bool db_in_use(struct db *db)
{
    sqlite3_stmt *statement = NULL;

    while ((statement = sqlite3_next_stmt(db->handle, statement)))
        if (sqlite3_stmt_busy(statement))
            return true;
    return false;
}

int db_begin(struct db *db, struct error *error)
{
    int code = db_run(db, STATEMENT_BEGIN, (struct db_row){0}, error);

    return code < 0 ? code : 0;
}

int db_commit(struct db *db, struct error *error)
{
    int code = db_run(db, STATEMENT_COMMIT, (struct db_row){0}, error);

    return code < 0 ? code : 0;
}

void db_rollback(struct db *db)
{
    /* SQLite itself has rolled back after some errors; then there is no
     * transaction and this does nothing. */
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

bool db_go_on(struct db *db)
{
    if (!db->full)
        return false;
    db->full = db->failed = false;
    return true;
}

int db_checkpoint(struct db *db, struct error *error)
{
    errno = 0;
    if (sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                  NULL, NULL))
        return db_failed(db, error);
    db->wal_pages = 0;
    return 0;
}
