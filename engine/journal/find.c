#include "journal/find_inner.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

/* A state as people name it, and what it is in SQL; NULL: its column has the
 * name. */
struct state {
    const char *name;
    const char *sql;
};
enum { STATES_MAX = 10, VALUES_MAX = 5 };

#define HAS_RUN "EXISTS (SELECT 1 FROM runs WHERE runs.alarm = alarms.seq)"

/* The one table of filters. */
static const struct kind {
    const char *time;    /* the column of since and until */
    const char *number;  /* by which they are in order */
    const char *policy;  /* or NULL */
    const char *state;   /* column */
    const char *usually; /* where no state is asked for; or NULL */
    struct state states[STATES_MAX];
} kinds[] = {
    [JOURNAL_ALARMS] =
        {"received",
         "alarms.seq DESC",
         "alarms.seq IN (SELECT alarm FROM runs WHERE policy = ?)",
         NULL,
         NULL,
         {{"new", "new_alarms.seq IS NOT NULL"},
          {"ran", HAS_RUN},
          {"passed", "new_alarms.seq IS NULL AND NOT " HAS_RUN}}},
    [JOURNAL_RUNS] =
        {"runs.started",
         "runs.run DESC",
         "policy = ?",
         "outcome",
         NULL,
         {{"open", "outcome IS NULL AND (due IS NULL OR step IS NOT NULL)"},
          {"waiting", "outcome IS NULL AND due IS NOT NULL AND step IS NULL"},
          {"done", NULL},
          {"failed", SCHEMA_BAD " AND outcome = ?"},
          {"parked", SCHEMA_BAD " AND outcome = ?"},
          {"aborted", SCHEMA_BAD " AND outcome = ?"}}},
    [JOURNAL_STEPS] = {"steps.started",
                       "run DESC, step DESC",
                       "policy = ?",
                       "status",
                       NULL,
                       {{"Pending", SCHEMA_ODD " AND status = ?"},
                        {"Executed", NULL},
                        {"Failed to Execute", SCHEMA_ODD " AND status = ?"},
                        {"Not started", SCHEMA_ODD " AND status = ?"},
                        {"Timed out", SCHEMA_ODD " AND status = ?"},
                        {"Denied", SCHEMA_ODD " AND status = ?"},
                        {"Refused", SCHEMA_ODD " AND status = ?"},
                        {"Unknown", SCHEMA_ODD " AND status = ?"},
                        {"Dry run", SCHEMA_ODD " AND status = ?"}}},
    [JOURNAL_LEASES] = {"leases.started",
                        "lease DESC",
                        NULL,
                        "state",
                        "leases.ended IS NULL",
                        {{"starting", NULL},
                         {"in force", NULL},
                         {"drifted", NULL},
                         {"uncertain", NULL},
                         {"undoing", NULL},
                         {"undo unknown", NULL},
                         {"undo failed", NULL},
                         {"needs a person", NULL},
                         {"ended", "leases.ended IS NOT NULL"},
                         {"all", "TRUE"}}},
    [JOURNAL_APPROVALS] = {"opened",
                           "approval DESC",
                           "policy = ?",
                           "state",
                           NULL,
                           {{"open", NULL},
                            {"approved", NULL},
                            {"denied", NULL},
                            {"expired", NULL},
                            {"used", NULL}}},
    [JOURNAL_SETS] =
        {"created", "created DESC", NULL, NULL, NULL, {{NULL, NULL}}},
};

const char *journal_state(enum journal_kind kind, size_t index)
{
    return index < STATES_MAX ? kinds[kind].states[index].name : NULL;
}

bool journal_of_policy(enum journal_kind kind)
{
    return kinds[kind].policy != NULL;
}

int64_t find_each(struct journal *journal, const char *sql, struct db_row bound,
                  int (*row)(void *arg, sqlite3_stmt *statement), void *arg,
                  struct error *error)
{
    struct error ignored = {0};
    struct db *db = journal_borrow(journal);
    sqlite3_stmt *statement;
    int64_t count = 0;
    int code = 1;

