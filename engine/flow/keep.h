#ifndef RIPOSTE_FLOW_KEEP_H
#define RIPOSTE_FLOW_KEEP_H

#include "flow/flow_inner.h"

/*
 * Retention: passes over the journal (journal/keep.h), a slice at a time when
 * nothing else is to be done, or, where the file is too large, in any case.
 * Begins with flow_keep; then a pass an hour, and one whenever so much came
 * that the file may have become too large.
 */
struct keeping;
struct keeping *keeping_new(struct flow *flow);
void keeping_free(struct keeping *keeping);
/* So many bytes of alarms were accepted. */
void keeping_took(struct keeping *keeping, size_t alarms, size_t bytes);
/* Something may have come to its end: a slice that waited may go. */
void keeping_turn(struct keeping *keeping);
/* Is so much left to do that a process which is about to end does it first? */
bool keeping_owes(const struct keeping *keeping);
/* Is one of the flow's writes a slice? Nobody has to wait for it. */
bool keeping_writes(const struct keeping *keeping);

#endif
