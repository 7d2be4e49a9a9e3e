#include "journal/audit.h"
#include "journal/audit_log.h"

/*
 * The other way round: is there a record of every row? A row that somebody
 * added has none, and one that was changed is not as its last record says.
 */

/* The last record of each subject, by the kind that says how it is. */
static const char said[] =
    "CREATE TEMP TABLE said (kind TEXT, key TEXT, n INTEGER, body TEXT,"
    " PRIMARY KEY (kind, key)) WITHOUT ROWID;"
    "INSERT INTO said SELECT iif(kind = 'unused', 'use', kind),"
    " CASE kind"
    "  WHEN 'run' THEN json_extract(body, '$.run')"
    "  WHEN 'requester' THEN json_extract(body, '$.run')"
    "  WHEN 'lease' THEN json_extract(body, '$.lease')"
    "  WHEN 'approval' THEN json_extract(body, '$.approval')"
    "  WHEN 'owner' THEN coalesce(json_extract(body, '$.step'),"
    "   json_extract(body, '$.lease'))"
    "  WHEN 'decision' THEN json_extract(body, '$.approval') || ' '"
    "   || json_extract(body, '$.id')"
    "  ELSE json_extract(body, '$.step') END, n, body FROM audit"
    " WHERE kind IN ('run', 'step', 'lease', 'owner', 'approval', 'decision',"
    "  'use', 'unused', 'requester', 'due') AND json_valid(body)"
    " ORDER BY n ON CONFLICT DO UPDATE SET n = excluded.n,"
    " body = excluded.body;"
    /* An approval's state comes by several kinds. */
    "INSERT INTO said SELECT 'state', json_extract(body, '$.approval'), n,"
    " CASE kind WHEN 'approval' THEN 'open' WHEN 'decision' THEN"
    "  json_extract(body, '$.state')"
    " WHEN 'approval used' THEN 'used' ELSE 'expired' END FROM audit"
    " WHERE kind IN ('approval', 'decision', 'approval used',"
    "  'approval expired') AND json_valid(body)"
    " ORDER BY n ON CONFLICT DO UPDATE SET n = excluded.n,"
    " body = excluded.body;";

/* Runs of a journal that is older than its audit have no record; they come
 * before every run that has one. */
#define AUDITED                                                                \
    "(run < 1 OR run > coalesce((SELECT run FROM chain_start),"                \
    " (SELECT min(CAST(substr(key, 2) AS INTEGER)) FROM said"                  \
    " WHERE kind = 'run')))"

/* Did retention remove the run (the lease) of that number? */
#define GONE(kind, number)                                                     \
    "coalesce((SELECT last >= " number " FROM gone WHERE gone.kind = '" kind   \
    "' AND first <= " number " ORDER BY first DESC LIMIT 1), 0)"
#define NUMBER(text) "CAST(substr(" text ", 2) AS INTEGER)"

/* Each gives the first row that is wrong: which, and the record that says
 * otherwise, or NULL where there is none. */
static const char *const checks[] = {
    "SELECT 'run r' || run, n FROM runs LEFT JOIN said"
    " ON kind = 'run' AND key = 'r' || run WHERE n IS NULL AND " AUDITED,
    "SELECT 'step r' || run || '.' || step, n FROM steps LEFT JOIN said"
    " ON said.kind = 'step' AND key = 'r' || run || '.' || step"
    " WHERE n IS NULL AND " AUDITED,
    "SELECT 'lease l' || lease, n FROM leases LEFT JOIN said"
    " ON kind = 'lease' AND key = 'l' || lease"
    " WHERE n IS NULL OR state IS NOT json_extract(body, '$.state')"
    " OR plugin IS NOT json_extract(body, '$.plugin')"
    " OR action IS NOT json_extract(body, '$.action')"
    " OR target IS NOT json_extract(body, '$.target')"
    " OR error IS NOT json_extract(body, '$.error')",
    "SELECT 'owner ' || iif(run, 'r' || run || '.' || step, 'l' || lease)"
    " || ' of lease l' || lease, n FROM owners LEFT JOIN said"
    " ON kind = 'owner' AND key ="
    "  iif(run, 'r' || run || '.' || step, 'l' || lease)"
    " WHERE n IS NULL OR 'l' || lease IS NOT json_extract(body, '$.lease')"
    " OR until IS NOT json_extract(body, '$.until')",
    "SELECT 'approval a' || approval, n FROM approvals LEFT JOIN said"
    " ON kind = 'approval' AND key = 'a' || approval"
    " WHERE n IS NULL OR 'r' || run || '.' || step IS NOT"
    "  json_extract(body, '$.step')"
    " OR target IS NOT json_extract(body, '$.target')"
    " OR set_hash IS NOT json_extract(body, '$.set')"
    " OR expires IS NOT json_extract(body, '$.expires')",
    "SELECT 'approval a' || approval, n FROM approvals LEFT JOIN said"
    " ON kind = 'state' AND key = 'a' || approval WHERE state IS NOT body",
    "SELECT 'decision of ' || name || ' about approval a' || approval, n"
    " FROM decisions LEFT JOIN said ON kind = 'decision'"
    " AND key = 'a' || approval || ' ' || person"
    " WHERE n IS NULL OR level + 1 IS NOT json_extract(body, '$.level')"
    " OR iif(yes, 'approve', 'deny') IS NOT json_extract(body, '$.decision')"
    " OR name IS NOT json_extract(body, '$.person')"
    " OR caller IS NOT json_extract(body, '$.caller')",
    "SELECT 'use of step r' || run || '.' || step, n FROM uses LEFT JOIN said"
    " ON kind = 'use' AND key = 'r' || run || '.' || step WHERE n IS NULL",
    "SELECT 'requester of run r' || run, n FROM requesters LEFT JOIN said"
    " ON kind = 'requester' AND key = 'r' || run"
    " WHERE n IS NULL OR name IS NOT json_extract(body, '$.person')"
    " OR person IS NOT json_extract(body, '$.id')",
    "SELECT 'due of step r' || run || '.' || step, n FROM dues LEFT JOIN said"
    " ON kind = 'due' AND key = 'r' || run || '.' || step"
    " WHERE n IS NULL OR due IS NOT json_extract(body, '$.due')",
};

