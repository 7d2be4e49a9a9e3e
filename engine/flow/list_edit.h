#ifndef RIPOSTE_FLOW_LIST_EDIT_H
#define RIPOSTE_FLOW_LIST_EDIT_H

#include "flow/set.h"

/*
 * Changing lists/NAME.txt from a program: the folder is locked, so that of
 * several writers at once none loses what another did, and the file is
 * replaced as a whole, so that whoever reads it finds the old one or the new.
 * What else stands in it (comments, order) stays.
 */
enum list_change {
    LIST_ADDED,
    LIST_CHANGED, /* it was there with another end or reason */
    LIST_REMOVED,
    LIST_SAME, /* nothing had to be done */
};

struct list_edit {
    const char *site;
    const char *list;   /* its name */
    struct str value;   /* as an entry has it; an address in any spelling */
    bool remove;        /* else it is added */
    int64_t until;      /* ms since 1970; 0: for good */
    const char *reason; /* the entry's comment, or NULL */
};

/* Returns the change, or negative: ERROR_NOT_FOUND where there is no such
 * list to remove from; ERROR_INVALID where the site's guards, or the list
 * itself, could not take the entry; then nothing is changed. */
int list_edit(const struct list_edit *edit, struct error *error);

#endif
