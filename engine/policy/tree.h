#ifndef RIPOSTE_POLICY_TREE_H
#define RIPOSTE_POLICY_TREE_H

#include "model/json.h"
#include "policy/lines.h"

#include <lua.h>

enum {
    TREE_NODES_MAX = 64 * 1024, /* what 256 KiB of text can hold; but a table
                                   may be referred to many times */
};

/*
 * Turns the Lua value at index into a tree of doc. where names the file in
 * errors; line and lines (NULL: not known) tell where the value stands.
 * May raise Lua errors (memory): call it protected.
 */
int tree_build(lua_State *L, int index, struct json_doc *doc, struct json *root,
               const char *where, unsigned line,
               const struct lines_table *lines, struct error *error);

#endif
