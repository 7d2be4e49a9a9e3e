#ifndef RIPOSTE_FLOW_CHOOSE_H
#define RIPOSTE_FLOW_CHOOSE_H

#include "base/buf.h"
#include "flow/set.h"

/*
 * --source auto: the first record of an input decides. Of all sources of the
 * set the one that fits it best is taken.
 */

/* head: the input's bytes so far; end: there will be no more. Returns 1 and
 * the source, 0 where more bytes are needed (or the input is empty), or a
 * negative error: no source fits. */
int choose_source(const struct set *set, struct str head, bool end,
                  const struct source **source, struct error *error);

#endif
