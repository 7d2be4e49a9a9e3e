#include "journal/find_inner.h"

#include "base/alloc.h"

#include <stdlib.h>

/* ---- runs ---------------------------------------------------------------- */

/* A manual run's only step asks what was kept for later, where it was. */
#define HISTORY                                                                \
    "SELECT runs.run, policy, id, outcome, error, runs.started, runs.ended,"   \
    " due, step, coalesce(waiting.request,"                                    \
    " iif(policy IS NULL, steps.request, NULL)), cause, lease, runs.set_hash " \
    "FROM runs"                                                                \
    " LEFT JOIN alarms ON seq = alarm LEFT JOIN waiting USING (run)"           \
    " LEFT JOIN steps ON steps.run = runs.run AND step = 1"

struct history_reader {
    int (*each)(void *arg, const struct journal_history_row *row);
    void *arg;
};

static int history_row(void *arg, sqlite3_stmt *statement)
{
    const struct history_reader *reader = arg;
    struct journal_history_row row = {
        .run = sqlite3_column_int64(statement, 0),
        .policy = db_column_text(statement, 1),
        .alarm = db_column_text(statement, 2),
        .outcome = db_column_text(statement, 3),
        .error = db_column_text(statement, 4),
        .started = sqlite3_column_int64(statement, 5),
        .ended = sqlite3_column_int64(statement, 6),
        .due = sqlite3_column_int64(statement, 7),
        .begun = sqlite3_column_int64(statement, 8) != 0,
        .request = db_column(statement, 9),
        .cause = db_column_text(statement, 10),
        .lease = sqlite3_column_int64(statement, 11),
        .set = db_column_text(statement, 12),
    };

    return reader->each(reader->arg, &row);
}

int journal_find_runs(struct journal *journal,
                      const struct journal_filter *filter,
                      int (*each)(void *arg,
                                  const struct journal_history_row *row),
                      void *arg, struct error *error)
{
    struct history_reader reader = {each, arg};

    return find_rows(journal, JOURNAL_RUNS, HISTORY, filter, history_row,
                     &reader, error);
}

static int
runs_where(struct journal *journal, const char *sql, struct db_value value,
           int (*each)(void *arg, const struct journal_history_row *row),
           void *arg, struct error *error)
{
    struct history_reader reader = {each, arg};
    int64_t count =
        find_each(journal, sql, DB_ROW(value), history_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

int journal_read_runs_of_alarm(
    struct journal *journal, const char *alarm,
    int (*each)(void *arg, const struct journal_history_row *row), void *arg,
    struct error *error)
{
    return runs_where(journal,
                      HISTORY " WHERE alarm = (SELECT seq FROM alarms"
                              " WHERE id = ?) ORDER BY runs.run",
                      db_text(alarm), each, arg, error);
}

int journal_read_runs_of_lease(
    struct journal *journal, int64_t lease,
    int (*each)(void *arg, const struct journal_history_row *row), void *arg,
    struct error *error)
{
    return runs_where(
        journal,
        HISTORY " WHERE lease = ?1 AND (cause IS NOT 'verify' OR runs.run IN"
                " (SELECT run FROM runs WHERE lease = ?1 AND cause = 'verify'"
                "  ORDER BY run DESC LIMIT " JOURNAL_VERIFIES_SHOWN "))"
                " ORDER BY runs.run",
        db_integer(lease), each, arg, error);
}

int journal_read_run(struct journal *journal, int64_t run,
                     int (*each)(void *arg,
                                 const struct journal_history_row *row),
                     void *arg, struct error *error)
{
    struct history_reader reader = {each, arg};
    int64_t count =
        find_each(journal, HISTORY " WHERE runs.run = ?",
                  DB_ROW(db_integer(run)), history_row, &reader, error);

    if (count == 0)
        return find_none(journal, "SELECT 1 FROM runs WHERE run > ? LIMIT 1",
                         "run r", run, "riposte ls runs", error);
    return count < 0 ? (int)count : 0;
}

/* ---- steps --------------------------------------------------------------- */

struct step_reader {
    int (*each)(void *arg, const struct journal_step_found *row);
    void *arg;
};

/* The front is what read_step takes. */
#define STEPS                                                                  \
    "SELECT run, step, kind, steps.request, answer, incarnation, argv, due,"   \
    " status, policy, id, steps.started, steps.ended, attempt FROM steps"      \
    " JOIN runs USING (run) LEFT JOIN dues USING (run, step)"                  \
    " LEFT JOIN alarms ON seq = alarm"

static int found_step(void *arg, sqlite3_stmt *statement)
{
    const struct step_reader *reader = arg;
    struct journal_step_found found = {
        .row = read_step(statement),
        .status = db_column_text(statement, 8),
        .policy = db_column_text(statement, 9),
        .alarm = db_column_text(statement, 10),
        .started = sqlite3_column_int64(statement, 11),
        .ended = sqlite3_column_int64(statement, 12),
        .attempt = sqlite3_column_int64(statement, 13),
    };

    return reader->each(reader->arg, &found);
}

int journal_find_steps(struct journal *journal,
                       const struct journal_filter *filter,
                       int (*each)(void *arg,
                                   const struct journal_step_found *row),
                       void *arg, struct error *error)
{
    struct step_reader reader = {each, arg};

    return find_rows(journal, JOURNAL_STEPS, STEPS, filter, found_step, &reader,
                     error);
}

int journal_read_steps_of(struct journal *journal, int64_t run, unsigned step,
                          int (*each)(void *arg,
                                      const struct journal_step_found *row),
                          void *arg, struct error *error)
{
    struct step_reader reader = {each, arg};
    int64_t count = find_each(
        journal,
        STEPS " WHERE run = ?1 AND (?2 = 0 OR step = ?2) ORDER BY step",
        DB_ROW(db_integer(run), db_integer(step)), found_step, &reader, error);

    if (!count && step)
        return error_set(error, ERROR_NOT_FOUND,
                         "the journal has no step r%lld.%u; riposte show r%lld "
                         "has those of the run",
                         (long long)run, step, (long long)run);
    return count < 0 ? (int)count : 0;
}

/* ---- traces -------------------------------------------------------------- */

struct trace_reader {
    int (*each)(void *arg, const struct audit_record *record);
    void *arg;
};

static int trace_row(void *arg, sqlite3_stmt *statement)
{
    const struct trace_reader *reader = arg;
    struct audit_record record = {
        .n = sqlite3_column_int64(statement, 0),
        .time = sqlite3_column_int64(statement, 1),
        .kind = db_column_text(statement, 2),
        .body = db_column(statement, 3),
        .hash = db_column_text(statement, 4),
    };

    return reader->each(reader->arg, &record);
}

int journal_read_traces(struct journal *journal, int64_t run, unsigned step,
                        int (*each)(void *arg,
                                    const struct audit_record *record),
                        void *arg, struct error *error)
{
    struct trace_reader reader = {each, arg};
    char *name = alloc_printf("r%lld.%u", (long long)run, step);
    int64_t count = find_each(journal,
                              "SELECT n, coalesce(iif(json_valid(body),"
                              " json_extract(body, '$.kept.time'), NULL),"
                              " time), kind, body, hash FROM audit"
                              " WHERE " SCHEMA_AUDIT_STEP
                              " = ? AND " SCHEMA_AUDIT_KINDS " ORDER BY n",
                              DB_ROW(db_text(name)), trace_row, &reader, error);

    free(name);
    return count < 0 ? (int)count : 0;
}
