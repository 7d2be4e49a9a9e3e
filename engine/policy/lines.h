#ifndef RIPOSTE_POLICY_LINES_H
#define RIPOSTE_POLICY_LINES_H

#include "base/str.h"

/*
 * On which line stands what a Lua file returns? Looks at the table
 * constructor behind the file's `return` and remembers the line of every
 * entry, nested constructors too. What is computed has no lines of its own:
 * use those of the nearest parent that has.
 */
struct lines;

/* One table constructor. */
struct lines_table;

struct lines *lines_of(struct str text); /* text must outlive it */
void lines_free(struct lines *lines);    /* NULL is fine */

/* The returned table, or NULL where no constructor stands behind `return`. */
const struct lines_table *lines_root(const struct lines *lines);
unsigned lines_return(const struct lines *lines); /* 0: there is none */

/* The line of an entry by its name, or by its place from 1 (name.data NULL);
 * 0 where it is not known. *below is its own constructor, or NULL. table may
 * be NULL. */
unsigned lines_find(const struct lines_table *table, struct str name,
                    size_t place, const struct lines_table **below);

#endif
