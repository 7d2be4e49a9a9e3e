#include "journal/audit.h"

#include <stdio.h>

int audit_append(struct db *db, const char *kind, int64_t time, struct str body,
                 struct error *error)
{
    int code;

    audit_extend(&db->head, kind, time, body);
    code = db_run(db, STATEMENT_INSERT_AUDIT,
                  DB_ROW(db_integer(db->head.n), db_integer(time),
                         db_text(kind), db_json(body), db_text(db->head.hash)),
                  error);
    return code < 0 ? code : 0;
}

int audit_open(struct db *db, struct audit_head *head, struct error *error)
{
    sqlite3_stmt *statement = db_prepare(db,
                                         "SELECT n, hash FROM audit"
                                         " UNION ALL SELECT 0, id FROM journal"
                                         " ORDER BY n DESC LIMIT 1",
                                         (struct db_row){0}, error);
    int code;

    if (!statement)
        return error->code;
    code = db_step(db, statement, error);
    if (code == 1) {
        head->n = sqlite3_column_int64(statement, 0);
        snprintf(head->hash, sizeof head->hash, "%s",
                 db_column_text(statement, 1));
    }
    sqlite3_finalize(statement);
    return code < 0 ? code : 0;
}
