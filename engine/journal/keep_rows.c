#include "journal/keep_inner.h"

#include "journal/forgotten.h"

#include <inttypes.h>

/* Rows of one batch: between two looks at the clock what goes is deleted. */
#define BATCH "16"

/* What goes of a batch: numbers as a list for json_each. */
struct list {
    struct buf text;
    size_t count;
};

static void add_number(struct list *list, int64_t number)
{
    buf_printf(&list->text, "%c%" PRId64, list->count++ ? ',' : '[', number);
}

static void add_hash(struct list *list, const char *hash)
{
    buf_printf(&list->text, "%c\"%s\"", list->count++ ? ',' : '[', hash);
}

/* Runs the text with the list as its only value. */
static int run_list(struct db *db, const char *sql, const struct list *list,
                    struct error *error)
{
    return keep_run(db, sql, DB_ROW(db_json(buf_str(&list->text))), error);
}

/* ---- the kinds --------------------------------------------------------------
 */

#define LISTED " IN (SELECT value FROM json_each(?))"

/* Texts that remove what is listed, in this order. */
static const char *const run_deletes[] = {
    "DELETE FROM dues WHERE run" LISTED,
    "DELETE FROM decisions WHERE approval IN (SELECT approval FROM approvals"
    " WHERE run" LISTED ")",
    "DELETE FROM approvals WHERE run" LISTED,
    "DELETE FROM requesters WHERE run" LISTED,
    "DELETE FROM waiting WHERE run" LISTED,
    "DELETE FROM steps WHERE run" LISTED,
    "DELETE FROM runs WHERE run" LISTED,
    NULL,
};
static const char *const alarm_deletes[] = {
    "DELETE FROM counted WHERE alarm" LISTED,
    "DELETE FROM alarms WHERE seq" LISTED,
    NULL,
};
static const char *const lease_deletes[] = {
    "DELETE FROM owners WHERE lease" LISTED,
    "DELETE FROM leases WHERE lease" LISTED,
    NULL,
};
static const char *const set_deletes[] = {
    "DELETE FROM sets WHERE rowid" LISTED,
    NULL,
};

static int forget_alarm(struct db *db, sqlite3_stmt *row, struct error *error);
static int drop_files(struct db *db, sqlite3_stmt *row, struct error *error);

static const struct kind {
    /* Rows behind the place (?1: time, ?2: number) that are older than ?3:
     * time, number, whether it may go. ?4: sets in use. */
    const char *find;
    const char *const *deletes;
    /* Before a row goes: what no list does; or NULL. */
    int (*first)(struct db *db, sqlite3_stmt *row, struct error *error);
} kinds[KEEP_KINDS] = {
    [KEEP_RUNS] =
        {"SELECT started, run, outcome IS NOT NULL AND ended < ?3"
         " AND run < (SELECT max(run) FROM runs)"
         " AND NOT EXISTS (SELECT 1 FROM steps"
         "   WHERE steps.run = runs.run AND status = 'Unknown')"
         " AND NOT EXISTS (SELECT 1 FROM owners JOIN leases USING (lease)"
         "   WHERE owners.run = runs.run AND leases.ended IS NULL)"
         " AND NOT EXISTS (SELECT 1 FROM approvals"
         "   WHERE approvals.run = runs.run"
         "   AND approval = (SELECT max(approval) FROM approvals))"
         " FROM runs WHERE (started, run) > (?1, ?2) AND started < ?3"
         " ORDER BY started, run LIMIT " BATCH,
         run_deletes, NULL},
    [KEEP_ALARMS] =
        {"SELECT received, seq, seq < (SELECT max(seq) FROM alarms)"
         " AND NOT EXISTS (SELECT 1 FROM new_alarms"
         "   WHERE new_alarms.seq = alarms.seq)"
         " AND NOT EXISTS (SELECT 1 FROM runs WHERE alarm = alarms.seq),"
         " id, source, raw, keys, time FROM alarms"
         " WHERE (received, seq) > (?1, ?2) AND received < ?3"
         " ORDER BY received, seq LIMIT " BATCH,
         alarm_deletes, forget_alarm},
    [KEEP_LEASES] =
        {"SELECT ended, lease, lease < (SELECT max(lease) FROM leases)"
         " AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.lease = leases.lease)"
         " AND NOT EXISTS (SELECT 1 FROM owners JOIN runs USING (run)"
         "   WHERE owners.lease = leases.lease)"
         " FROM leases WHERE (ended, lease) > (?1, ?2) AND ended < ?3"
         " ORDER BY ended, lease LIMIT " BATCH,
         lease_deletes, NULL},
    /* A set is needed by alarms that were matched by it, also where no run
     * came of it. */
    [KEEP_SETS] =
        {"SELECT ?1, rowid, hash NOT IN (SELECT value FROM json_each(?4))"
         " AND NOT EXISTS (SELECT 1 FROM runs WHERE set_hash = hash)"
         " AND NOT EXISTS (SELECT 1 FROM leases WHERE set_hash = hash)"
         " AND NOT EXISTS (SELECT 1 FROM in_force AS own"
         "   WHERE own.set_hash = hash AND EXISTS (SELECT 1 FROM alarms"
         "     WHERE seq >= own.first AND seq < coalesce("
         "       (SELECT min(first) FROM in_force WHERE first > own.first),"
         "       seq + 1))),"
         " hash FROM sets WHERE rowid > ?2 AND created < ?3"
         " ORDER BY rowid LIMIT " BATCH,
         set_deletes, drop_files},
};

