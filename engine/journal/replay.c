#include "journal/replay.h"

#include "journal/read.h"

/* Runs of a slice: no statement over runs stays open for longer. */
#define SLICE "256"

struct replaying {
    const struct journal_replay *what;
    struct db *db;
    sqlite3_stmt *steps; /* owned: prepared once for the slice */
    int64_t first;       /* of the next slice */
};

static int read_run_steps(struct replaying *replaying, int64_t run,
                          struct error *error)
{
    const struct journal_replay *what = replaying->what;
    int code;

    sqlite3_bind_int64(replaying->steps, 1, run);
    while ((code = db_step(replaying->db, replaying->steps, error)) == 1) {
        struct journal_step_row row = read_step(replaying->steps);

        code = what->step(what->arg, &row);
        if (code < 0)
            break;
    }
    sqlite3_reset(replaying->steps);
    return code;
}

static int read_one(struct replaying *replaying, sqlite3_stmt *statement,
                    struct error *error)
{
    const struct journal_replay *what = replaying->what;
    struct journal_alarm_row alarm;
    struct journal_replay_row row = {
        .run = read_run(statement, &alarm),
        .outcome = db_column_text(statement, READ_RUN_COLUMNS),
        .error = db_column_text(statement, READ_RUN_COLUMNS + 1),
    };
    int64_t run = row.run.run;
    int code = what->run(what->arg, &row);

    replaying->first = run + 1;
    if (!code)
        code = read_run_steps(replaying, run, error);
    if (!code)
        code = what->end(what->arg);
    return code;
}

static int read_runs(struct replaying *replaying, struct error *error)
{
    const struct journal_replay *what = replaying->what;
    sqlite3_stmt *statement =
        db_prepare(replaying->db,
                   "SELECT " READ_RUN ", outcome, error FROM " READ_RUNS
                   " WHERE run BETWEEN ? AND ? AND started >= ?"
                   " AND (?4 IS NULL OR policy = ?4) ORDER BY run LIMIT " SLICE,
                   DB_ROW(db_integer(replaying->first), db_integer(what->last),
                          db_integer(what->since), db_text(what->policy)),
                   error);
    int code, count = 0;

    if (!statement)
        return error->code;
    while ((code = db_step(replaying->db, statement, error)) == 1) {
        code = read_one(replaying, statement, error);
        if (code < 0)
            break;
        count++;
    }
    sqlite3_finalize(statement);
    return code < 0 ? code : count;
}

/* Returns how many runs there were in the slice, or negative. */
static int read_slice(struct replaying *replaying, struct journal *journal,
                      struct error *error)
{
    int code;

    replaying->db = journal_borrow(journal);
    replaying->steps =
        db_prepare(replaying->db, READ_STEPS, DB_ROW(db_integer(0)), error);
    code = replaying->steps ? read_runs(replaying, error) : error->code;
    sqlite3_finalize(replaying->steps);
    journal_return(journal);
    return code;
}

int64_t journal_read_replay(struct journal *journal,
                            const struct journal_replay *what,
                            struct error *error)
{
    struct replaying replaying = {.what = what, .first = what->first};
    int64_t count = 0;
    int code;

    while ((code = read_slice(&replaying, journal, error)) > 0)
        count += code;
    return code < 0 ? code : count;
}

int journal_read_policies(struct journal *journal,
                          int (*each)(void *arg, const char *name), void *arg,
                          struct error *error)
{
    struct db *db = journal_borrow(journal);
    sqlite3_stmt *statement =
        db_prepare(db,
                   "SELECT DISTINCT policy FROM runs"
                   " WHERE policy IS NOT NULL ORDER BY policy",
                   (struct db_row){0}, error);
    int code = statement ? 1 : error->code;

    while (code == 1 && (code = db_step(db, statement, error)) == 1) {
        code = each(arg, db_column_text(statement, 0));
        code = code < 0 ? code : 1;
    }
    sqlite3_finalize(statement);
    journal_return(journal);
    return code < 0 ? code : 0;
}
