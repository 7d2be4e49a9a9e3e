#ifndef RIPOSTE_CLI_APPROVALS_H
#define RIPOSTE_CLI_APPROVALS_H

#include "cli/command.h"
#include "journal/approval.h"
#include "model/json_out.h"

/*
 * Approvals as people see them: what ls approvals, approve and deny share.
 */

/* The state in SmartResponse's words: "Pending", "Approved", "Denied", or the
 * status of the step that used it. */
const char *approvals_status(const struct journal_approval *row, int64_t now);
/* Its action, or nothing; then its question. Safe for a terminal. */
void approvals_put_what(struct buf *buf, const struct journal_approval *row);
/* The members of its JSON line; see docs/commands.md. */
void approvals_put_json(struct json_out *out,
                        const struct journal_approval *row, int64_t now);

/* Who decided what: a line; a JSON object. */
void approvals_put_decision(struct buf *buf,
                            const struct journal_decision *row);
void approvals_put_decision_json(struct json_out *out,
                                 const struct journal_decision *row);

#endif
