#include "journal/approval.h"

#include "base/alloc.h"
#include "base/crash.h"
#include "journal/find_inner.h"
#include "journal/record.h"
#include "journal/write.h"

#include <stdlib.h>

/* ---- reading ------------------------------------------------------------ */

int64_t journal_read_next_approval(struct journal *journal)
{
    int64_t next = ERROR_SYSTEM;

    find_each(journal, "SELECT coalesce(max(approval), 0) + 1 FROM approvals",
              (struct db_row){0}, find_integer_row, &next, NULL);
    return next;
}

static struct journal_approval approval_at(sqlite3_stmt *statement)
{
    return (struct journal_approval){
        .approval = sqlite3_column_int64(statement, 0),
        .run = sqlite3_column_int64(statement, 1),
        .step = (unsigned)sqlite3_column_int64(statement, 2),
        .request = db_column(statement, 3),
        .argv = db_column(statement, 4),
        .target = db_column_text(statement, 5),
        .set = db_column_text(statement, 6),
        .rules = db_column(statement, 7),
        .question = db_column(statement, 8),
        .levels = db_column(statement, 9),
        .opened = sqlite3_column_int64(statement, 10),
        .expires = sqlite3_column_int64(statement, 11),
        .state = db_column_text(statement, 12),
        .kind = db_column_text(statement, 13),
        .policy = db_column_text(statement, 14),
        .alarm = db_column_text(statement, 15),
        .outcome = db_column_text(statement, 16),
        .used = (unsigned)sqlite3_column_int64(statement, 17),
        .status = db_column_text(statement, 18),
        .requester = db_column_text(statement, 19),
        .requester_name = db_column_text(statement, 20),
    };
}

#define APPROVALS                                                              \
    "SELECT approval, a.run, a.step, a.request, a.argv, target, a.set_hash,"   \
    " rules, question, levels, opened, expires, state, asked.kind, policy, "   \
    "id,"                                                                      \
    " outcome, used, user.status, person, name FROM approvals AS a"            \
    " JOIN runs USING (run)"                                                   \
    " LEFT JOIN steps AS asked ON asked.run = a.run AND asked.step = a.step"   \
    " LEFT JOIN alarms ON seq = alarm"                                         \
    " LEFT JOIN steps AS user ON user.run = a.run AND user.step = used"        \
    " LEFT JOIN requesters ON requesters.run = a.run"

struct approval_reader {
    int (*each)(void *arg, const struct journal_approval *row);
    void *arg;
};

static int approval_row(void *arg, sqlite3_stmt *statement)
{
    const struct approval_reader *reader = arg;
    struct journal_approval row = approval_at(statement);

    return reader->each(reader->arg, &row);
}

/* Returns how many rows there were, or the first negative. */
static int64_t
each_approval(struct journal *journal, const char *sql, int64_t number,
              int (*each)(void *arg, const struct journal_approval *row),
              void *arg, struct error *error)
{
    struct approval_reader reader = {each, arg};

    return find_each(journal, sql, DB_ROW(db_integer(number)), approval_row,
                     &reader, error);
}

int journal_read_approvals(struct journal *journal, bool open_runs,
                           int64_t first,
                           int (*each)(void *arg,
                                       const struct journal_approval *row),
                           void *arg, struct error *error)
{
    int64_t count = each_approval(
        journal,
        open_runs ? APPROVALS " WHERE outcome IS NULL AND approval >= ?"
                              " ORDER BY approval"
                  : APPROVALS " WHERE approval >= ? ORDER BY approval",
        first, each, arg, error);

    return count < 0 ? (int)count : 0;
}

int journal_find_approvals(struct journal *journal,
                           const struct journal_filter *filter,
                           int (*each)(void *arg,
                                       const struct journal_approval *row),
                           void *arg, struct error *error)
{
    struct approval_reader reader = {each, arg};

    return find_rows(journal, JOURNAL_APPROVALS, APPROVALS, filter,
                     approval_row, &reader, error);
}

int journal_read_approvals_of(struct journal *journal, int64_t run,
                              int (*each)(void *arg,
                                          const struct journal_approval *row),
                              void *arg, struct error *error)
{
    int64_t count =
        each_approval(journal, APPROVALS " WHERE a.run = ? ORDER BY approval",
                      run, each, arg, error);

    return count < 0 ? (int)count : 0;
}