/* Each gives the first record whose row is not there: of what, and which. */
static const char *const missing[] = {
    "SELECT 'lease ' || key, n FROM said WHERE kind = 'lease'"
    " AND NOT EXISTS (SELECT 1 FROM leases WHERE lease = " NUMBER(
        "key") ")"
               " AND NOT " GONE("lease", NUMBER("key")),
    "SELECT 'owner ' || key || ' of lease ' || json_extract(body, '$.lease'), n"
    " FROM said WHERE kind = 'owner' AND json_extract(body, '$.until') <> -1"
    " AND NOT EXISTS (SELECT 1 FROM owners"
    "  WHERE run = iif(key < 'r', 0, " NUMBER(
        "key") ")"
               "  AND step = substr(key, iif(key < 'r', 2, instr(key, '.') + "
               "1))"
               "  AND owners.lease = " NUMBER(
                   "json_extract(body, '$.lease')") ")"
                                                    " AND NOT " GONE(
                                                        "lease",
                                                        NUMBER(
                                                            "json_extract(body,"
                                                            " '$.lease')")),
    "SELECT 'approval ' || key, n FROM said WHERE kind = 'approval'"
    " AND NOT EXISTS (SELECT 1 FROM approvals"
    "  WHERE approval = " NUMBER(
        "key") ")"
               " AND NOT " GONE("run", NUMBER("json_extract(body, '$.step')")),
    "SELECT 'decision of ' || json_extract(body, '$.person')"
    " || ' about approval ' || json_extract(body, '$.approval'), n"
    " FROM said WHERE kind = 'decision' AND EXISTS (SELECT 1 FROM approvals"
    "  WHERE approval = " NUMBER(
        "key") ") AND NOT EXISTS"
               " (SELECT 1 FROM decisions WHERE approval = " NUMBER(
                   "key") "  AND person = json_extract(body, '$.id'))",
    "SELECT 'requester of run ' || key, n FROM said WHERE kind = 'requester'"
    " AND NOT EXISTS (SELECT 1 FROM requesters WHERE run = " NUMBER(
        "key") ")"
               " AND NOT " GONE("run", NUMBER("key")),
    "SELECT 'due of step ' || key, n FROM said WHERE kind = 'due'"
    " AND NOT EXISTS (SELECT 1 FROM dues"
    "  WHERE run = " NUMBER(
        "key") "  AND step = substr(key, instr(key, '.') + 1))"
               " AND NOT " GONE("run", NUMBER("key")),
};

/* 1: every row is as its record says. 0: one is not, and is said. */
static int check(struct db *db, const char *sql, bool missed,
                 struct buf *difference, struct error *error)
{
    sqlite3_stmt *statement = db_prepare(db, sql, (struct db_row){0}, error);
    int code;

    if (!statement)
        return error->code;
    code = db_step(db, statement, error);
    if (code == 1) {
        buf_add_text(difference, db_column_text(statement, 0));
        if (sqlite3_column_type(statement, 1) == SQLITE_NULL)
            buf_add_text(difference, " has no record: somebody added it");
        else
            buf_printf(difference,
                       missed ? ", of which record %lld is, is not there"
                              : " is not what record %lld says",
                       (long long)sqlite3_column_int64(statement, 1));
    }
    sqlite3_finalize(statement);
    return code < 0 ? code : !code;
}

int audit_log_rows(struct audit_log *log, struct buf *difference,
                   struct error *error)
{
    struct db *db = audit_log_db(log);
    int code = db_exec(db, said, error);

    if (!code)
        code = audit_log_gone(log, error);
    code = code ? code : 1;
    for (size_t i = 0; code == 1 && i < sizeof checks / sizeof *checks; i++)
        code = check(db, checks[i], false, difference, error);
    for (size_t i = 0; code == 1 && i < sizeof missing / sizeof *missing; i++)
        code = check(db, missing[i], true, difference, error);
    return code;
}
