#include "journal/lease.h"

#include "base/crash.h"
#include "journal/find_inner.h"
#include "journal/record.h"
#include "journal/write.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- reading ------------------------------------------------------------ */

#define LEASES                                                                 \
    "SELECT lease, plugin, action, target, same, params, set_hash, started,"   \
    " state, attempts, retry, verified, checked, error, ended,"                \
    " quiet, policy, drifted, restore, restored FROM leases"

static struct journal_lease lease_at(sqlite3_stmt *statement)
{
    return (struct journal_lease){
        .lease = sqlite3_column_int64(statement, 0),
        .plugin = db_column_text(statement, 1),
        .action = db_column_text(statement, 2),
        .target = db_column_text(statement, 3),
        .same = db_column_text(statement, 4),
        .params = db_column(statement, 5),
        .set = db_column_text(statement, 6),
        .started = sqlite3_column_int64(statement, 7),
        .state = db_column_text(statement, 8),
        .attempts = sqlite3_column_int64(statement, 9),
        .retry = sqlite3_column_int64(statement, 10),
        .verified = db_column_text(statement, 11),
        .checked = sqlite3_column_int64(statement, 12),
        .error = db_column_text(statement, 13),
        .ended = sqlite3_column_int64(statement, 14),
        .quiet = sqlite3_column_int64(statement, 15) != 0,
        .policy = db_column_text(statement, 16),
        .drifted = sqlite3_column_int64(statement, 17),
        .restore = sqlite3_column_int64(statement, 18),
        .restored = db_column_text(statement, 19),
    };
}

struct lease_reader {
    int (*each)(void *arg, const struct journal_lease *row);
    void *arg;
};

static int lease_row(void *arg, sqlite3_stmt *statement)
{
    const struct lease_reader *reader = arg;
    struct journal_lease row = lease_at(statement);

    return reader->each(reader->arg, &row);
}