    error = error ? error : &ignored;
    statement = db_prepare(db, sql, bound, error);
    if (!statement)
        code = error->code;
    while (code > 0 && (code = db_step(db, statement, error)) == 1) {
        code = row(arg, statement);
        if (code < 0)
            break;
        count++;
        code = 1;
    }
    sqlite3_finalize(statement);
    journal_return(journal);
    return code < 0 ? code : count;
}

int find_integer_row(void *arg, sqlite3_stmt *statement)
{
    int64_t *integer = arg;

    *integer = sqlite3_column_int64(statement, 0);
    return 0;
}

int find_none(struct journal *journal, const char *higher, const char *what,
              int64_t number, const char *list, struct error *error)
{
    int64_t ignored;
    int64_t count = find_each(journal, higher, DB_ROW(db_integer(number)),
                              find_integer_row, &ignored, error);

    if (count < 0)
        return (int)count;
    if (count && number > 0)
        return error_set(error, ERROR_NOT_FOUND,
                         "%s%lld was removed: it was older than riposte.lua's "
                         "keep says",
                         what, (long long)number);
    return error_set(error, ERROR_NOT_FOUND,
                     "the journal has no %s%lld; %s lists them", what,
                     (long long)number, list);
}

/* A statement that is being written. */
struct query {
    struct buf sql; /* owned */
    struct db_value values[VALUES_MAX];
    size_t len;
    bool narrowed; /* there is a WHERE */
};

static void narrow(struct query *query, const char *condition)
{
    buf_printf(&query->sql, " %s (%s)", query->narrowed ? "AND" : "WHERE",
               condition);
    query->narrowed = true;
}

static void add_value(struct query *query, struct db_value value)
{
    query->values[query->len++] = value;
}

static void narrow_time(struct query *query, const char *column,
                        const char *compare, int64_t time)
{
    buf_printf(&query->sql, " %s %s %s ?", query->narrowed ? "AND" : "WHERE",
               column, compare);
    query->narrowed = true;
    add_value(query, db_integer(time));
}

static void narrow_state(struct query *query, const struct kind *kind,
                         const char *name)
{
    const struct state *state = kind->states;

    while (strcmp(state->name, name) != 0)
        state++;
    if (state->sql) {
        narrow(query, state->sql);
    } else {
        buf_printf(&query->sql, " %s %s = ?", query->narrowed ? "AND" : "WHERE",
                   kind->state);
        query->narrowed = true;
    }
    if (!state->sql || strchr(state->sql, '?'))
        add_value(query, db_text(name));
}

int find_rows(struct journal *journal, enum journal_kind kind,
              const char *select, const struct journal_filter *filter,
              int (*row)(void *arg, sqlite3_stmt *statement), void *arg,
              struct error *error)
{
    const struct kind *what = &kinds[kind];
    struct query query = {0};
    bool timed = filter->since != INT64_MIN || filter->until != INT64_MAX;
    int64_t count;

    buf_add_text(&query.sql, select);
    if (filter->since != INT64_MIN)
        narrow_time(&query, what->time, ">=", filter->since);
    if (filter->until != INT64_MAX)
        narrow_time(&query, what->time, "<", filter->until);
    if (filter->policy) {
        narrow(&query, what->policy);
        add_value(&query, db_text(filter->policy));
    }
    if (filter->state)
        narrow_state(&query, what, filter->state);
    else if (what->usually)
        narrow(&query, what->usually);
    /* By time, where an index has the times: the number goes with it. */
    buf_add_text(&query.sql, " ORDER BY ");
    if (timed)
        buf_printf(&query.sql, "%s DESC, ", what->time);
    buf_printf(&query.sql, "%s LIMIT ?", what->number);
    add_value(&query, db_integer(filter->limit));
    count =
        find_each(journal, query.sql.data,
                  (struct db_row){query.values, query.len}, row, arg, error);
    buf_free(&query.sql);
    return count < 0 ? (int)count : 0;
}

