#ifndef RIPOSTE_POLICY_INDEXED_H
#define RIPOSTE_POLICY_INDEXED_H

#include "policy/policy_inner.h"

/* riposte.past finds alarms by the fields that the site indexes alone. */

/* False, and which ones it can be, where the field is none of them. */
bool indexed_field(const struct policy_world *world, struct str field,
                   struct error *error);

/* Complains of each `riposte.past { by = "FIELD" }` in the policy's text whose
 * field stands there and is not indexed. What is computed, or stands in a
 * module, is found when it is asked. */
void indexed_check(struct loader *loader);

#endif
