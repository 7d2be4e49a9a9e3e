#include "journal/audit_log.h"

#include "base/alloc.h"
#include "journal/audit.h"
#include "journal/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Records of a slice: no statement is open between two. */
#define SLICE "256"

struct audit_log {
    struct db db;
    char id[JOURNAL_ID];
    int64_t time; /* of the last record */
    bool gone;    /* there is the table of what retention removed */
};

/* What retention removed, by the records that say so. Nothing is removed
 * twice, so the ranges do not overlap. */
static const char gone[] =
    "CREATE TEMP TABLE gone (kind TEXT, first INTEGER, last INTEGER,"
    " n INTEGER, PRIMARY KEY (kind, first)) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO gone"
    " SELECT 'run', json_extract(value, '$[0]'), json_extract(value, '$[1]'), n"
    " FROM audit, json_each(body, '$.runs')"
    " WHERE audit.kind = 'removed' AND json_valid(body);"
    "INSERT OR IGNORE INTO gone"
    " SELECT 'lease', json_extract(value, '$[0]'),"
    " json_extract(value, '$[1]'), n"
    " FROM audit, json_each(body, '$.leases')"
    " WHERE audit.kind = 'removed' AND json_valid(body);";

int audit_log_open(struct audit_log **out, const char *path,
                   struct error *error)
{
    struct audit_log *log;
    int64_t size;
    int code = journal_look(path, &size, error);

    *out = NULL;
    if (code)
        return code;
    log = ALLOC(struct audit_log);
    code = db_open(&log->db, path, error);
    if (!code)
        code = read_id(&log->db, log->id, error);
    if (!code)
        code = read_integer(&log->db,
                            "SELECT time FROM audit ORDER BY n DESC LIMIT 1",
                            (struct db_row){0}, 0, &log->time, error);
    if (code)
        audit_log_close(log);
    else
        *out = log;
    return code;
}

void audit_log_close(struct audit_log *log)
{
    if (!log)
        return;
    db_close(&log->db);
    free(log);
}

struct db *audit_log_db(struct audit_log *log)
{
    return &log->db;
}

int audit_log_gone(struct audit_log *log, struct error *error)
{
    int code = log->gone ? 0 : db_exec(audit_log_db(log), gone, error);

    log->gone = !code;
    return code;
}

int audit_log_removed(struct audit_log *log, int64_t run, int64_t n,
                      struct error *error)
{
    int64_t found = 0;
    int code = audit_log_gone(log, error);

    if (!code)
        code = read_integer(&log->db,
                            "SELECT last >= ?1 AND n > ?2 FROM gone"
                            " WHERE kind = 'run' AND first <= ?1"
                            " ORDER BY first DESC LIMIT 1",
                            DB_ROW(db_integer(run), db_integer(n)), 0, &found,
                            error);
    return code ? code : found != 0;
}

const char *audit_log_id(const struct audit_log *log)
{
    return log->id;
}

struct audit_head audit_log_head(const struct audit_log *log, int64_t *time)
{
    *time = log->time;
    return log->db.head;
}

int audit_log_since(struct audit_log *log, int64_t time, int64_t *n,
                    struct error *error)
{
    return read_integer(&log->db, "SELECT min(n) FROM audit WHERE time >= ?",
                        DB_ROW(db_integer(time)), log->db.head.n + 1, n, error);
}

int audit_log_before(struct audit_log *log, int64_t n, struct audit_head *head,
                     struct error *error)
{
    sqlite3_stmt *statement =
        db_prepare(&log->db,
                   "SELECT n, hash FROM audit WHERE n < ?1 UNION ALL"
                   " SELECT n, hash FROM chain_start"
                   " ORDER BY n DESC LIMIT 1",
                   DB_ROW(db_integer(n)), error);
    int code;

    *head = (struct audit_head){0};
    snprintf(head->hash, sizeof head->hash, "%s", log->id);
    if (!statement)
        return error->code;
    code = db_step(&log->db, statement, error);
    if (code == 1) {
        head->n = sqlite3_column_int64(statement, 0);
        snprintf(head->hash, sizeof head->hash, "%s",
                 db_column_text(statement, 1));
    }
    sqlite3_finalize(statement);
    return code < 0 ? code : 0;
}

/* A text, or "" where it holds what a C string cannot: nothing of ours. */
static const char *text_at(sqlite3_stmt *statement, int column)
{
    const char *text = db_column_text(statement, column);
    size_t len = (size_t)sqlite3_column_bytes(statement, column);

    return text && strlen(text) == len ? text : "";
}

/* Moves *n behind the last record of the slice. Returns how many there
 * were. */
static int read_slice(struct audit_log *log, int64_t *n, audit_log_fn each,
                      void *arg, struct error *error)
{
    sqlite3_stmt *statement =
        db_prepare(&log->db,
                   "SELECT n, time, kind, body, hash FROM audit WHERE n >= ?"
                   " ORDER BY n LIMIT " SLICE,
                   DB_ROW(db_integer(*n)), error);
    int code, count = 0;

    if (!statement)
        return error->code;
    while ((code = db_step(&log->db, statement, error)) == 1) {
        struct audit_record record = {
            .n = sqlite3_column_int64(statement, 0),
            .time = sqlite3_column_int64(statement, 1),
            .kind = text_at(statement, 2),
            .body = db_column(statement, 3),
            .hash = text_at(statement, 4),
        };

        code = each(arg, &record);
        if (code < 0)
            break;
        *n = record.n + 1;
        count++;
    }
    sqlite3_finalize(statement);
    return code < 0 ? code : count;
}

int audit_log_read(struct audit_log *log, int64_t n, audit_log_fn each,
                   void *arg, struct error *error)
{
    int code;

    do
        code = read_slice(log, &n, each, arg, error);
    while (code > 0);
    return code;
}
