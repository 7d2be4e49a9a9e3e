#ifndef RIPOSTE_FLOW_PAST_H
#define RIPOSTE_FLOW_PAST_H

#include "flow/flow_inner.h"
#include "journal/past.h"

/* riposte.past: earlier alarms by the value of a field that is indexed. */

/* The keys of those fields that the alarm has; there is room for all. Returns
 * how many. */
size_t past_keys(const struct alarm *alarm, const struct words *index,
                 struct journal_key *keys);

/* Answers the step once the journal was read. */
void run_ask_past(struct run *run, unsigned step,
                  const struct request *request);

#endif
