#include "base/clock.h"
#include "base/crash.h"
#include "journal/record.h"
#include "journal/write.h"

#include <assert.h>

/* ---- steps and ends --------------------------------------------------- */

static int note_step(struct db *db, const struct journal_step *step,
                     struct error *error)
{
    struct record record;

    record_begin(&record);
    record_step(&record, step->run, step->step);
    record_text(&record, "kind", step->kind);
    json_text(&record.out, "status", step->status);
    record_json(&record, "request", step->request);
    record_json(&record, "argv", step->argv);
    record_json(&record, "answer", step->answer);
    return record_append(&record, db, "step", step->time, error);
}

static int apply_step(struct db *db, struct write *write, struct error *error)
{
    const struct journal_step *step = &write->step;
    struct db_value ended =
        step->answer.len ? db_integer(step->time) : db_text(NULL);
    int code = db_run(
        db, STATEMENT_INSERT_STEP,
        DB_ROW(db_integer(step->run), db_integer(step->step),
               db_text(step->kind), db_text(step->status),
               /* All 64 bits, as two's complement; read back the same way. */
               db_integer((int64_t)step->incarnation), db_integer(step->time),
               ended, db_json(step->request), db_json(step->argv),
               db_json(step->answer)),
        error);

    if (code < 0)
        return code;
    if (code == 0) /* the last wall */
        return error_set(error, ERROR_SYSTEM,
                         "step r%lld.%u was sent or answered already",
                         (long long)step->run, step->step);
    if (!step->answer.len)
        CRASH(ENGINE_INTENT_WRITTEN);
    return note_step(db, step, error);
}

void journal_write_step(struct journal *journal,
                        const struct journal_step *step, journal_done_fn done,
                        void *arg)
{
    struct write *write = write_new(apply_step, 1, done, arg);

    write->step = *step;
    write->step.kind = write_keep_text(write, step->kind);
    write->step.request = write_keep(write, step->request);
    write->step.argv = write_keep(write, step->argv);
    write->step.answer = write_keep(write, step->answer);
    write->step.status = write_keep_text(write, step->status);
    journal_queue(journal, write);
}

static int note_answer(struct db *db, const struct journal_step *step,
                       struct error *error)
{
    struct record record;

    record_begin(&record);
    record_step(&record, step->run, step->step);
    json_text(&record.out, "status", step->status);
    record_json(&record, "answer", step->answer);
    return record_append(&record, db, "answer", step->time, error);
}

static int apply_answer(struct db *db, struct write *write, struct error *error)
{
    const struct journal_step *step = &write->step;
    int code = db_run(db, STATEMENT_ANSWER_STEP,
                      DB_ROW(db_integer(step->run), db_integer(step->step),
                             db_json(step->answer), db_text(step->status),
                             db_integer(step->time)),
                      error);

    if (code < 0)
        return code;
    assert(code == 1); /* a step is answered once */
    CRASH(ENGINE_RESULT_WRITTEN);
    return note_answer(db, step, error);
}

void journal_write_answer(struct journal *journal, int64_t run, unsigned step,
                          struct str answer, const char *status, int64_t time,
                          journal_done_fn done, void *arg)
{
    struct write *write = write_new(apply_answer, 1, done, arg);

    assert(answer.len); /* empty is an intent */
    write->step.run = run;
    write->step.step = step;
    write->step.answer = write_keep(write, answer);
    write->step.status = write_keep_text(write, status);
    write->step.time = time;
    journal_queue(journal, write);
}

static int apply_due(struct db *db, struct write *write, struct error *error)
{
    struct record record;
    int code =
        db_run(db, STATEMENT_INSERT_DUE,
               DB_ROW(db_integer(write->due.run), db_integer(write->due.step),
                      db_integer(write->due.due)),
               error);

    if (code < 0)
        return code;
    record_begin(&record);
    record_step(&record, write->due.run, write->due.step);
    json_int(&record.out, "due", write->due.due);
    return record_append(&record, db, "due", clock_now(), error);
}

void journal_write_due(struct journal *journal, int64_t run, unsigned step,
                       int64_t due, journal_done_fn done, void *arg)
{
    struct write *write = write_new(apply_due, 1, done, arg);

    write->due.run = run;
    write->due.step = step;
    write->due.due = due;
    journal_queue(journal, write);
}

static int apply_end(struct db *db, struct write *write, struct error *error)
{
    struct record record;
    int code =
        db_run(db, STATEMENT_END_RUN,
               DB_ROW(db_integer(write->end.run), db_text(write->end.outcome),
                      db_text(write->end.error), db_integer(write->end.time)),
               error);

    if (code < 0)
        return code;
    assert(code == 1); /* a run ends once */
    CRASH(ENGINE_END_WRITTEN);
    record_begin(&record);
    record_run(&record, write->end.run);
    json_text(&record.out, "outcome", write->end.outcome);
    record_text(&record, "error", write->end.error);
    return record_append(&record, db, "end", write->end.time, error);
}

void journal_write_end(struct journal *journal, int64_t run,
                       const char *outcome, const char *error, int64_t time,
                       journal_done_fn done, void *arg)
{
    struct write *write = write_new(apply_end, 1, done, arg);

    write->end.run = run;
    write->end.outcome = write_keep_text(write, outcome);
    write->end.error = write_keep_text(write, error);
    write->end.time = time;
    journal_queue(journal, write);
}

static int apply_nothing(struct db *db, struct write *write,
                         struct error *error)
{
    (void)db, (void)write, (void)error;
    return 0;
}

void journal_after(struct journal *journal, journal_done_fn done, void *arg)
{
    journal_queue(journal, write_new(apply_nothing, 0, done, arg));
}

static int apply_note(struct db *db, struct write *write, struct error *error)
{
    return audit_append(db, write->note.kind, write->note.time,
                        write->note.body, error);
}

void journal_write_note(struct journal *journal, const char *kind,
                        struct str body, int64_t time, journal_done_fn done,
                        void *arg)
{
    struct write *write = write_new(apply_note, 1, done, arg);

    write->note.kind = write_keep_text(write, kind);
    write->note.body = write_keep(write, body);
    write->note.time = time;
    journal_queue(journal, write);
}
