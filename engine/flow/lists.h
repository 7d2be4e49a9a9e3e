#ifndef RIPOSTE_FLOW_LISTS_H
#define RIPOSTE_FLOW_LISTS_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>

/*
 * A site's lists (lists/NAME.txt): one entry a line, blanks around it do not
 * count. A '#' at the line's start, or after a blank, begins a comment. An
 * entry that reads as an address or a range (base/addr.h) holds every address
 * in it, however written; any other entry holds its own bytes. One that looks
 * like a range and is none, or that is no UTF-8, is an error.
 */
struct lists;

struct lists *lists_new(void);
void lists_free(struct lists *lists); /* NULL is fine */

/* where: "lists/allow.txt", for messages. Returns 0 or negative. */
int lists_add(struct lists *lists, const char *name, struct str text,
              const char *where, struct error *error);

bool lists_have(const struct lists *lists, const char *name);
bool lists_find(const struct lists *lists, const char *name, struct str value);

#endif
