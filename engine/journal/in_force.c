#include "journal/in_force.h"

#include "journal/find_inner.h"
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

struct in_force_reader {
    union {
        int (*set)(void *arg, const struct journal_in_force *row);
        int (*counted)(void *arg, const struct journal_counted *row);
    };
    void *arg;
};

static int in_force_row(void *arg, sqlite3_stmt *statement)
{
    const struct in_force_reader *reader = arg;
    struct journal_in_force row = {
        .first = sqlite3_column_int64(statement, 0),
        .set = db_column_text(statement, 1),
        .only = db_column(statement, 2),
        .since = sqlite3_column_int64(statement, 3),
        .until = sqlite3_column_int64(statement, 4),
    };

    return reader->set(reader->arg, &row);
}

int journal_read_in_force(struct journal *journal, const char *alarm,
                          int (*each)(void *arg,
                                      const struct journal_in_force *row),
                          void *arg, struct error *error)
{
    struct in_force_reader reader = {.set = each, .arg = arg};
    int64_t count = find_each(
        journal,
        "SELECT first, set_hash, only, since, (SELECT since FROM in_force"
        " AS later WHERE later.first > own.first ORDER BY first LIMIT 1)"
        " FROM in_force AS own WHERE first <= (SELECT seq FROM alarms"
        " WHERE id = ?) ORDER BY first DESC LIMIT 1",
        DB_ROW(db_text(alarm)), in_force_row, &reader, error);

    if (!count)
        return error_set(error, ERROR_NOT_FOUND,
                         "the journal does not know which set was in force");
    return count < 0 ? (int)count : 0;
}

static int counted_row(void *arg, sqlite3_stmt *statement)
{
    const struct in_force_reader *reader = arg;
    struct journal_counted row = {
        .policy = db_column_text(statement, 0),
        .verdict = db_column_text(statement, 1),
        .n = sqlite3_column_int64(statement, 2),
        .time = sqlite3_column_int64(statement, 3),
    };

    return reader->counted(reader->arg, &row);
}

int journal_read_counted(struct journal *journal, const char *alarm,
                         int (*each)(void *arg,
                                     const struct journal_counted *row),
                         void *arg, struct error *error)
{
    struct in_force_reader reader = {.counted = each, .arg = arg};
    int64_t count =
        find_each(journal,
                  "SELECT policy, verdict, n, time FROM counted WHERE alarm ="
                  " (SELECT seq FROM alarms WHERE id = ?) ORDER BY policy",
                  DB_ROW(db_text(alarm)), counted_row, &reader, error);

    return count < 0 ? (int)count : 0;
}
