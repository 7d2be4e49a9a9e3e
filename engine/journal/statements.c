#include "journal/schema.h"

const char *const statement_texts[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_INSERT_SET] = "INSERT INTO sets (hash, created) VALUES (?, ?)"
                             " ON CONFLICT (hash) DO NOTHING",
    [STATEMENT_INSERT_FILE] = "INSERT INTO files (hash, body) VALUES (?, ?)"
                              " ON CONFLICT (hash) DO NOTHING",
    [STATEMENT_INSERT_SET_FILE] =
        "INSERT INTO set_files (set_hash, path, file_hash) VALUES (?, ?, ?)",
    [STATEMENT_INSERT_ALARM] =
        "INSERT INTO alarms (id, source, time, received, count, raw, keys)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
    [STATEMENT_INSERT_NEW] =
        "INSERT INTO new_alarms (seq) VALUES (last_insert_rowid())",
    [STATEMENT_INSERT_PAST] = "INSERT INTO past (key, time, alarm)"
                              " VALUES (?, ?, last_insert_rowid())",
    [STATEMENT_DELETE_PAST] =
        "DELETE FROM past WHERE key = ? AND time = ? AND alarm = ?",
    [STATEMENT_INSERT_FORGOTTEN] =
        "INSERT INTO forgotten (id, digest) VALUES (?, ?)"
        " ON CONFLICT (id) DO NOTHING",
    [STATEMENT_FIND_FORGOTTEN] =
        "SELECT digest = ?2 FROM forgotten WHERE id = ?1",
    [STATEMENT_SAME_ALARM] =
        "SELECT source = ?2 AND raw = ?3 FROM alarms WHERE id = ?1",
    [STATEMENT_TAKE_ALARM] =
        "DELETE FROM new_alarms"
        " WHERE seq = (SELECT seq FROM alarms WHERE id = ?) RETURNING seq",
    [STATEMENT_INSERT_RUN] =
        "INSERT INTO runs (run, alarm, policy, set_hash, started, cause, lease)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_END_RUN] = "UPDATE runs SET outcome = ?2, error = ?3, ended = ?4"
                          " WHERE run = ?1 AND outcome IS NULL",
    [STATEMENT_INSERT_STEP] =
        /* A step that waited for a person has a row by then. */
    "INSERT INTO steps (run, step, kind, status, incarnation, started,"
    " ended, request, argv, answer)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (run, step) DO UPDATE SET status = excluded.status,"
    " incarnation = excluded.incarnation, started = excluded.started,"
    " ended = excluded.ended, argv = excluded.argv,"
    " answer = excluded.answer WHERE steps.incarnation = 0"
    " AND steps.answer IS NULL AND steps.request = excluded.request",
    [STATEMENT_ANSWER_STEP] =
        "UPDATE steps SET answer = ?3, status = ?4, ended = ?5"
        " WHERE run = ?1 AND step = ?2 AND answer IS NULL",
    [STATEMENT_AGAIN_STEP] =
        "UPDATE steps SET incarnation = ?3, attempt = attempt + 1"
        " WHERE run = ?1 AND step = ?2 AND answer IS NULL"
        " RETURNING attempt",
    [STATEMENT_RESOLVE_STEP] =
        "UPDATE steps SET answer = ?3, status = ?4, ended = ?5"
        " WHERE run = ?1 AND step = ?2 AND status = 'Unknown'",
    /* As of a step that was asked, and of which nothing was sent. */
    [STATEMENT_REASK_STEP] =
        "UPDATE steps SET answer = NULL, status = 'Pending', ended = NULL,"
        " incarnation = 0, attempt = attempt + 1"
        " WHERE run = ?1 AND step = ?2 AND status = 'Unknown'",
    /* Once nothing in it is unknown any more. */
    [STATEMENT_REOPEN_RUN] =
        "UPDATE runs SET outcome = NULL, error = NULL, ended = NULL"
        " WHERE run = ?1 AND outcome = 'parked' AND NOT EXISTS"
        " (SELECT 1 FROM steps WHERE run = ?1 AND status = 'Unknown')",
    [STATEMENT_ABORT_RUN] =
        "UPDATE runs SET outcome = 'aborted', error = ?2, ended = ?3"
        " WHERE run = ?1 AND outcome = 'parked'",
    [STATEMENT_FIND_ALARM] = "SELECT seq FROM alarms WHERE id = ?",
    /* Alarms are matched in order: the first that is not is the first that
     * the set will be for. */
    [STATEMENT_SET_PAUSE] = "INSERT OR REPLACE INTO pause VALUES"
                            " (1, ?, ?, ?)",
    [STATEMENT_DELETE_PAUSE] = "DELETE FROM pause",
    [STATEMENT_SET_IN_FORCE] =
        "INSERT INTO in_force (first, set_hash, only, since)"
        " SELECT coalesce((SELECT min(seq) FROM new_alarms),"
        " (SELECT max(seq) FROM alarms) + 1, 1), ?1, ?2, ?3"
        " WHERE (?1, ?2) IS NOT (SELECT set_hash, only FROM in_force"
        " ORDER BY first DESC LIMIT 1)"
        " ON CONFLICT (first) DO UPDATE SET set_hash = excluded.set_hash,"
        " only = excluded.only, since = excluded.since",
    [STATEMENT_INSERT_COUNTED] =
        "INSERT INTO counted (alarm, policy, verdict, n, time)"
        " VALUES (?, ?, ?, ?, ?)",
    [STATEMENT_SET_THRESHOLD] =
        "INSERT INTO thresholds (counter, key, state) VALUES (?, ?, ?)"
        " ON CONFLICT (counter, key) DO UPDATE SET state = excluded.state",
    [STATEMENT_DELETE_THRESHOLD] =
        "DELETE FROM thresholds WHERE counter = ? AND key = ?",
    [STATEMENT_INSERT_WAITING] =
        "INSERT INTO waiting (run, due, request) VALUES (?, ?, ?)",
    [STATEMENT_SET_SCHEDULE] =
        "INSERT INTO schedules (policy, every, due) VALUES (?, ?, ?)"
        " ON CONFLICT (policy)"
        " DO UPDATE SET every = excluded.every, due = excluded.due",
    [STATEMENT_SET_POSITION] =
        "INSERT INTO positions (path, source, inode, born, offset, line,"
        " digest, chosen) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (path, source, inode, born) DO UPDATE SET"
        " offset = excluded.offset, line = excluded.line,"
        " digest = excluded.digest, chosen = excluded.chosen",
    [STATEMENT_DELETE_POSITION] =
        "DELETE FROM positions WHERE path = ? AND source = ? AND inode = ?"
        " AND born = ?",
    [STATEMENT_INSERT_AUDIT] =
        "INSERT INTO audit (n, time, kind, body, hash) VALUES (?, ?, ?, ?, ?)",
    /* Is what a record of the audit is about still there? */
    [STATEMENT_FIND_NEEDED] =
        "SELECT EXISTS (SELECT 1 FROM runs WHERE run = ?1)"
        " OR EXISTS (SELECT 1 FROM leases WHERE lease = ?2)"
        " OR EXISTS (SELECT 1 FROM approvals WHERE approval = ?3)"
        " OR EXISTS (SELECT 1 FROM uses WHERE run = ?1 AND step = ?4)",
    [STATEMENT_INSERT_USE] =
        "INSERT INTO uses (run, step, time, plugin, action, policy, target,"
        " attempt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (run, step, attempt) DO NOTHING",
    [STATEMENT_DELETE_USES] = "DELETE FROM uses WHERE time < ?",
    /* Of its latest attempt. */
    [STATEMENT_DELETE_USE] =
        "DELETE FROM uses WHERE run = ?1 AND step = ?2 AND attempt ="
        " (SELECT max(attempt) FROM uses WHERE run = ?1 AND step = ?2)",
    [STATEMENT_SET_LEASE] =
        "INSERT INTO leases (lease, plugin, action, target, same, params,"
        " set_hash, started, state, attempts, retry, verified, checked, error,"
        " ended, quiet, policy, drifted, restore, restored)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (lease) DO UPDATE SET state = excluded.state,"
        " attempts = excluded.attempts, retry = excluded.retry,"
        " verified = excluded.verified, checked = excluded.checked,"
        " error = excluded.error, ended = excluded.ended,"
        " quiet = excluded.quiet, policy = excluded.policy,"
        " drifted = excluded.drifted, restore = excluded.restore,"
        " restored = excluded.restored",
    [STATEMENT_SET_OWNER] =
        "INSERT INTO owners (run, step, lease, until) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (run, step) DO UPDATE SET lease = excluded.lease,"
        " until = excluded.until",
    [STATEMENT_DELETE_OWNER] = "DELETE FROM owners WHERE run = ? AND step = ?",
    [STATEMENT_INSERT_DUE] =
        "INSERT INTO dues (run, step, due) VALUES (?, ?, ?)",
    [STATEMENT_INSERT_APPROVAL] =
        "INSERT INTO approvals (approval, run, step, request, argv, target,"
        " set_hash, rules, question, levels, opened, expires, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')",
    [STATEMENT_INSERT_DECISION] =
        "INSERT INTO decisions (approval, level, yes, person, name, caller,"
        " note, time, requester)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, (SELECT requesters.person"
        " FROM requesters JOIN approvals USING (run) WHERE approval = ?1))",
    [STATEMENT_MOVE_APPROVAL] = "UPDATE approvals SET state = ?3, used = ?4"
                                " WHERE approval = ?1 AND state = ?2",
    [STATEMENT_INSERT_REQUESTER] =
        "INSERT INTO requesters (run, person, name) VALUES (?, ?, ?)",
};
