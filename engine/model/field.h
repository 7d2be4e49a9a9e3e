#ifndef RIPOSTE_MODEL_FIELD_H
#define RIPOSTE_MODEL_FIELD_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* The alarm fields of SmartResponse's schema (RemediationVersion1.xsd), in
 * one table: what a manifest may name in DefaultInput, what a source may
 * fill, and what the documentation lists. */
struct field {
    const char *name;
    const char *label; /* as LogRhythm's console calls it */
    bool number;       /* ports, counts, sizes, durations: a number */
    bool date;         /* carries a TimeFormat */
    bool host;         /* a host's name: LogRhythm's console marks known hosts
                          with " *" at the end, which is no part of it */
};

extern const struct field field_table[];
extern const size_t field_count;

/* By exact name, or NULL. */
const struct field *field_find(struct str name);
const struct field *field_find_nocase(struct str name);

/* The field that an element of the schema's earlier days stands for (DHostIP:
 * DIP), or NULL. */
const struct field *field_find_old(struct str name);

#endif
