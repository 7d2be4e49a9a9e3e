#ifndef RIPOSTE_CLI_ACCOUNT_H
#define RIPOSTE_CLI_ACCOUNT_H

#include "base/buf.h"
#include "flow/flow.h"

/*
 * The words of the account for people: a block for a run is a head, a line
 * for each action, and an end. Each appends whole lines.
 */

/* When, what, which policy, and what was extracted from the alarm. */
void account_head(struct buf *buf, const struct flow_run *run, bool colour);
void account_step(struct buf *buf, const struct flow_step *step, bool colour);
void account_end(struct buf *buf, const struct flow_run *run, bool colour);

void account_summary(struct buf *buf, const struct flow_counts *counts,
                     double seconds, const char *quarantine);

/* A status in its colour. */
void account_status(struct buf *buf, enum step_status status, bool colour);
/* "exit 0", "signal 9", the rule that refused; nothing where it was none of
 * these. */
void account_ending(struct buf *buf, const struct answer *answer);

#endif
