#include "journal/keep_inner.h"

#include "journal/audit.h"
#include "model/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The audit's first records go in batches, so that what says so is a small
 * part of them. A record about a row that is still there is said once more,
 * with the number and the time that it had: every row has its record, however
 * old.
 */

/* The number in a member such as "run":"r17" or "step":"r17.3"; 0: none. */
static int64_t number_in(const struct json *root, const char *name, char letter,
                         int64_t *behind)
{
    const struct json *member = json_member(root, name);
    char text[40]; /* "r", 19 digits, ".", 10 digits, NUL */
    int64_t number;
    char *end;

    if (!member || member->type != JSON_TEXT ||
        member->as.text.len >= sizeof text || !member->as.text.len ||
        *member->as.text.data != letter)
        return 0;
    snprintf(text, sizeof text, "%.*s", (int)member->as.text.len,
             member->as.text.data);
    number = strtoll(text + 1, &end, 10);
    *behind = *end == '.' ? strtoll(end + 1, NULL, 10) : 0;
    return number;
}

/* 1: what the record is about is still there. */
static int is_needed(struct db *db, const char *kind, struct str body,
                     struct error *error)
{
    struct json_doc *doc = json_parse(body, "", 0, NULL);
    const struct json *root = doc ? json_root(doc) : NULL;
    bool use = !strcmp(kind, "use") || !strcmp(kind, "unused");
    int64_t step = 0, none, found = 0;
    int64_t run = number_in(root, "run", 'r', &none);
    int code = 0;

    run = run ? run : number_in(root, "step", 'r', &step);
    if (root)
        code =
            db_find(db, STATEMENT_FIND_NEEDED,
                    DB_ROW(db_integer(run),
                           db_integer(number_in(root, "lease", 'l', &none)),
                           db_integer(number_in(root, "approval", 'a', &none)),
                           db_integer(use ? step : 0)),
                    &found, error);
    json_free(doc);
    return code < 0 ? code : found != 0;
}

/* Those of the first records that are needed, as a list for json_each. */
static int find_needed(struct db *db, struct buf *list, int *count,
                       struct error *error)
{
    sqlite3_stmt *rows =
        db_prepare(db, "SELECT n, kind, body FROM audit ORDER BY n LIMIT ?",
                   DB_ROW(db_integer(KEEP_AUDIT)), error);
    int code;

    if (!rows)
        return error->code;
    buf_add_byte(list, '[');
    while ((code = db_step(db, rows, error)) == 1) {
        code =
            is_needed(db, db_column_text(rows, 1), db_column(rows, 2), error);
        if (code < 0)
            break;
        if (code)
            buf_printf(list, "%s%lld", (*count)++ ? "," : "",
                       (long long)sqlite3_column_int64(rows, 0));
    }
    buf_add_byte(list, ']');
    sqlite3_finalize(rows);
    return code;
}

/* ---- once more
 * ---------------------------------------------------------------- */

/* One that was said once more already has its member. */
static void put_again(struct buf *out, struct str body, int64_t n, int64_t time)
{
    struct json_doc *doc = json_parse(body, "", 0, NULL);

    if (doc && json_member(json_root(doc), "kept")) {
        buf_add_str(out, body);
    } else {
        buf_add_str(out, (struct str){body.data, body.len - 1});
        buf_printf(out, ",\"kept\":{\"n\":%" PRId64 ",\"time\":%" PRId64 "}}",
                   n, time);
    }
    json_free(doc);
}

static int say_again(struct db *db, const struct buf *list, int64_t now,
                     struct error *error)
{
    sqlite3_stmt *rows =
        db_prepare(db,
                   "SELECT n, time, kind, body FROM audit"
                   " WHERE n IN (SELECT value FROM json_each(?)) ORDER BY n",
                   DB_ROW(db_json(buf_str(list))), error);
    struct buf body = {0};
    int code;

    if (!rows)
        return error->code;
    while ((code = db_step(db, rows, error)) == 1) {
        buf_consume(&body, body.len);
        put_again(&body, db_column(rows, 3), sqlite3_column_int64(rows, 0),
                  sqlite3_column_int64(rows, 1));
        code = audit_append(db, db_column_text(rows, 2), now, buf_str(&body),
                            error);
        if (code)
            break;
    }
    sqlite3_finalize(rows);
    buf_free(&body);
    return code;
}

/* ---- the front
 * ------------------------------------------------------------------
 */

/* Into slice: the last record that goes, and the first run that the audit ever
 * knew: rows of earlier ones, of an older journal, have no record. 1: there are
 * enough old records. */
static int find_front(struct db *db, struct keep_slice *slice,
                      struct error *error)
{
    sqlite3_stmt *row = db_prepare(
        db,
        "SELECT n, hash, (SELECT max(time) FROM (SELECT time FROM audit"
        "  ORDER BY n LIMIT ?1)) < ?2, coalesce((SELECT run FROM chain_start),"
        "  (SELECT CAST(substr(body, 10) AS INTEGER) FROM audit"
        "   WHERE kind = 'run' AND n <= own.n ORDER BY n LIMIT 1), 0)"
        " FROM audit AS own ORDER BY n LIMIT 1 OFFSET ?1 - 1",
        DB_ROW(db_integer(KEEP_AUDIT), db_integer(slice->cut)), error);
    int code;

    if (!row)
        return error->code;
    code = db_step(db, row, error);
    if (code == 1 && sqlite3_column_int(row, 2)) {
        slice->head.n = sqlite3_column_int64(row, 0);
        snprintf(slice->head.hash, sizeof slice->head.hash, "%s",
                 db_column_text(row, 1));
        slice->run = sqlite3_column_int64(row, 3);
    }
    sqlite3_finalize(row);
    return code < 0 ? code : slice->head.n != 0;
}

static int remove_front(struct db *db, const struct keep_slice *slice,
                        struct error *error)
{
    int code = keep_run(db, "DELETE FROM audit WHERE n <= ?",
                        DB_ROW(db_integer(slice->head.n)), error);

    if (code)
        return code;
    return keep_run(db,
                    "INSERT OR REPLACE INTO chain_start (id, n, hash, run)"
                    " VALUES (1, ?, ?, nullif(?, 0))",
                    DB_ROW(db_integer(slice->head.n), db_text(slice->head.hash),
                           db_integer(slice->run)),
                    error);
}

int keep_audit(struct db *db, struct keep_slice *slice, bool *stuck, bool *over,
               struct error *error)
{
    struct buf list = {0};
    int count = 0, code;

    *over = true;
    if (*stuck && !slice->aged)
        return 0;
    code = find_front(db, slice, error);
    if (code <= 0)
        return code;
    slice->rows += KEEP_AUDIT;
    code = find_needed(db, &list, &count, error);
    if (!code && !slice->aged && count > KEEP_AUDIT / 2) {
        *stuck = true; /* as much would be written as goes */
        slice->head.n = 0;
    } else if (!code) {
        *over = false;
        code = say_again(db, &list, slice->now, error);
        if (!code)
            code = remove_front(db, slice, error);
    }
    buf_free(&list);
    return code;
}
