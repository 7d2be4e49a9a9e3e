#include "journal/write.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/hash.h"
#include "journal/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that a write owns. */
struct piece {
    struct piece *next;
    char data[];
};

void *write_piece(struct write *write, size_t size)
{
    struct piece *piece;

    assert(size < SIZE_MAX - sizeof *piece);
    piece = alloc_bytes(sizeof *piece + size);
    piece->next = write->pieces;
    write->pieces = piece;
    return piece->data;
}

struct str write_keep(struct write *write, struct str bytes)
{
    char *copy;

    if (!bytes.len)
        return (struct str){"", 0};
    copy = write_piece(write, bytes.len);
    memcpy(copy, bytes.data, bytes.len);
    return (struct str){copy, bytes.len};
}

const char *write_keep_text(struct write *write, const char *text)
{
    return text ? write_keep(write, (struct str){text, strlen(text) + 1}).data
                : NULL;
}

/* A copy of an array of structs, whose pointers are still the caller's. */
void *write_keep_array(struct write *write, const void *items, size_t count,
                       size_t size)
{
    size_t bytes;
    bool overflow = __builtin_mul_overflow(count, size, &bytes);

    assert(!overflow);
    return memcpy(write_piece(write, bytes), count ? items : "", bytes);
}

struct write *write_new(write_apply_fn apply, size_t records,
                        journal_done_fn done, void *arg)
{
    struct write *write = ALLOC(struct write);

    write->apply = apply;
    write->records = records;
    write->done = done;
    write->arg = arg;
    return write;
}

void write_free(struct write *write)
{
    while (write->pieces) {
        struct piece *piece = write->pieces;

        write->pieces = piece->next;
        free(piece);
    }
    free(write);
}

/* ---- sets ------------------------------------------------------------- */

static int apply_file(struct db *db, const char *set,
                      const struct journal_file *file, struct error *error)
{
    char hash[HASH_HEX];
    int code;

    hash_hex(file->body, hash);
    code = db_run(db, STATEMENT_INSERT_FILE,
                  DB_ROW(db_text(hash), db_blob(file->body)), error);
    if (code >= 0)
        code = db_run(db, STATEMENT_INSERT_SET_FILE,
                      DB_ROW(db_text(set), db_text(file->path), db_text(hash)),
                      error);
    return code < 0 ? code : 0;
}

static int apply_set(struct db *db, struct write *write, struct error *error)
{
    struct record record;
    int code =
        db_run(db, STATEMENT_INSERT_SET,
               DB_ROW(db_text(write->set.hash), db_integer(write->set.created)),
               error);

    if (code <= 0)
        return code; /* failed, or stored already */
    code = 0;
    for (size_t i = 0; !code && i < write->set.count; i++)
        code = apply_file(db, write->set.hash, &write->set.files[i], error);
    if (code)
        return code;
    record_begin(&record);
    json_text(&record.out, "set", write->set.hash);
    json_int(&record.out, "files", (int64_t)write->set.count);
    return record_append(&record, db, "set", write->set.created, error);
}

void journal_write_set(struct journal *journal, const char *set,
                       const struct journal_file *files, size_t count,
                       journal_done_fn done, void *arg)
{
    struct write *write = write_new(apply_set, 1 + count, done, arg);
    struct journal_file *copies =
        write_keep_array(write, files, count, sizeof *files);

    for (size_t i = 0; i < count; i++) {
        copies[i].path = write_keep_text(write, files[i].path);
        copies[i].body = write_keep(write, files[i].body);
    }
    write->set.hash = write_keep_text(write, set);
    write->set.files = copies;
    write->set.count = count;
    write->set.created = clock_now();
    journal_queue(journal, write);
}

/* ---- matches ---------------------------------------------------------- */

static int apply_threshold(struct db *db,
                           const struct journal_threshold *threshold,
                           struct error *error)
{
    struct db_value counter = db_text(threshold->counter);
    struct db_value key = db_blob(threshold->key);
    int code;

    if (threshold->state.len)
        code = db_run(db, STATEMENT_SET_THRESHOLD,
                      DB_ROW(counter, key, db_blob(threshold->state)), error);
    else
        code =
            db_run(db, STATEMENT_DELETE_THRESHOLD, DB_ROW(counter, key), error);
    return code < 0 ? code : 0;
}

static int apply_counted(struct db *db, struct db_value alarm,
                         const struct journal_counted *counted,
                         struct error *error)
{
    return db_run(db, STATEMENT_INSERT_COUNTED,
                  DB_ROW(alarm, db_text(counted->policy),
                         db_text(counted->verdict), db_integer(counted->n),
                         db_integer(counted->time)),
                  error);
}

/* The alarm's number as a value, NULL for a manual run; the alarm must be
 * there, and new where it is not matched again. */
static int take_alarm(struct db *db, const struct journal_match *match,
                      struct db_value *alarm, struct error *error)
{
    const char *id = match->alarm;
    int64_t seq = 0;
    int code;