/* ---- alarms -------------------------------------------------------------- */

struct alarm_reader {
    int (*each)(void *arg, const struct journal_alarm_found *row);
    void *arg;
};

static int alarm_row(void *arg, sqlite3_stmt *statement)
{
    const struct alarm_reader *reader = arg;
    struct journal_alarm_found found = {
        .row = read_alarm(statement, 0),
        .fresh = sqlite3_column_int64(statement, 6) != 0,
        .runs = sqlite3_column_int64(statement, 7),
    };

    return reader->each(reader->arg, &found);
}

#define ALARMS                                                                 \
    "SELECT " READ_ALARM ", new_alarms.seq IS NOT NULL,"                       \
    " (SELECT count(*) FROM runs WHERE alarm = alarms.seq)"                    \
    " FROM alarms LEFT JOIN new_alarms USING (seq)"

int journal_find_alarms(struct journal *journal,
                        const struct journal_filter *filter,
                        int (*each)(void *arg,
                                    const struct journal_alarm_found *row),
                        void *arg, struct error *error)
{
    struct alarm_reader reader = {each, arg};

    return find_rows(journal, JOURNAL_ALARMS, ALARMS, filter, alarm_row,
                     &reader, error);
}

int journal_find_alarm(struct journal *journal, const char *prefix,
                       int (*each)(void *arg,
                                   const struct journal_alarm_found *row),
                       void *arg, struct error *error)
{
    struct alarm_reader reader = {each, arg};
    int64_t count = find_each(
        journal, ALARMS " WHERE " READ_BEGINS("id") " ORDER BY id LIMIT 2",
        DB_ROW(db_text(prefix)), alarm_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

/* ---- sets ---------------------------------------------------------------- */

struct set_reader {
    int (*each)(void *arg, const struct journal_set_found *row);
    void *arg;
};

static int set_row(void *arg, sqlite3_stmt *statement)
{
    const struct set_reader *reader = arg;
    struct journal_set_found found = {
        .hash = db_column_text(statement, 0),
        .created = sqlite3_column_int64(statement, 1),
        .files = sqlite3_column_int64(statement, 2),
        .runs = sqlite3_column_int64(statement, 3),
        .since = sqlite3_column_int64(statement, 4),
        .until = sqlite3_column_int64(statement, 5),
    };

    return reader->each(reader->arg, &found);
}

#define SETS                                                                   \
    "SELECT hash, created, (SELECT count(*) FROM set_files"                    \
    " WHERE set_hash = hash), (SELECT count(*) FROM runs"                      \
    " WHERE set_hash = hash), (SELECT since FROM in_force"                     \
    " WHERE set_hash = hash ORDER BY first DESC LIMIT 1),"                     \
    " (SELECT since FROM in_force WHERE first > (SELECT max(own.first)"        \
    " FROM in_force AS own WHERE own.set_hash = hash) ORDER BY first LIMIT 1)" \
    " FROM sets"

int journal_find_sets(struct journal *journal,
                      const struct journal_filter *filter,
                      int (*each)(void *arg,
                                  const struct journal_set_found *row),
                      void *arg, struct error *error)
{
    struct set_reader reader = {each, arg};

    return find_rows(journal, JOURNAL_SETS, SETS, filter, set_row, &reader,
                     error);
}

int journal_find_set(struct journal *journal, const char *prefix,
                     int (*each)(void *arg,
                                 const struct journal_set_found *row),
                     void *arg, struct error *error)
{
    struct set_reader reader = {each, arg};
    int64_t count = find_each(
        journal, SETS " WHERE " READ_BEGINS("hash") " ORDER BY hash LIMIT 2",
        DB_ROW(db_text(prefix)), set_row, &reader, error);

    return count < 0 ? (int)count : 0;
}