/* ---- what goes before
 * ---------------------------------------------------------
 */

/* Those writes are to other tables than the one that is read. */
static int forget_alarm(struct db *db, sqlite3_stmt *row, struct error *error)
{
    struct str keys = db_column(row, 6);
    int code = forgotten_add(db, db_column_text(row, 3), db_column_text(row, 4),
                             db_column(row, 5), error);

    for (size_t at = 0; code >= 0 && at + HASH_HALF <= keys.len;
         at += HASH_HALF)
        code = db_run(db, STATEMENT_DELETE_PAST,
                      DB_ROW(db_blob((struct str){keys.data + at, HASH_HALF}),
                             db_integer(sqlite3_column_int64(row, 7)),
                             db_integer(sqlite3_column_int64(row, 1))),
                      error);
    return code < 0 ? code : 0;
}

/* The files of a set that no other one has. */
static int drop_files(struct db *db, sqlite3_stmt *row, struct error *error)
{
    struct list files = {0};
    sqlite3_stmt *statement = db_prepare(
        db, "DELETE FROM set_files WHERE set_hash = ? RETURNING file_hash",
        DB_ROW(db_text(db_column_text(row, 3))), error);
    int code;

    if (!statement)
        return error->code;
    while ((code = db_step(db, statement, error)) == 1)
        add_hash(&files, db_column_text(statement, 0));
    sqlite3_finalize(statement);
    if (!code && files.count) {
        buf_add_byte(&files.text, ']');
        code = run_list(db,
                        "DELETE FROM files WHERE hash" LISTED
                        " AND NOT EXISTS (SELECT 1 FROM set_files"
                        " WHERE file_hash = files.hash)",
                        &files, error);
    }
    buf_free(&files.text);
    return code;
}

/* ---- a batch
 * ------------------------------------------------------------------ */

static void end_range(struct keep_gone *gone)
{
    if (!gone->last)
        return;
    json_open(&gone->out, '[');
    json_put_int(&gone->out, gone->first);
    json_put_int(&gone->out, gone->last);
    json_close(&gone->out, ']');
    gone->last = 0;
}

static void add_gone(struct keep_gone *gone, enum keep_kind kind,
                     int64_t number, sqlite3_stmt *row)
{
    gone->out.buf = &gone->text;
    gone->count++;
    if (kind == KEEP_ALARMS) /* the audit has their number alone */
        return;
    if (kind == KEEP_SETS) {
        json_put_text(&gone->out, db_column_text(row, 3));
        return;
    }
    if (number != gone->last + 1)
        end_range(gone);
    gone->first = gone->last ? gone->first : number;
    gone->last = number;
}

static int delete_list(struct db *db, const char *const *deletes,
                       struct list *list, struct error *error)
{
    int code = 0;

    buf_add_byte(&list->text, ']');
    for (; *deletes && !code; deletes++)
        code = run_list(db, *deletes, list, error);
    return code;
}

static int find_rows_of(struct db *db, struct keep_slice *slice,
                        enum keep_kind kind, sqlite3_stmt *rows,
                        struct keep_place *place, struct list *list,
                        struct error *error)
{
    int code = 0;

    while (!code && (code = db_step(db, rows, error)) == 1) {
        place->time = sqlite3_column_int64(rows, 0);
        place->number = sqlite3_column_int64(rows, 1);
        slice->rows++;
        code = 0;
        if (sqlite3_column_int(rows, 2)) {
            add_number(list, place->number);
            add_gone(&slice->gone[kind], kind, place->number, rows);
            if (kinds[kind].first)
                code = kinds[kind].first(db, rows, error);
        }
        if (!code && keep_late(slice))
            return 1;
    }
    return code;
}

/* Returns 1 where there may be more, 0 where there is not. */
static int remove_batch(struct db *db, struct keep_slice *slice,
                        enum keep_kind kind, struct keep_place *place,
                        const char *sets, struct error *error)
{
    const struct keep_place from = *place;
    struct list list = {0};
    struct db_row values =
        DB_ROW(db_integer(from.time), db_integer(from.number),
               db_integer(slice->cut), db_text(sets));
    sqlite3_stmt *rows;
    int code, deleted = 0;

    values.count = kind == KEEP_SETS ? 4 : 3;
    rows = db_prepare(db, kinds[kind].find, values, error);
    if (!rows)
        return error->code;
    code = find_rows_of(db, slice, kind, rows, place, &list, error);
    sqlite3_finalize(rows);
    if (code >= 0 && list.count)
        deleted = delete_list(db, kinds[kind].deletes, &list, error);
    buf_free(&list.text);
    if (code < 0 || deleted < 0)
        return code < 0 ? code : deleted;
    return from.time != place->time || from.number != place->number;
}

int keep_rows(struct db *db, struct keep_slice *slice, enum keep_kind kind,
              struct keep_place *place, const char *sets, bool *over,
              struct error *error)
{
    int code;

    do
        code = remove_batch(db, slice, kind, place, sets, error);
    while (code == 1 && !keep_late(slice));
    end_range(&slice->gone[kind]);
    *over = code == 0;
    return code < 0 ? code : 0;
}
