#include "journal/budget.h"

#include "base/crash.h"
#include "journal/find_inner.h"
#include "journal/record.h"
#include "journal/write.h"

struct use_reader {
    int (*each)(void *arg, const struct journal_use *row);
    void *arg;
};

static int use_row(void *arg, sqlite3_stmt *statement)
{
    const struct use_reader *reader = arg;
    struct journal_use row = {
        .run = sqlite3_column_int64(statement, 0),
        .step = (unsigned)sqlite3_column_int64(statement, 1),
        .time = sqlite3_column_int64(statement, 2),
        .plugin = db_column_text(statement, 3),
        .action = db_column_text(statement, 4),
        .policy = db_column_text(statement, 5),
        .target = db_column_text(statement, 6),
        .attempt = (unsigned)sqlite3_column_int64(statement, 7),
    };

    return reader->each(reader->arg, &row);
}

int journal_read_uses(struct journal *journal, int64_t since,
                      int (*each)(void *arg, const struct journal_use *row),
                      void *arg, struct error *error)
{
    struct use_reader reader = {each, arg};
    int64_t count = find_each(
        journal,
        "SELECT run, step, time, plugin, action, policy, target, attempt"
        " FROM uses WHERE time >= ? ORDER BY time, attempt",
        DB_ROW(db_integer(since)), use_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

static int note_use(struct db *db, const struct journal_use *use,
                    const char *kind, struct error *error)
{
    struct record record;

    record_begin(&record);
    record_step(&record, use->run, use->step);
    record_text(&record, "target", use->target);
    record_json(&record, "budgets", use->counts);
    return record_append(&record, db, kind, use->time, error);
}

static int apply_use(struct db *db, struct write *write, struct error *error)
{
    const struct journal_use *use = &write->use.row;
    int code = db_run(db, STATEMENT_INSERT_USE,
                      DB_ROW(db_integer(use->run), db_integer(use->step),
                             db_integer(use->time), db_text(use->plugin),
                             db_text(use->action), db_text(use->policy),
                             db_text(use->target), db_integer(use->attempt)),
                      error);

    if (code <= 0)
        return code; /* failed, or there already */
    CRASH(ENGINE_BUDGET_WRITTEN);
    code = db_run(db, STATEMENT_DELETE_USES,
                  DB_ROW(db_integer(write->use.expired)), error);
    return code < 0 ? code : note_use(db, use, "use", error);
}

void journal_write_use(struct journal *journal, const struct journal_use *use,
                       int64_t expired)
{
    struct write *write = write_new(apply_use, 1, NULL, NULL);
    struct journal_use *row = &write->use.row;

    *row = *use;
    row->plugin = write_keep_text(write, use->plugin);
    row->action = write_keep_text(write, use->action);
    row->policy = write_keep_text(write, use->policy);
    row->target = write_keep_text(write, use->target);
    row->counts = write_keep(write, use->counts);
    write->use.expired = expired;
    journal_queue(journal, write);
}

static int apply_unused(struct db *db, struct write *write, struct error *error)
{
    const struct journal_use *use = &write->use.row;
    int code =
        db_run(db, STATEMENT_DELETE_USE,
               DB_ROW(db_integer(use->run), db_integer(use->step)), error);

    return code < 0 ? code : note_use(db, use, "unused", error);
}

void journal_write_unused(struct journal *journal, int64_t run, unsigned step,
                          int64_t time)
{
    struct write *write = write_new(apply_unused, 1, NULL, NULL);

    write->use.row =
        (struct journal_use){.run = run, .step = step, .time = time};
    journal_queue(journal, write);
}
