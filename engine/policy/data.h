#ifndef RIPOSTE_POLICY_DATA_H
#define RIPOSTE_POLICY_DATA_H

#include "model/json.h"

/*
 * Lua data files: one table, text only, evaluated in an empty environment
 * with caps on instructions and memory, turned into a json tree whose nodes
 * carry the line on which they stand. Sequences become arrays, other tables
 * objects (members sorted by key); an empty table is an empty array.
 */
enum {
    DATA_SIZE_MAX = 256 * 1024, /* a hand-written file is far smaller */
    DATA_INSTRUCTIONS_MAX = 100 * 1000,
    DATA_MEMORY_MAX = 4 * 1024 * 1024,
};

struct json_doc *data_parse(struct str text, const char *where,
                            struct error *error);

#endif
