#include "journal/pause.h"

#include "journal/find_inner.h"
#include "journal/record.h"
#include "journal/write.h"

/* ---- writing ------------------------------------------------------------ */

static int note(struct db *db, const struct journal_pause *pause,
                const char *kind, struct error *error)
{
    struct record record;

    record_begin(&record);
    record_text(&record, "person", pause->person);
    record_text(&record, "note", pause->note);
    return record_append(&record, db, kind, pause->since, error);
}

static int apply_pause(struct db *db, struct write *write, struct error *error)
{
    const struct journal_pause *pause = &write->pause;
    int code = db_run(db, STATEMENT_SET_PAUSE,
                      DB_ROW(db_text(pause->person), db_text(pause->note),
                             db_integer(pause->since)),
                      error);

    return code < 0 ? code : note(db, pause, "pause", error);
}

static int apply_resume(struct db *db, struct write *write, struct error *error)
{
    int code = db_run(db, STATEMENT_DELETE_PAUSE, (struct db_row){0}, error);

    return code < 0 ? code : note(db, &write->pause, "resume", error);
}

static void queue(struct journal *journal, write_apply_fn apply,
                  const struct journal_pause *pause)
{
    struct write *write = write_new(apply, 1, NULL, NULL);

    write->pause.person = write_keep_text(write, pause->person);
    write->pause.note = write_keep_text(write, pause->note);
    write->pause.since = pause->since;
    journal_queue(journal, write);
}

void journal_write_pause(struct journal *journal,
                         const struct journal_pause *pause)
{
    queue(journal, apply_pause, pause);
}

void journal_write_resume(struct journal *journal, const char *person,
                          const char *why, int64_t time)
{
    queue(journal, apply_resume, &(struct journal_pause){person, why, time});
}

/* ---- reading ------------------------------------------------------------ */

struct pause_reader {
    int (*each)(void *arg, const struct journal_pause *row);
    void *arg;
};

static int pause_row(void *arg, sqlite3_stmt *statement)
{
    const struct pause_reader *reader = arg;
    struct journal_pause row = {
        .person = db_column_text(statement, 0),
        .note = db_column_text(statement, 1),
        .since = sqlite3_column_int64(statement, 2),
    };

    return reader->each(reader->arg, &row);
}

int journal_read_pause(struct journal *journal,
                       int (*each)(void *arg, const struct journal_pause *row),
                       void *arg, struct error *error)
{
    struct pause_reader reader = {each, arg};
    int64_t count = find_each(journal, "SELECT person, note, since FROM pause",
                              (struct db_row){0}, pause_row, &reader, error);

    return count < 0 ? (int)count : 0;
}