int journal_read_approval(struct journal *journal, int64_t approval,
                          int (*each)(void *arg,
                                      const struct journal_approval *row),
                          void *arg, struct error *error)
{
    int64_t count = each_approval(journal, APPROVALS " WHERE approval = ?",
                                  approval, each, arg, error);

    if (count == 0)
        return find_none(journal,
                         "SELECT 1 FROM approvals WHERE approval > ? LIMIT 1",
                         "approval a", approval, "riposte ls approvals", error);
    return count < 0 ? (int)count : 0;
}

struct decision_reader {
    int (*each)(void *arg, const struct journal_decision *row);
    void *arg;
};

static int decision_row(void *arg, sqlite3_stmt *statement)
{
    const struct decision_reader *reader = arg;
    struct journal_decision row = {
        .approval = sqlite3_column_int64(statement, 0),
        .level = (unsigned)sqlite3_column_int64(statement, 1),
        .yes = sqlite3_column_int64(statement, 2) != 0,
        .person = db_column_text(statement, 3),
        .name = db_column_text(statement, 4),
        .caller = db_column_text(statement, 5),
        .note = db_column_text(statement, 6),
        .time = sqlite3_column_int64(statement, 7),
    };

    return reader->each(reader->arg, &row);
}

int journal_read_decisions(struct journal *journal, int64_t approval,
                           int (*each)(void *arg,
                                       const struct journal_decision *row),
                           void *arg, struct error *error)
{
    struct decision_reader reader = {each, arg};
    int64_t count = find_each(
        journal,
        "SELECT approval, level, yes, person, name, caller, note, time"
        " FROM decisions WHERE approval = ? ORDER BY time, level",
        DB_ROW(db_integer(approval)), decision_row, &reader, error);

    return count < 0 ? (int)count : 0;
}

/* ---- opening ------------------------------------------------------------ */

static void record_approval(struct record *record, int64_t approval)
{
    char *text = alloc_printf("a%lld", (long long)approval);

    json_text(&record->out, "approval", text);
    free(text);
}

static int note_opened(struct db *db, const struct journal_approval *row,
                       struct error *error)
{
    struct record record;

    record_begin(&record);
    record_approval(&record, row->approval);
    record_step(&record, row->run, row->step);
    json_str(&record.out, "question", row->question);
    record_json(&record, "request", row->request);
    record_json(&record, "argv", row->argv);
    record_text(&record, "target", row->target);
    json_text(&record.out, "set", row->set);
    record_json(&record, "rules", row->rules);
    record_json(&record, "levels", row->levels);
    json_int(&record.out, "expires", row->expires);
    return record_append(&record, db, "approval", row->opened, error);
}

static int apply_approval(struct db *db, struct write *write,
                          struct error *error)
{
    const struct journal_approval *row = &write->approval;
    int code = db_run(db, STATEMENT_INSERT_APPROVAL,
                      DB_ROW(db_integer(row->approval), db_integer(row->run),
                             db_integer(row->step), db_json(row->request),
                             db_json(row->argv), db_text(row->target),
                             db_text(row->set), db_json(row->rules),
                             db_blob(row->question), db_json(row->levels),
                             db_integer(row->opened), db_integer(row->expires)),
                      error);

    CRASH(ENGINE_APPROVAL_WRITTEN);
    return code < 0 ? code : note_opened(db, row, error);
}

void journal_write_approval(struct journal *journal,
                            const struct journal_approval *given)
{
    struct write *write = write_new(apply_approval, 1, NULL, NULL);
    struct journal_approval *row = &write->approval;

    *row = *given;
    row->request = write_keep(write, given->request);
    row->argv = write_keep(write, given->argv);
    row->target = write_keep_text(write, given->target);
    row->set = write_keep_text(write, given->set);
    row->rules = write_keep(write, given->rules);
    row->question = write_keep(write, given->question);
    row->levels = write_keep(write, given->levels);
    journal_queue(journal, write);
}

/* ---- deciding ----------------------------------------------------------- */

/* Moves it on from the state before; anything else is refused. */
static int move(struct db *db, int64_t approval, const char *from,
                const char *to, unsigned used, struct error *error)
{
    int code = db_run(db, STATEMENT_MOVE_APPROVAL,
                      DB_ROW(db_integer(approval), db_text(from), db_text(to),
                             used ? db_integer(used) : db_text(NULL)),
                      error);

    if (code == 0)
        return error_set(error, ERROR_SYSTEM,
                         "approval a%lld is not %s any more: it counts once",
                         (long long)approval, from);
    return code < 0 ? code : 0;
}

