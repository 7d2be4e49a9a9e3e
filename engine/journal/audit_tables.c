#include "journal/audit.h"
#include "journal/audit_log.h"
#include "journal/record.h"

#include "model/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUBJECT_TEXT = 64 }; /* {"step":"r", 19 digits, ".", 10 digits, … */

/* What a record is about, and how its row is found. */
struct subject {
    int64_t run;
    unsigned step;
    char front[SUBJECT_TEXT]; /* how every body about it begins */
    char steps[SUBJECT_TEXT]; /* of a run: how those about its steps begin */
};

/* A member of a record and the column that it is of. */
struct member {
    const char *name;
    bool json;     /* else a text */
    bool optional; /* where it is not said, it was not known yet */
};
enum { MEMBERS_MAX = 5 };

static const struct kind {
    const char *name;
    bool of_step;
    const char *keeps; /* a later record of which kind leaves the row so */
    const char *sql;   /* ?1: run, ?2: step; a column for each member */
    struct member members[MEMBERS_MAX];
} kinds[] = {
    {"run",
     false,
     "end",
     "SELECT policy, set_hash, id FROM runs LEFT JOIN alarms ON seq = alarm"
     " WHERE run = ?1 AND ?2 = 0",
     {{"policy", false, false},
      {"set", false, false},
      {"alarm", false, false}}},
    {"end",
     false,
     "",
     "SELECT outcome, error FROM runs WHERE run = ?1 AND ?2 = 0",
     {{"outcome", false, false}, {"error", false, false}}},
    {"step",
     true,
     "answer",
     "SELECT kind, request, argv, answer FROM steps"
     " WHERE run = ?1 AND step = ?2",
     {{"kind", false, false},
      {"request", true, false},
      {"argv", true, true},
      {"answer", true, true}}},
    {"answer",
     true,
     "",
     "SELECT status, answer FROM steps WHERE run = ?1 AND step = ?2",
     {{"status", false, false}, {"answer", true, false}}},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    return NULL;
}

static bool find_subject(const struct kind *kind, const struct json *root,
                         struct subject *subject)
{
    const char *name = kind->of_step ? "step" : "run";
    const struct json *id = json_member(root, name);
    char text[SUBJECT_TEXT / 2];
    char *end;

    *subject = (struct subject){0};
    if (!id || id->type != JSON_TEXT || id->as.text.len >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)id->as.text.len, id->as.text.data);
    snprintf(subject->front, sizeof subject->front, "{\"%s\":\"%s\"", name,
             text);
    if (*text != 'r')
        return false;
    subject->run = strtoll(text + 1, &end, 10);
    snprintf(subject->steps, sizeof subject->steps, "{\"step\":\"%s%s", text,
             kind->of_step ? "\"" : ".");
    if (kind->of_step && *end == '.')
        subject->step = (unsigned)strtoul(end + 1, &end, 10);
    return !*end;
}

/* ---- one member ----------------------------------------------------------
 */

static bool same_hash(const struct json *said, struct str found)
{
    const struct json *hash = json_member(said, "sha256");
    char hex[HASH_HEX];

    hash_hex(found, hex);
    return hash && hash->type == JSON_TEXT && str_is(hash->as.text, hex);
}

static bool same_json(const struct json *said, struct str found)
{
    struct json_doc *doc;
    struct buf texts[2] = {{0}, {0}};
    struct json_out outs[2] = {{.buf = &texts[0]}, {.buf = &texts[1]}};
    bool same = false;

    if (found.len > RECORD_INLINE_MAX)
        return same_hash(said, found);
    doc = json_parse(found, "", 0, NULL);
    if (doc) {
        json_put_value(&outs[0], said);
        json_put_value(&outs[1], json_root(doc));
        same = str_same(buf_str(&texts[0]), buf_str(&texts[1]));
    }
    json_free(doc);
    buf_free(&texts[0]);
    buf_free(&texts[1]);
    return same;
}

static bool same_member(const struct member *member, const struct json *root,
                        sqlite3_stmt *statement, int column)
{
    const struct json *said = json_member(root, member->name);
    bool none = sqlite3_column_type(statement, column) == SQLITE_NULL;

    if (!said)
        return member->optional || none;
    if (none)
        return false;
    if (member->json)
        return same_json(said, db_column(statement, column));
    return said->type == JSON_TEXT &&
           str_same(said->as.text, db_column(statement, column));
}

/* ---- a record ------------------------------------------------------------
 */

/* 1: the row is as the record says; 0: it is not, and what is wrong. */
static int compare_row(struct db *db, const struct kind *kind,
                       const struct subject *subject, const struct json *root,
                       const char **wrong, struct error *error)
{
    sqlite3_stmt *statement = db_prepare(
        db, kind->sql,
        DB_ROW(db_integer(subject->run), db_integer(subject->step)), error);
    int code;

    if (!statement)
        return error->code;
    code = db_step(db, statement, error);
    for (int i = 0; code == 1 && i < MEMBERS_MAX && kind->members[i].name; i++)
        if (!same_member(&kind->members[i], root, statement, i)) {
            *wrong = kind->members[i].name;
            code = 0;
        }
    sqlite3_finalize(statement);
    return code;
}

/* Is there a later record about it? Then that one says how it is. Looked for
 * only where a row differs, so the whole audit is read for it. */
static int superseded(struct db *db, const struct kind *kind,
                      const struct subject *subject, int64_t n,
                      struct error *error)
{
    sqlite3_stmt *statement = db_prepare(
        db,
        "SELECT 1 FROM audit WHERE n > ?1 AND kind NOT IN ('due', ?3)"
        " AND (substr(body, 1, length(?2)) = ?2"
        /* Its step is resolved: the run goes on, or is aborted. */
        "  OR (kind = 'resolve' AND substr(body, 1, length(?4)) = ?4)) LIMIT 1",
        DB_ROW(db_integer(n), db_text(subject->front), db_text(kind->keeps),
               db_text(subject->steps)),
        error);
    int code;

    if (!statement)
        return error->code;
    code = db_step(db, statement, error);
    sqlite3_finalize(statement);
    return code;
}

static void say(struct buf *text, const struct audit_record *record,
                const struct subject *subject, bool of_step, const char *wrong)
{
    buf_printf(text, "%s r%" PRId64, of_step ? "step" : "run", subject->run);
    if (of_step)
        buf_printf(text, ".%u", subject->step);
    if (!strcmp(wrong, "row"))
        buf_printf(text, ", of which record %" PRId64 " is, is not there",
                   record->n);
    else
        buf_printf(text, ": its %s is not what record %" PRId64 " says", wrong,
                   record->n);
}

int audit_log_compare(struct audit_log *log, const struct audit_record *record,
                      struct buf *difference, struct error *error)
{
    const struct kind *kind = find_kind(record->kind);
    struct json_doc *doc = kind ? json_parse(record->body, "", 0, NULL) : NULL;
    struct subject subject;
    const char *wrong = "row";
    int code = 1;

    if (doc && find_subject(kind, json_root(doc), &subject)) {
        code = compare_row(audit_log_db(log), kind, &subject, json_root(doc),
                           &wrong, error);
        if (!code && !strcmp(wrong, "row"))
            code = audit_log_removed(log, subject.run, record->n, error);
        if (!code)
            code =
                superseded(audit_log_db(log), kind, &subject, record->n, error);
        if (!code)
            say(difference, record, &subject, kind->of_step, wrong);
    }
    json_free(doc);
    return code;
}