    *alarm = db_text(NULL);
    if (!id)
        return 0;
    code =
        db_find(db, match->again ? STATEMENT_FIND_ALARM : STATEMENT_TAKE_ALARM,
                DB_ROW(db_text(id)), &seq, error);
    if (code < 0)
        return code;
    assert(code == 1);
    *alarm = db_integer(seq);
    return 0;
}

static int note_run(struct db *db, const struct journal_match *match,
                    const struct journal_run *run, struct error *error)
{
    struct record record;

    record_begin(&record);
    record_run(&record, run->run);
    record_text(&record, "alarm", match->alarm);
    record_text(&record, "policy", run->policy);
    json_text(&record.out, "set", run->set);
    record_text(&record, "cause", run->cause);
    if (run->lease)
        json_int(&record.out, "lease", run->lease);
    if (match->waiting) {
        json_int(&record.out, "due", match->waiting->due);
        record_json(&record, "request", match->waiting->request);
    }
    return record_append(&record, db, "run", match->time, error);
}

static int apply_match(struct db *db, struct write *write, struct error *error)
{
    const struct journal_match *match = &write->match;
    struct db_value alarm;
    int code = take_alarm(db, match, &alarm, error);

    for (size_t i = 0; code >= 0 && i < match->nruns; i++) {
        const struct journal_run *run = &match->runs[i];

        code =
            db_run(db, STATEMENT_INSERT_RUN,
                   DB_ROW(db_integer(run->run), alarm, db_text(run->policy),
                          db_text(run->set), db_integer(match->time),
                          db_text(run->cause),
                          run->cause ? db_integer(run->lease) : db_text(NULL)),
                   error);
        if (code >= 0)
            code = note_run(db, match, run, error);
    }
    if (code >= 0 && match->waiting)
        code = db_run(db, STATEMENT_INSERT_WAITING,
                      DB_ROW(db_integer(match->runs[0].run),
                             db_integer(match->waiting->due),
                             db_json(match->waiting->request)),
                      error);
    for (size_t i = 0; code >= 0 && i < match->nthresholds; i++)
        code = apply_threshold(db, &match->thresholds[i], error);
    for (size_t i = 0; code >= 0 && i < match->ncounted; i++)
        code = apply_counted(db, alarm, &match->counted[i], error);
    CRASH(ENGINE_MATCH_WRITTEN);
    return code < 0 ? code : 0;
}

void journal_write_match(struct journal *journal,
                         const struct journal_match *match,
                         journal_done_fn done, void *arg)
{
    struct write *write = write_new(
        apply_match, 1 + match->nruns + match->nthresholds + match->ncounted,
        done, arg);
    struct journal_run *runs =
        write_keep_array(write, match->runs, match->nruns, sizeof *runs);
    struct journal_threshold *thresholds = write_keep_array(
        write, match->thresholds, match->nthresholds, sizeof *thresholds);
    struct journal_counted *counted = write_keep_array(
        write, match->counted, match->ncounted, sizeof *counted);

    for (size_t i = 0; i < match->ncounted; i++) {
        counted[i].policy = write_keep_text(write, counted[i].policy);
        counted[i].verdict = write_keep_text(write, counted[i].verdict);
    }
    for (size_t i = 0; i < match->nruns; i++) {
        runs[i].policy = write_keep_text(write, runs[i].policy);
        runs[i].set = write_keep_text(write, runs[i].set);
        runs[i].cause = write_keep_text(write, runs[i].cause);
    }
    for (size_t i = 0; i < match->nthresholds; i++) {
        thresholds[i].counter = write_keep_text(write, thresholds[i].counter);
        thresholds[i].key = write_keep(write, thresholds[i].key);
        thresholds[i].state = write_keep(write, thresholds[i].state);
    }
    write->match = *match;
    write->match.alarm = write_keep_text(write, match->alarm);
    write->match.runs = runs;
    if (match->waiting) {
        struct journal_waiting *waiting =
            write_keep_array(write, match->waiting, 1, sizeof *waiting);

        waiting->request = write_keep(write, waiting->request);
        write->match.waiting = waiting;
    }
    write->match.thresholds = thresholds;
    write->match.counted = counted;
    journal_queue(journal, write);
}

/* ---- schedules -------------------------------------------------------- */

static int apply_schedule(struct db *db, struct write *write,
                          struct error *error)
{
    const struct journal_schedule_row *row = &write->schedule;
    int code = db_run(
        db, STATEMENT_SET_SCHEDULE,
        DB_ROW(db_text(row->policy), db_text(row->every), db_integer(row->due)),
        error);

    return code < 0 ? code : 0;
}

void journal_write_schedule(struct journal *journal,
                            const struct journal_schedule_row *row,
                            journal_done_fn done, void *arg)
{
    struct write *write = write_new(apply_schedule, 1, done, arg);

    write->schedule.policy = write_keep_text(write, row->policy);
    write->schedule.every = write_keep_text(write, row->every);
    write->schedule.due = row->due;
    journal_queue(journal, write);
}