static int note_decision(struct db *db, const struct journal_decision *row,
                         struct error *error)
{
    struct record record;

    record_begin(&record);
    record_approval(&record, row->approval);
    json_int(&record.out, "level", row->level + 1);
    json_text(&record.out, "decision", row->yes ? "approve" : "deny");
    json_text(&record.out, "person", row->name);
    json_text(&record.out, "id", row->person);
    record_text(&record, "caller", row->caller);
    record_text(&record, "note", row->note);
    json_text(&record.out, "state", row->state);
    return record_append(&record, db, "decision", row->time, error);
}

static int apply_decision(struct db *db, struct write *write,
                          struct error *error)
{
    const struct journal_decision *row = &write->decision;
    int code = db_run(db, STATEMENT_INSERT_DECISION,
                      DB_ROW(db_integer(row->approval), db_integer(row->level),
                             db_integer(row->yes), db_text(row->person),
                             db_text(row->name), db_text(row->caller),
                             db_text(row->note), db_integer(row->time)),
                      error);

    if (code >= 0)
        code = move(db, row->approval, JOURNAL_OPEN, row->state, 0, error);
    return code < 0 ? code : note_decision(db, row, error);
}

void journal_write_decision(struct journal *journal,
                            const struct journal_decision *given)
{
    struct write *write = write_new(apply_decision, 1, NULL, NULL);
    struct journal_decision *row = &write->decision;

    *row = *given;
    row->person = write_keep_text(write, given->person);
    row->name = write_keep_text(write, given->name);
    row->caller = write_keep_text(write, given->caller);
    row->note = write_keep_text(write, given->note);
    row->state = write_keep_text(write, given->state);
    journal_queue(journal, write);
}

/* ---- what came of it ---------------------------------------------------- */

static int note_moved(struct db *db, const struct write *write,
                      const char *kind, struct error *error)
{
    struct record record;

    record_begin(&record);
    record_approval(&record, write->moved.approval);
    if (write->moved.step)
        json_int(&record.out, "by", write->moved.step);
    return record_append(&record, db, kind, write->moved.time, error);
}

static int apply_expired(struct db *db, struct write *write,
                         struct error *error)
{
    int code = move(db, write->moved.approval, JOURNAL_OPEN, JOURNAL_EXPIRED, 0,
                    error);

    return code ? code : note_moved(db, write, "approval expired", error);
}

void journal_write_expired(struct journal *journal, int64_t approval,
                           int64_t time)
{
    struct write *write = write_new(apply_expired, 1, NULL, NULL);

    write->moved.approval = approval;
    write->moved.time = time;
    journal_queue(journal, write);
}

static int apply_used(struct db *db, struct write *write, struct error *error)
{
    int code = move(db, write->moved.approval, JOURNAL_APPROVED, JOURNAL_USED,
                    write->moved.step, error);

    CRASH(ENGINE_APPROVAL_USED);
    return code ? code : note_moved(db, write, "approval used", error);
}

void journal_write_used(struct journal *journal, int64_t approval,
                        unsigned step, int64_t time)
{
    struct write *write = write_new(apply_used, 1, NULL, NULL);

    write->moved.approval = approval;
    write->moved.step = step;
    write->moved.time = time;
    journal_queue(journal, write);
}

static int apply_requester(struct db *db, struct write *write,
                           struct error *error)
{
    struct record record;
    int code = db_run(db, STATEMENT_INSERT_REQUESTER,
                      DB_ROW(db_integer(write->requester.run),
                             db_text(write->requester.person),
                             db_text(write->requester.name)),
                      error);

    if (code < 0)
        return code;
    record_begin(&record);
    record_run(&record, write->requester.run);
    json_text(&record.out, "person", write->requester.name);
    json_text(&record.out, "id", write->requester.person);
    return record_append(&record, db, "requester", write->requester.time,
                         error);
}

void journal_write_requester(struct journal *journal, int64_t run,
                             const char *person, const char *name, int64_t time)
{
    struct write *write = write_new(apply_requester, 1, NULL, NULL);

    write->requester.run = run;
    write->requester.person = write_keep_text(write, person);
    write->requester.name = write_keep_text(write, name);
    write->requester.time = time;
    journal_queue(journal, write);
}
