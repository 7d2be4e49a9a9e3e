#include "journal/find_inner.h"
#include "journal/forgotten.h"
#include "journal/resume.h"

#include <stdio.h>
#include <string.h>

/* What a row's function needs: the caller's callback, of one of seven kinds. */
struct reader {
    union {
        journal_file_fn file;
        int (*alarm)(void *arg, const struct journal_alarm_row *row);
        int (*run)(void *arg, const struct journal_run_row *row);
        int (*step)(void *arg, const struct journal_step_row *row);
        int (*threshold)(void *arg, const struct journal_threshold_row *row);
        int (*schedule)(void *arg, const struct journal_schedule_row *row);
        int (*unknown)(void *arg, const struct journal_unknown_row *row);
    };
    void *arg;
};

int read_integer(struct db *db, const char *sql, struct db_row row,
                 int64_t fallback, int64_t *out, struct error *error)
{
    sqlite3_stmt *statement = db_prepare(db, sql, row, error);
    int code;

    *out = fallback;
    if (!statement)
        return error->code;
    code = db_step(db, statement, error);
    if (code == 1 && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code < 0 ? code : 0;
}

int read_next_run(struct db *db, int64_t *run, struct error *error)
{
    return read_integer(db, "SELECT coalesce(max(run), 0) + 1 FROM runs",
                        (struct db_row){0}, 0, run, error);
}

int read_id(struct db *db, char id[JOURNAL_ID], struct error *error)
{
    sqlite3_stmt *statement =
        db_prepare(db, "SELECT id FROM journal", (struct db_row){0}, error);
    int code;

    if (!statement)
        return error->code;
    code = db_step(db, statement, error);
    if (code == 1)
        snprintf(id, JOURNAL_ID, "%s", db_column_text(statement, 0));
    sqlite3_finalize(statement);
    return code < 0 ? code : 0;
}

static int file_row(void *arg, sqlite3_stmt *statement)
{
    const struct reader *reader = arg;

    return reader->file(reader->arg, db_column_text(statement, 0),
                        db_column(statement, 1));
}

static int found_row(void *arg, sqlite3_stmt *statement)
{
    (void)arg, (void)statement;
    return 0;
}

int journal_read_set(struct journal *journal, const char *set,
                     journal_file_fn each, void *arg, struct error *error)
{
    struct reader reader = {.file = each, .arg = arg};
    int64_t count = find_each(journal, "SELECT 1 FROM sets WHERE hash = ?",
                              DB_ROW(db_text(set)), found_row, &reader, error);

    if (count == 0)
        return error_at(error, ERROR_NOT_FOUND, "journal", 0, 0,
                        "the journal has no set %.12s", set);
    if (count > 0)
        count = find_each(journal,
                          "SELECT path, body FROM set_files"
                          " JOIN files ON hash = file_hash"
                          " WHERE set_hash = ? ORDER BY path",
                          DB_ROW(db_text(set)), file_row, &reader, error);
    return count < 0 ? (int)count : 0;
}

struct journal_alarm_row read_alarm(sqlite3_stmt *statement, int column)
{
    return (struct journal_alarm_row){
        .id = db_column_text(statement, column),
        .source = db_column_text(statement, column + 1),
        .raw = db_column(statement, column + 2),
        .time = sqlite3_column_int64(statement, column + 3),
        .received = sqlite3_column_int64(statement, column + 4),
        .count = sqlite3_column_int64(statement, column + 5),
    };
}

static int alarm_row(void *arg, sqlite3_stmt *statement)
{
    const struct reader *reader = arg;
    struct journal_alarm_row row = read_alarm(statement, 0);

    return reader->alarm(reader->arg, &row);
}

int journal_read_new_alarms(struct journal *journal,
                            int (*each)(void *arg,
                                        const struct journal_alarm_row *row),
                            void *arg, struct error *error)
{
    struct reader reader = {.alarm = each, .arg = arg};
    int64_t count = find_each(journal,
                              "SELECT " READ_ALARM " FROM new_alarms"
                              " JOIN alarms USING (seq) ORDER BY seq",
                              (struct db_row){0}, alarm_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

static int no_alarm(struct journal *journal, const char *prefix,
                    struct error *error)
{
    int code = forgotten_begins(journal_borrow(journal), prefix, error);

    journal_return(journal);
    if (code == 1)
        return error_set(error, ERROR_NOT_FOUND,
                         "alarm %s was removed: it was older than "
                         "riposte.lua's keep says",
                         prefix);
    if (code == 0)
        return error_set(error, ERROR_NOT_FOUND,
                         "the journal has no alarm %s; riposte ls runs shows "
                         "which there are",
                         prefix);
    return code;
}

int journal_read_alarm(struct journal *journal, const char *prefix,
                       int (*each)(void *arg,
                                   const struct journal_alarm_row *row),
                       void *arg, struct error *error)
{
    struct reader reader = {.arg = arg};
    struct db_value start = db_text(prefix);
    int64_t count;

    reader.alarm = each;
    count = find_each(
        journal, "SELECT 1 FROM alarms WHERE " READ_BEGINS("id") " LIMIT 2",
        DB_ROW(start), found_row, &reader, error);
    if (count == 0)
        return no_alarm(journal, prefix, error);
    if (count > 1)
        return error_set(error, ERROR_NOT_FOUND,
                         "several alarms have an id that begins with %s; give "
                         "more of it",
                         prefix);
    if (count == 1)
        count = find_each(journal,
                          "SELECT " READ_ALARM " FROM alarms"
                          " WHERE " READ_BEGINS("id"),
                          DB_ROW(start), alarm_row, &reader, error);
    return count < 0 ? (int)count : 0;
}

struct journal_run_row read_run(sqlite3_stmt *statement,
                                struct journal_alarm_row *alarm)
{
    *alarm = read_alarm(statement, 3);
    return (struct journal_run_row){
        .run = sqlite3_column_int64(statement, 0),
        .policy = db_column_text(statement, 1),
        .set = db_column_text(statement, 2),
        .alarm = alarm->id ? alarm : NULL,
        .request = db_column(statement, 9),
        .due = sqlite3_column_int64(statement, 10),
        .cause = db_column_text(statement, 11),
        .lease = sqlite3_column_int64(statement, 12),
        .started = sqlite3_column_int64(statement, 13),
    };
}

static int run_row(void *arg, sqlite3_stmt *statement)
{
    const struct reader *reader = arg;
    struct journal_alarm_row alarm;
    struct journal_run_row row = read_run(statement, &alarm);

    return reader->run(reader->arg, &row);
}

int journal_read_open_runs(struct journal *journal,
                           int (*each)(void *arg,
                                       const struct journal_run_row *row),
                           void *arg, struct error *error)
{
    struct reader reader = {.run = each, .arg = arg};
    int64_t count = find_each(journal,
                              "SELECT " READ_RUN " FROM " READ_RUNS
                              " WHERE outcome IS NULL ORDER BY run",
                              (struct db_row){0}, run_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

struct journal_step_row read_step(sqlite3_stmt *statement)
{
    return (struct journal_step_row){
        .run = sqlite3_column_int64(statement, 0),
        .step = (unsigned)sqlite3_column_int64(statement, 1),
        .kind = db_column_text(statement, 2),
        .request = db_column(statement, 3),
        .answer = db_column(statement, 4),
        .incarnation = (uint64_t)sqlite3_column_int64(statement, 5),
        .argv = db_column(statement, 6),
        .due = sqlite3_column_int64(statement, 7),
        .attempt = (unsigned)sqlite3_column_int64(statement, 8),
    };
}

static int step_row(void *arg, sqlite3_stmt *statement)
{
    const struct reader *reader = arg;
    struct journal_step_row row = read_step(statement);

    return reader->step(reader->arg, &row);
}

int journal_read_steps(struct journal *journal, int64_t run,
                       int (*each)(void *arg,
                                   const struct journal_step_row *row),
                       void *arg, struct error *error)
{
    struct reader reader = {.step = each, .arg = arg};
    int64_t count = find_each(journal, READ_STEPS, DB_ROW(db_integer(run)),
                              step_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

static int unknown_row(void *arg, sqlite3_stmt *statement)
{
    const struct reader *reader = arg;
    struct journal_unknown_row row = {
        .run = sqlite3_column_int64(statement, 0),
        .step = (unsigned)sqlite3_column_int64(statement, 1),
        .policy = db_column_text(statement, 2),
        .alarm = db_column_text(statement, 3),
    };

    return reader->unknown(reader->arg, &row);
}

int journal_read_unknown(struct journal *journal,
                         int (*each)(void *arg,
                                     const struct journal_unknown_row *row),
                         void *arg, struct error *error)
{
    struct reader reader = {.unknown = each, .arg = arg};
    int64_t count = find_each(journal,
                              "SELECT run, step, policy, id FROM steps"
                              " JOIN runs USING (run)"
                              " LEFT JOIN alarms ON seq = alarm"
                              " WHERE status = 'Unknown' ORDER BY run, step",
                              (struct db_row){0}, unknown_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

static int threshold_row(void *arg, sqlite3_stmt *statement)
{
    const struct reader *reader = arg;
    struct journal_threshold_row row = {
        .counter = db_column_text(statement, 0),
        .key = db_column(statement, 1),
        .state = db_column(statement, 2),
    };

    return reader->threshold(reader->arg, &row);
}

int journal_read_thresholds(struct journal *journal,
                            int (*each)(void *arg,
                                        const struct journal_threshold_row *),
                            void *arg, struct error *error)
{
    struct reader reader = {.threshold = each, .arg = arg};
    int64_t count =
        find_each(journal,
                  "SELECT counter, key, state FROM thresholds"
                  " ORDER BY counter, key",
                  (struct db_row){0}, threshold_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

static int schedule_row(void *arg, sqlite3_stmt *statement)
{
    const struct reader *reader = arg;
    struct journal_schedule_row row = {
        .policy = db_column_text(statement, 0),
        .every = db_column_text(statement, 1),
        .due = sqlite3_column_int64(statement, 2),
    };

    return reader->schedule(reader->arg, &row);
}

int journal_read_schedules(struct journal *journal,
                           int (*each)(void *arg,
                                       const struct journal_schedule_row *),
                           void *arg, struct error *error)
{
    struct reader reader = {.schedule = each, .arg = arg};
    int64_t count = find_each(journal,
                              "SELECT policy, every, due FROM schedules"
                              " ORDER BY policy",
                              (struct db_row){0}, schedule_row, &reader, error);

    return count < 0 ? (int)count : 0;
}
