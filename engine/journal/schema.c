#include "journal/schema.h"

#include "base/alloc.h"
#include "journal/db.h"
#include "journal/journal.h"

#include <stdlib.h>

/* Marks the file as ours: "Ripo", in the header's application id. */
enum { APPLICATION_ID = 0x5269706f };

/* What leads from each version to the next; 0 is an empty file. Times are
 * milliseconds since 1970. A text of an alarm, a key or a state may hold any
 * bytes, so those are blobs; what people read is text. */
static const char *const migrations[JOURNAL_SCHEMA] = {
    /* Runs are counted from 1 in every journal; with the journal's own id a
     * step's name is like no other's anywhere. */
    "CREATE TABLE journal (id TEXT NOT NULL) STRICT;"
    "INSERT INTO journal VALUES (lower(hex(randomblob(8))));"
    /* Files are stored once, by the hash of their bytes. */
    "CREATE TABLE files ("
    "  hash TEXT NOT NULL UNIQUE,"
    "  body BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE sets ("
    "  hash TEXT NOT NULL UNIQUE,"
    "  created INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE set_files ("
    "  set_hash TEXT NOT NULL REFERENCES sets (hash),"
    "  path TEXT NOT NULL,"
    "  file_hash TEXT NOT NULL REFERENCES files (hash),"
    "  PRIMARY KEY (set_hash, path)"
    ") STRICT, WITHOUT ROWID;"
    /* An alarm's row is never written again: what is new about it is a row
     * of new_alarms, which goes when the alarm is matched. (Rewriting the
     * alarm made a match 1.6 times as dear.) */
    "CREATE TABLE alarms ("
    "  seq INTEGER PRIMARY KEY,"
    "  id TEXT NOT NULL UNIQUE,"
    "  source TEXT NOT NULL,"
    "  time INTEGER NOT NULL,"
    "  received INTEGER NOT NULL,"
    "  count INTEGER NOT NULL,"
    "  raw BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE new_alarms ("
    "  seq INTEGER PRIMARY KEY REFERENCES alarms (seq)"
    ") STRICT;"
    /* outcome: NULL while the run is open. */
    "CREATE TABLE runs ("
    "  run INTEGER PRIMARY KEY,"
    "  alarm INTEGER REFERENCES alarms (seq),"
    "  policy TEXT,"
    "  set_hash TEXT NOT NULL REFERENCES sets (hash),"
    "  outcome TEXT,"
    "  error TEXT,"
    "  started INTEGER NOT NULL,"
    "  ended INTEGER"
    ") STRICT;"
    "CREATE INDEX runs_open ON runs (run) WHERE outcome IS NULL;"
    /* answer: NULL while there is an intent alone. */
    "CREATE TABLE steps ("
    "  run INTEGER NOT NULL REFERENCES runs (run),"
    "  step INTEGER NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  status TEXT NOT NULL,"
    "  incarnation INTEGER NOT NULL,"
    "  started INTEGER NOT NULL,"
    "  ended INTEGER,"
    "  request TEXT NOT NULL,"
    "  argv TEXT,"
    "  answer TEXT,"
    "  PRIMARY KEY (run, step)"
    ") STRICT;"
    "CREATE INDEX steps_unknown ON steps (run, step) WHERE status = 'Unknown';"
    "CREATE TABLE thresholds ("
    "  counter TEXT NOT NULL,"
    "  key BLOB NOT NULL,"
    "  state BLOB NOT NULL,"
    "  PRIMARY KEY (counter, key)"
    ") STRICT, WITHOUT ROWID;",
    /* 2: policies that time starts. */
    "CREATE TABLE schedules ("
    "  policy TEXT NOT NULL PRIMARY KEY,"
    "  every TEXT NOT NULL,"
    "  due INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;",
    /* 3: manual runs that were asked for a later time; the row stays. */
    "CREATE TABLE waiting ("
    "  run INTEGER PRIMARY KEY REFERENCES runs (run),"
    "  due INTEGER NOT NULL,"
    "  request TEXT NOT NULL"
    ") STRICT;",
    /* 4: everything decided or done, each row's hash over the one before. */
    "CREATE TABLE audit ("
    "  n INTEGER PRIMARY KEY,"
    "  time INTEGER NOT NULL,"
    "  kind TEXT NOT NULL,"
    "  body TEXT NOT NULL,"
    "  hash TEXT NOT NULL"
    ") STRICT;"
    /* Remediations that were started: what budgets are counted from. The row
     * outlives its run. (In a table without row ids the key's columns go first:
     * SQLite 3.40's integrity_check miscounts others.) */
    "CREATE TABLE uses ("
    "  run INTEGER NOT NULL,"
    "  step INTEGER NOT NULL,"
    "  attempt INTEGER NOT NULL,"
    "  time INTEGER NOT NULL,"
    "  plugin TEXT NOT NULL,"
    "  action TEXT NOT NULL,"
    "  policy TEXT,"
    "  target TEXT,"
    "  PRIMARY KEY (run, step, attempt)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX uses_time ON uses (time);"
    /* What the engine itself asks is a run of its own. */
    "ALTER TABLE runs ADD COLUMN cause TEXT;"
    /* How often a step was sent. */
    "ALTER TABLE steps ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;"
    /* Remediations in force. The row stays when it has ended. */
    "CREATE TABLE leases ("
    "  lease INTEGER PRIMARY KEY,"
    "  plugin TEXT NOT NULL,"
    "  action TEXT NOT NULL,"
    "  target TEXT,"
    "  same TEXT NOT NULL,"
    "  params TEXT NOT NULL,"
    "  set_hash TEXT NOT NULL,"
    "  started INTEGER NOT NULL,"
    "  state TEXT NOT NULL,"
    "  attempts INTEGER NOT NULL,"
    "  retry INTEGER NOT NULL,"
    "  verified TEXT,"
    "  checked INTEGER,"
    "  error TEXT,"
    "  ended INTEGER,"
    "  quiet INTEGER NOT NULL,"
    /* restore: the run that puts right what is gone since then. */
    "  policy TEXT,"
    "  drifted INTEGER,"
    "  restore INTEGER,"
    "  restored TEXT"
    ") STRICT;"
    "CREATE INDEX leases_held ON leases (lease) WHERE ended IS NULL;"
    /* Who holds one: a step; or run 0, as step the lease: a person. */
    "CREATE TABLE owners ("
    "  run INTEGER NOT NULL,"
    "  step INTEGER NOT NULL,"
    "  lease INTEGER NOT NULL REFERENCES leases (lease),"
    "  until INTEGER NOT NULL,"
    "  PRIMARY KEY (run, step)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX owners_lease ON owners (lease);"
    "ALTER TABLE runs ADD COLUMN lease INTEGER;"
    /* Steps that a time ends. */
    "CREATE TABLE dues ("
    "  run INTEGER NOT NULL,"
    "  step INTEGER NOT NULL,"
    "  due INTEGER NOT NULL,"
    "  PRIMARY KEY (run, step),"
    "  FOREIGN KEY (run, step) REFERENCES steps (run, step)"
    ") STRICT, WITHOUT ROWID;"
    /* Alarms by the value of a field, see past.h; and, with the alarm, all of
     * its keys, one behind the other, so that they can be removed with it. */
    "CREATE TABLE past ("
    "  key BLOB NOT NULL,"
    "  time INTEGER NOT NULL,"
    "  alarm INTEGER NOT NULL,"
    "  PRIMARY KEY (key, time, alarm)"
    ") STRICT, WITHOUT ROWID;"
    "ALTER TABLE alarms ADD COLUMN keys BLOB;"
    /* Alarms that retention removed, see forgotten.h. */
    "CREATE TABLE forgotten ("
    "  id BLOB NOT NULL PRIMARY KEY,"
    "  digest BLOB NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    /* The last record of the audit that retention removed; run: the first
     * that the audit had. */
    "CREATE TABLE chain_start ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1),"
    "  n INTEGER NOT NULL,"
    "  hash TEXT NOT NULL,"
    "  run INTEGER"
    ") STRICT;"
    /* For what retention looks for. */
    "CREATE INDEX set_files_file ON set_files (file_hash);"
    "CREATE INDEX leases_ended ON leases (ended) WHERE ended IS NOT NULL;"
    "CREATE INDEX leases_set ON leases (set_hash);"
    /* What people have to decide. used: the step of the run that used it. */
    "CREATE TABLE approvals ("
    "  approval INTEGER PRIMARY KEY,"
    "  run INTEGER NOT NULL,"
    "  step INTEGER NOT NULL,"
    "  request TEXT,"
    "  argv TEXT,"
    "  target TEXT,"
    "  set_hash TEXT NOT NULL,"
    "  rules TEXT NOT NULL,"
    "  question BLOB NOT NULL,"
    "  levels TEXT NOT NULL,"
    "  opened INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL,"
    "  state TEXT NOT NULL CHECK (state IN"
    "    ('open', 'approved', 'denied', 'expired', 'used')),"
    "  used INTEGER,"
    "  CHECK ((used IS NOT NULL) = (state = 'used'))"
    ") STRICT;"
    "CREATE INDEX approvals_run ON approvals (run);"
    /* Nobody decides twice, and nobody what he asked for himself. */
    "CREATE TABLE decisions ("
    "  approval INTEGER NOT NULL REFERENCES approvals (approval),"
    "  level INTEGER NOT NULL,"
    "  yes INTEGER NOT NULL,"
    "  person TEXT NOT NULL,"
    "  requester TEXT,"
    "  name TEXT NOT NULL,"
    "  caller TEXT,"
    "  note TEXT,"
    "  time INTEGER NOT NULL,"
    "  UNIQUE (approval, person),"
    "  CHECK (person IS NOT requester)"
    ") STRICT;"
    /* Who asked for a manual run. */
    "CREATE TABLE requesters ("
    "  run INTEGER PRIMARY KEY,"
    "  person TEXT NOT NULL,"
    "  name TEXT NOT NULL"
    ") STRICT;"
    /* Which set alarms were matched by: from that one on, up to the next
     * row's. Sets may go; the row stays, or the one before it would seem to
     * have been in force. only: JSON array of the policies that might run. */
    "CREATE TABLE in_force ("
    "  first INTEGER PRIMARY KEY,"
    "  set_hash TEXT NOT NULL,"
    "  only TEXT,"
    "  since INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX in_force_set ON in_force (set_hash, first);"
    /* What a threshold said of an alarm, see policy/threshold.h. */
    "CREATE TABLE counted ("
    "  alarm INTEGER NOT NULL REFERENCES alarms (seq) ON DELETE CASCADE,"
    "  policy TEXT NOT NULL,"
    "  verdict TEXT NOT NULL,"
    "  n INTEGER NOT NULL,"
    "  time INTEGER NOT NULL,"
    "  PRIMARY KEY (alarm, policy)"
    ") STRICT, WITHOUT ROWID;"
    /* How far followed files were read, see position.h. */
    "CREATE TABLE positions ("
    "  path TEXT NOT NULL,"
    "  source TEXT NOT NULL,"
    "  inode INTEGER NOT NULL,"
    "  born INTEGER NOT NULL,"
    "  offset INTEGER NOT NULL,"
    "  line INTEGER NOT NULL,"
    "  digest TEXT NOT NULL,"
    "  chosen TEXT NOT NULL,"
    "  PRIMARY KEY (path, source, inode, born)"
    ") STRICT, WITHOUT ROWID;"
    /* Policies start no remediation by themselves; see pause.h. */
    "CREATE TABLE pause ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  person TEXT NOT NULL,"
    "  note TEXT,"
    "  since INTEGER NOT NULL"
    ") STRICT;"
    /* For people who ask why. */
    "CREATE INDEX runs_alarm ON runs (alarm) WHERE alarm IS NOT NULL;"
    "CREATE INDEX runs_lease ON runs (lease) WHERE lease IS NOT NULL;"
    "CREATE INDEX runs_policy ON runs (policy, run);"
    "CREATE INDEX runs_set ON runs (set_hash);"
    "CREATE INDEX runs_started ON runs (started);"
    "CREATE INDEX runs_bad ON runs (outcome, run) WHERE " SCHEMA_BAD ";"
    "CREATE INDEX steps_odd ON steps (status, run, step) WHERE " SCHEMA_ODD ";"
    "CREATE INDEX steps_started ON steps (started);"
    "CREATE INDEX alarms_received ON alarms (received);"
    "CREATE INDEX approvals_state ON approvals (state, approval);"
    "CREATE INDEX audit_step ON audit (" SCHEMA_AUDIT_STEP
    ") WHERE " SCHEMA_AUDIT_KINDS ";",
};

