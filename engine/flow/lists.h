#ifndef RIPOSTE_FLOW_LISTS_H
#define RIPOSTE_FLOW_LISTS_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A site's lists (lists/NAME.txt): one entry a line, blanks around it do not
 * count. A '#' at the line's start, or after a blank, begins a comment. An
 * entry that reads as an address or a range (base/addr.h) holds every address
 * in it, however written; any other entry holds its own bytes. One that looks
 * like a range and is none, or that is no UTF-8, is an error. With
 * "until=TIME" as its last word an entry is over at that time (clock_until).
 */
struct lists;

/* One entry, as it stands in the file. */
struct list_entry {
    struct str value;
    unsigned line;
    int64_t until; /* ms since 1970; 0: for good */
    struct str comment;
};
/* Calls each with every entry of a list's text, until it returns negative,
 * which is returned. Where a line is wrong: negative, and its place. */
typedef int (*list_entry_fn)(void *arg, const struct list_entry *entry);
int lists_read(struct str text, const char *where, list_entry_fn each,
               void *arg, struct error *error);
/* One line, without its end: 1: an entry; 0: there is none on it; or
 * negative, the error without a place. */
int lists_line(struct str line, struct list_entry *entry, struct error *error);

struct lists *lists_new(void);
void lists_free(struct lists *lists); /* NULL is fine */

/* where: "lists/allow.txt", for messages. Returns 0 or negative. */
int lists_add(struct lists *lists, const char *name, struct str text,
              const char *where, struct error *error);

bool lists_have(const struct lists *lists, const char *name);
/* Is the value on that list, now? */
bool lists_find(const struct lists *lists, const char *name, struct str value,
                int64_t now);

#endif
