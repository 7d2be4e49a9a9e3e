#include "journal/in_force.h"

#include "journal/read.h"
#include "journal/write.h"

/* ---- writing ------------------------------------------------------------ */

static int apply_in_force(struct db *db, struct write *write,
                          struct error *error)
{
    const struct journal_in_force *row = &write->in_force;
    int code = db_run(
        db, STATEMENT_SET_IN_FORCE,
        DB_ROW(db_text(row->set), db_json(row->only), db_integer(row->since)),
        error);

    return code < 0 ? code : 0;
}

void journal_write_in_force(struct journal *journal,
                            const struct journal_in_force *row)
{
    struct write *write = write_new(apply_in_force, 1, NULL, NULL);

    write->in_force.set = write_keep_text(write, row->set);
    write->in_force.only = write_keep(write, row->only);
    write->in_force.since = row->since;
    journal_queue(journal, write);
}

/* ---- reading ------------------------------------------------------------ */

int journal_read_in_force(struct journal *journal, const char *alarm,
                          int (*each)(void *arg,
                                      const struct journal_in_force *row),
                          void *arg, struct error *error)
{
    struct db *db = journal_db(journal);
    sqlite3_stmt *statement = db_prepare(
        db,
        "SELECT first, set_hash, only, since, (SELECT since FROM in_force"
        " AS later WHERE later.first > own.first ORDER BY first LIMIT 1)"
        " FROM in_force AS own WHERE first <= (SELECT seq FROM alarms"
        " WHERE id = ?) ORDER BY first DESC LIMIT 1",
        DB_ROW(db_text(alarm)), error);
    int code;

    if (!statement)
        return error->code;
    code = db_step(db, statement, error);
    if (code == 1) {
        struct journal_in_force row = {
            .first = sqlite3_column_int64(statement, 0),
            .set = db_column_text(statement, 1),
            .only = db_column(statement, 2),
            .since = sqlite3_column_int64(statement, 3),
            .until = sqlite3_column_int64(statement, 4),
        };

        code = each(arg, &row);
    } else if (!code) {
        code = error_set(error, ERROR_NOT_FOUND,
                         "the journal does not know which set was in force");
    }
    sqlite3_finalize(statement);
    return code < 0 ? code : 0;
}

int journal_read_counted(struct journal *journal, const char *alarm,
                         int (*each)(void *arg,
                                     const struct journal_counted *row),
                         void *arg, struct error *error)
{
    struct db *db = journal_db(journal);
    sqlite3_stmt *statement =
        db_prepare(db,
                   "SELECT policy, verdict, n, time FROM counted WHERE alarm = "
                   "(SELECT seq FROM alarms WHERE id = ?)"
                   " ORDER BY policy",
                   DB_ROW(db_text(alarm)), error);
    int code;

    if (!statement)
        return error->code;
    while ((code = db_step(db, statement, error)) == 1) {
        struct journal_counted row = {
            .policy = db_column_text(statement, 0),
            .verdict = db_column_text(statement, 1),
            .n = sqlite3_column_int64(statement, 2),
            .time = sqlite3_column_int64(statement, 3),
        };

        code = each(arg, &row);
        if (code < 0)
            break;
    }
    sqlite3_finalize(statement);
    return code;
}
