#include "journal/resume.h"

#include "journal/record.h"
#include "journal/write.h"

#include <assert.h>

/* ---- sent once more ---------------------------------------------------- */

static int apply_again(struct db *db, struct write *write, struct error *error)
{
    const struct journal_step *step = &write->step;
    struct record record;
    int64_t attempt = 0;
    int code = db_find(db, STATEMENT_AGAIN_STEP,
                       DB_ROW(db_integer(step->run), db_integer(step->step),
                              db_integer((int64_t)step->incarnation)),
                       &attempt, error);

    if (code < 0)
        return code;
    assert(code == 1); /* what was answered is not sent again */
    record_begin(&record);
    record_step(&record, step->run, step->step);
    json_int(&record.out, "attempt", attempt);
    return record_append(&record, db, "again", step->time, error);
}

void journal_write_again(struct journal *journal, int64_t run, unsigned step,
                         uint64_t incarnation, int64_t time,
                         journal_done_fn done, void *arg)
{
    struct write *write = write_new(apply_again, 1, done, arg);

    write->step.run = run;
    write->step.step = step;
    write->step.incarnation = incarnation;
    write->step.time = time;
    journal_queue(journal, write);
}

/* ---- settled by a person ----------------------------------------------- */

static int note_resolution(struct db *db, const struct journal_resolution *what,
                           struct error *error)
{
    struct record record;

    record_begin(&record);
    record_step(&record, what->run, what->step);
    json_text(&record.out, "decision", what->decision);
    json_int(&record.out, "uid", what->uid);
    record_text(&record, "person", what->person);
    record_text(&record, "note", what->note);
    return record_append(&record, db, "resolve", what->time, error);
}

static int settle(struct db *db, const struct journal_resolution *what,
                  struct error *error)
{
    struct db_value run = db_integer(what->run), step = db_integer(what->step);

    if (what->abort)
        return db_run(db, STATEMENT_ABORT_RUN,
                      DB_ROW(run, db_text(what->note), db_integer(what->time)),
                      error);
    if (!what->answer.len)
        return db_run(db, STATEMENT_REASK_STEP, DB_ROW(run, step), error);
    return db_run(db, STATEMENT_RESOLVE_STEP,
                  DB_ROW(run, step, db_json(what->answer),
                         db_text(what->status), db_integer(what->time)),
                  error);
}

static int apply_resolution(struct db *db, struct write *write,
                            struct error *error)
{
    const struct journal_resolution *what = &write->resolution;
    int code = settle(db, what, error);

    if (code < 0)
        return code;
    assert(code == 1);
    if (!what->abort)
        code = db_run(db, STATEMENT_REOPEN_RUN, DB_ROW(db_integer(what->run)),
                      error);
    return code < 0 ? code : note_resolution(db, what, error);
}

void journal_write_resolution(struct journal *journal,
                              const struct journal_resolution *resolution,
                              journal_done_fn done, void *arg)
{
    struct write *write = write_new(apply_resolution, 1, done, arg);
    struct journal_resolution *what = &write->resolution;

    *what = *resolution;
    what->decision = write_keep_text(write, resolution->decision);
    what->answer = write_keep(write, resolution->answer);
    what->status = write_keep_text(write, resolution->status);
    what->person = write_keep_text(write, resolution->person);
    what->note = write_keep_text(write, resolution->note);
    journal_queue(journal, write);
}
