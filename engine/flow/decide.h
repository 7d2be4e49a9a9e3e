#ifndef RIPOSTE_FLOW_DECIDE_H
#define RIPOSTE_FLOW_DECIDE_H

#include "flow/person.h"
#include "gate/guards.h"
#include "journal/approval.h"

/*
 * Who may decide what: pure functions over what the journal has of an
 * approval. Levels are passed one after another, each by so many people of
 * its group; one no ends it. Whoever asked for it, and whoever decided
 * already, does not count.
 */
struct deciding {
    struct guards_level *levels; /* owned */
    size_t nlevels;
    size_t level;        /* the one that is to be passed */
    unsigned yes;        /* of its people */
    char *requester;     /* owned id, or NULL */
    struct words people; /* ids of those who decided */
};

/* Reads the row; the decisions follow by deciding_add. ERROR_INVALID where it
 * cannot be decided any more, and why. */
int deciding_begin(struct deciding *deciding,
                   const struct journal_approval *row, int64_t now,
                   struct error *error);
void deciding_add(struct deciding *deciding,
                  const struct journal_decision *row);
void deciding_clear(struct deciding *deciding);

/* May that person decide now? ERROR_INVALID and why not. guards: those in
 * force, or NULL. */
int deciding_may(const struct deciding *deciding, const struct guards *guards,
                 const struct person *person, struct error *error);
/* What the approval's state is after that decision. */
const char *deciding_state(const struct deciding *deciding, bool yes);

#endif
