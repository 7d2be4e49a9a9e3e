#ifndef RIPOSTE_FLOW_CHOOSE_H
#define RIPOSTE_FLOW_CHOOSE_H

#include "flow/set.h"
#include "model/framing.h"

/*
 * --source auto: the first record that a source of the set fits decides. Of
 * all sources the one that fits it best is taken, but only of those whose
 * records have the form of the input's first record. Push bytes in, pull
 * records out, until there is a source; then take the framing, which goes on
 * behind that record.
 */
struct choose;

struct choose *choose_new(void);
void choose_free(struct choose *choose); /* NULL is fine */
void choose_push(struct choose *choose, struct str bytes);

/* As framing_next. *source: the one that fits the record, or NULL. */
bool choose_next(struct choose *choose, const struct set *set, bool end,
                 struct record *record, const struct source **source);

/* The framing that the record was cut by; the caller's now, and the choice is
 * freed. */
struct framing *choose_take(struct choose *choose, const struct source *source);

/* For records that come whole: the forms of the sources that may be asked for
 * this one. forms: what the calls before left; 0 before the first. */
unsigned choose_admit(unsigned *forms, struct str record);

/* Fills the error of an input none of whose records fits. */
void choose_failed(const struct set *set, const char *path,
                   struct error *error);

#endif