int schema_known(const char *path, long long application, long long version,
                 struct error *error)
{
    if (application != APPLICATION_ID || version < 1)
        return error_at(error, ERROR_INVALID, path, 0, 0,
                        "this is the database of another program; move it "
                        "away, or give another state folder");
    if (version > JOURNAL_SCHEMA)
        return error_at(error, ERROR_INVALID, path, 0, 0,
                        "this journal was written by a newer riposte (schema "
                        "%lld, this one knows up to %d); run that version",
                        version, JOURNAL_SCHEMA);
    return 0;
}

/* The version of the file's schema, or negative. */
static int found_version(struct db *db, struct error *error)
{
    int64_t found[3];

    for (int i = 0; i < 3; i++) {
        static const char *const texts[] = {
            "PRAGMA user_version",
            "PRAGMA application_id",
            "SELECT count(*) FROM sqlite_schema",
        };
        sqlite3_stmt *statement =
            db_prepare(db, texts[i], (struct db_row){0}, error);

        if (!statement)
            return error->code;
        if (db_step(db, statement, error) != 1) {
            sqlite3_finalize(statement);
            return error->code;
        }
        found[i] = sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
    }
    if (found[0] == 0 && found[1] == 0 && found[2] == 0)
        return 0;
    if (schema_known(db->path, found[1], found[0], error))
        return error->code;
    return (int)found[0];
}

int schema_check(struct db *db, struct error *error)
{
    int found = found_version(db, error);

    return found < 0 ? found : 0;
}

static int migrate_from(struct db *db, int from, struct error *error)
{
    char *mark = alloc_printf("PRAGMA application_id = %d;"
                              "PRAGMA user_version = %d",
                              APPLICATION_ID, JOURNAL_SCHEMA);
    int code = db_exec(db, "BEGIN IMMEDIATE", error);

    for (int i = from; !code && i < JOURNAL_SCHEMA; i++)
        code = db_exec(db, migrations[i], error);
    if (!code)
        code = db_exec(db, mark, error);
    if (!code)
        code = db_exec(db, "COMMIT", error);
    if (code)
        db_rollback(db);
    free(mark);
    return code;
}

int schema_migrate(struct db *db, struct error *error)
{
    int found = found_version(db, error);

    if (found < 0 || found == JOURNAL_SCHEMA)
        return found < 0 ? found : 0;
    return migrate_from(db, found, error);
}