int journal_read_leases(struct journal *journal, bool all,
                        int (*each)(void *arg, const struct journal_lease *row),
                        void *arg, struct error *error)
{
    struct lease_reader reader = {each, arg};
    int64_t count =
        find_each(journal, LEASES " WHERE ended IS NULL OR ? ORDER BY lease",
                  DB_ROW(db_integer(all)), lease_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

int journal_find_leases(struct journal *journal,
                        const struct journal_filter *filter,
                        int (*each)(void *arg, const struct journal_lease *row),
                        void *arg, struct error *error)
{
    struct lease_reader reader = {each, arg};

    return find_rows(journal, JOURNAL_LEASES, LEASES, filter, lease_row,
                     &reader, error);
}

int journal_read_lease(struct journal *journal, int64_t lease,
                       int (*each)(void *arg, const struct journal_lease *row),
                       void *arg, struct error *error)
{
    struct lease_reader reader = {each, arg};
    int64_t count =
        find_each(journal, LEASES " WHERE lease = ?", DB_ROW(db_integer(lease)),
                  lease_row, &reader, error);

    if (!count)
        return find_none(
            journal, "SELECT 1 FROM leases WHERE lease > ? LIMIT 1", "lease l",
            lease, "riposte ls leases --state all", error);
    return count < 0 ? (int)count : 0;
}

struct owner_reader {
    int (*each)(void *arg, const struct journal_owner *row);
    void *arg;
};

static int owner_row(void *arg, sqlite3_stmt *statement)
{
    const struct owner_reader *reader = arg;
    struct journal_owner row = {
        .lease = sqlite3_column_int64(statement, 0),
        .run = sqlite3_column_int64(statement, 1),
        .step = sqlite3_column_int64(statement, 2),
        .until = sqlite3_column_int64(statement, 3),
    };

    return reader->each(reader->arg, &row);
}

int journal_read_owners_of(struct journal *journal, int64_t lease,
                           int (*each)(void *arg,
                                       const struct journal_owner *row),
                           void *arg, struct error *error)
{
    struct owner_reader reader = {each, arg};
    int64_t count =
        find_each(journal,
                  "SELECT lease, run, step, until FROM owners"
                  " WHERE lease = ? ORDER BY run, step",
                  DB_ROW(db_integer(lease)), owner_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

int journal_read_owners(struct journal *journal,
                        int (*each)(void *arg, const struct journal_owner *row),
                        void *arg, struct error *error)
{
    struct owner_reader reader = {each, arg};
    int64_t count = find_each(journal,
                              "SELECT lease, run, step, until FROM owners"
                              " JOIN leases USING (lease) WHERE ended IS NULL"
                              " ORDER BY lease, run, step",
                              (struct db_row){0}, owner_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

int journal_read_next_lease(struct journal *journal, int64_t *next,
                            struct error *error)
{
    int64_t count =
        find_each(journal, "SELECT coalesce(max(lease), 0) + 1 FROM leases",
                  (struct db_row){0}, find_integer_row, next, error);

    return count < 0 ? (int)count : 0;
}

/* ---- writing ------------------------------------------------------------ */

static struct db_value some_or_null(int64_t number)
{
    return number ? db_integer(number) : db_text(NULL);
}

static void put_number(struct record *record, int64_t lease)
{
    char text[24]; /* "l", 19 digits, NUL */

    snprintf(text, sizeof text, "l%" PRId64, lease);
    json_text(&record->out, "lease", text);
}

static int note_lease(struct db *db, const struct write *write,
                      struct error *error)
{
    const struct journal_lease *row = &write->lease.row;
    struct record record;

    record_begin(&record);
    put_number(&record, row->lease);
    record_text(&record, "plugin", row->plugin);
    record_text(&record, "action", row->action);
    record_text(&record, "target", row->target);
    record_text(&record, "state", row->state);
    record_text(&record, "why", write->lease.why);
    record_text(&record, "error", row->error);
    record_text(&record, "verified", row->verified);
    if (row->drifted)
        json_int(&record.out, "drifted", row->drifted);
    record_text(&record, "restored", row->restored);
    return record_append(&record, db, "lease", write->lease.time, error);
}

static int apply_lease(struct db *db, struct write *write, struct error *error)
{
    const struct journal_lease *row = &write->lease.row;
    int code =
        db_run(db, STATEMENT_SET_LEASE,
               DB_ROW(db_integer(row->lease), db_text(row->plugin),
                      db_text(row->action), db_text(row->target),
                      db_text(row->same), db_json(row->params),
                      db_text(row->set), db_integer(row->started),
                      db_text(row->state), db_integer(row->attempts),
                      db_integer(row->retry), db_text(row->verified),
                      some_or_null(row->checked), db_text(row->error),
                      some_or_null(row->ended), db_integer(row->quiet),
                      db_text(row->policy), some_or_null(row->drifted),
                      some_or_null(row->restore), db_text(row->restored)),
               error);

    CRASH(ENGINE_LEASE_WRITTEN);
    return code < 0 ? code : note_lease(db, write, error);
}

void journal_write_lease(struct journal *journal,
                         const struct journal_lease *row, const char *why,
                         int64_t time)
{
    struct write *write = write_new(apply_lease, 1, NULL, NULL);
    struct journal_lease *kept = &write->lease.row;

    *kept = *row;
    kept->plugin = write_keep_text(write, row->plugin);
    kept->action = write_keep_text(write, row->action);
    kept->target = write_keep_text(write, row->target);
    kept->same = write_keep_text(write, row->same);
    kept->params = write_keep(write, row->params);
    kept->set = write_keep_text(write, row->set);
    kept->state = write_keep_text(write, row->state);
    kept->verified = write_keep_text(write, row->verified);
    kept->error = write_keep_text(write, row->error);
    kept->policy = write_keep_text(write, row->policy);
    kept->restored = write_keep_text(write, row->restored);
    write->lease.why = write_keep_text(write, why);
    write->lease.time = time;
    journal_queue(journal, write);
}

static int apply_owner(struct db *db, struct write *write, struct error *error)
{
    const struct journal_owner *row = &write->owner.row;
    struct record record;
    int code =
        row->until < 0
            ? db_run(db, STATEMENT_DELETE_OWNER,
                     DB_ROW(db_integer(row->run), db_integer(row->step)), error)
            : db_run(db, STATEMENT_SET_OWNER,
                     DB_ROW(db_integer(row->run), db_integer(row->step),
                            db_integer(row->lease), db_integer(row->until)),
                     error);

    CRASH(ENGINE_OWNER_WRITTEN);
    if (code < 0)
        return code;
    record_begin(&record);
    put_number(&record, row->lease);
    if (row->run)
        record_step(&record, row->run, (unsigned)row->step);
    json_int(&record.out, "until", row->until);
    return record_append(&record, db, "owner", write->owner.time, error);
}

void journal_write_owner(struct journal *journal,
                         const struct journal_owner *row, int64_t time)
{
    struct write *write = write_new(apply_owner, 1, NULL, NULL);

    write->owner.row = *row;
    write->owner.time = time;
    journal_queue(journal, write);
}
