#ifndef RIPOSTE_FLOW_POSITIONS_H
#define RIPOSTE_FLOW_POSITIONS_H

#include "base/error.h"
#include "journal/position.h"

/*
 * Positions of followed files in memory, each file once.
 */
struct positions {
    struct journal_position *items; /* owned, and their texts */
    size_t len, cap;
};

/* What the journal has. */
int positions_read(struct positions *positions, struct journal *journal,
                   struct error *error);
/* Copies it, in the place of an earlier one of that file. */
void positions_put(struct positions *positions,
                   const struct journal_position *row);
void positions_free(struct positions *positions);

#endif
