#ifndef RIPOSTE_MODEL_JSON_INNER_H
#define RIPOSTE_MODEL_JSON_INNER_H

#include "model/json.h"

/* Between json.cc, which parses, and the C files beside it. */

/* A document whose first room bytes need no further allocation. */
struct json_doc *json_sized(size_t room);

/* What simdjson found, as far as it tells. */
enum json_fault {
    JSON_FAULT_SHAPE,
    JSON_FAULT_UTF8,
    JSON_FAULT_NUMBER,
    JSON_FAULT_DEPTH,
};

/* Says why a text was refused: simdjson names a kind of fault but no place,
 * so the text is looked through again, on this path only. detail: simdjson's
 * own words. Returns a negative code. */
int json_explain(struct str text, enum json_fault fault, const char *detail,
                 const char *where, unsigned line, struct error *error);

/* Whether two members bear one name, and which. */
bool json_duplicate(const struct json *list, size_t len, struct str *twice);

#endif
