#ifndef RIPOSTE_JOURNAL_SCHEMA_H
#define RIPOSTE_JOURNAL_SCHEMA_H

#include "base/error.h"

/*
 * The tables, their versions, and every statement that writes.
 */
struct db;

/* The order of statement_texts. */
enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_INSERT_SET,
    STATEMENT_INSERT_FILE,
    STATEMENT_INSERT_SET_FILE,
    STATEMENT_INSERT_ALARM,
    STATEMENT_INSERT_NEW,
    STATEMENT_INSERT_PAST,
    STATEMENT_DELETE_PAST,
    STATEMENT_INSERT_FORGOTTEN,
    STATEMENT_FIND_FORGOTTEN,
    STATEMENT_SAME_ALARM,
    STATEMENT_TAKE_ALARM,
    STATEMENT_INSERT_RUN,
    STATEMENT_END_RUN,
    STATEMENT_INSERT_STEP,
    STATEMENT_ANSWER_STEP,
    STATEMENT_AGAIN_STEP,
    STATEMENT_RESOLVE_STEP,
    STATEMENT_REASK_STEP,
    STATEMENT_REOPEN_RUN,
    STATEMENT_ABORT_RUN,
    STATEMENT_FIND_ALARM,
    STATEMENT_SET_IN_FORCE,
    STATEMENT_SET_PAUSE,
    STATEMENT_DELETE_PAUSE,
    STATEMENT_INSERT_COUNTED,
    STATEMENT_SET_THRESHOLD,
    STATEMENT_DELETE_THRESHOLD,
    STATEMENT_INSERT_WAITING,
    STATEMENT_SET_SCHEDULE,
    STATEMENT_SET_POSITION,
    STATEMENT_DELETE_POSITION,
    STATEMENT_INSERT_AUDIT,
    STATEMENT_FIND_NEEDED,
    STATEMENT_INSERT_DUE,
    STATEMENT_INSERT_USE,
    STATEMENT_DELETE_USES,
    STATEMENT_DELETE_USE,
    STATEMENT_SET_LEASE,
    STATEMENT_SET_OWNER,
    STATEMENT_DELETE_OWNER,
    STATEMENT_INSERT_APPROVAL,
    STATEMENT_INSERT_DECISION,
    STATEMENT_MOVE_APPROVAL,
    STATEMENT_INSERT_REQUESTER,
    STATEMENT_COUNT,
};
extern const char *const statement_texts[STATEMENT_COUNT];

/* What indexes of a part of a table hold: what is asked by one has to have its
 * very text. The audit is found by the step that a record is about, for the
 * kinds that few steps have.
 * (json_extract is nothing that an index of ours may call.) */
#define SCHEMA_AUDIT_STEP                                                      \
    "substr(body, instr(body, '\"step\":\"') + 8,"                             \
    " instr(substr(body, instr(body, '\"step\":\"') + 8), '\"') - 1)"
#define SCHEMA_BAD "outcome IN ('failed', 'parked', 'aborted')"
#define SCHEMA_ODD "status <> 'Executed'"
#define SCHEMA_AUDIT_KINDS                                                     \
    "kind IN ('use', 'unused', 'owner', 'again', 'resolve')"

/* Refuses a file that is no journal, or of a newer schema, before anything
 * is written to it. */
int schema_check(struct db *db, struct error *error);
/* Judges the two numbers of a database that is not empty. */
int schema_known(const char *path, long long application, long long version,
                 struct error *error);
/* Creates the tables, or brings older ones up to JOURNAL_SCHEMA, all in one
 * transaction. */
int schema_migrate(struct db *db, struct error *error);

#endif
