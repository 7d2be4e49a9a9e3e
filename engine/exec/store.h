#ifndef RIPOSTE_EXEC_STORE_H
#define RIPOSTE_EXEC_STORE_H

#include "base/error.h"
#include "base/secret.h"

#include <stdint.h>

/*
 * A site's secrets: the folder state/secrets (0700), one file each (0600),
 * named after the secret, with its value as the content. Written by `riposte
 * secret`, read by slots.
 */

/* Who may have had a look at a file decides whether it is one. */
enum store_trust {
    STORE_OWN,   /* a file of ours or root's that nobody else can open */
    STORE_SYSTEM /* a folder that the service manager made and guards */
};

/* Gives the value, at most SECRET_VALUE_MAX bytes without NUL and without the
 * line end behind it; the caller wipes and frees it. ERROR_NOT_FOUND where
 * there is no such file, else why it is refused. */
int store_read(const char *folder, const char *name, enum store_trust trust,
               char **value, struct error *error);
/* What store_read does with the bytes of a file: at most one line end is
 * dropped, and what cannot be a parameter's value is refused. */
int store_value(const char *name, struct str bytes, char **value,
                struct error *error);

/* Makes the folder where it is missing. After it returned 0 the secret is on
 * the disk, whole; else the old one is. */
int store_write(const char *folder, const char *name, struct str value,
                struct error *error);
int store_remove(const char *folder, const char *name, struct error *error);

struct store_entry {
    char *name;   /* owned */
    int64_t time; /* when it was set, as clock_now */
};
struct store_list {
    struct store_entry *items; /* owned, sorted by name */
    size_t len, cap;
};
/* No folder: an empty list. */
int store_list(const char *folder, struct store_list *list,
               struct error *error);
void store_list_free(struct store_list *list);

#endif
