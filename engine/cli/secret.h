#ifndef RIPOSTE_CLI_SECRET_H
#define RIPOSTE_CLI_SECRET_H

#include "flow/set.h"

/* What `riposte secret set`, `list` and `remove` share. */

/* The folder of the site's secrets, absolute; the caller's. A site that does
 * not load has one too: only riposte.lua is read. */
char *secret_folder(const char *site);

/* Who names a secret: "policies/a.lua:3" or "PLUGIN / ACTION / PARAMETER". */
struct secret_use {
    char *name;  /* owned */
    char *where; /* owned */
};
struct secret_uses { /* sorted by name, then by where */
    struct secret_use *items;
    size_t len, cap;
};
/* Of policies, those that are written there as riposte.secret "name"; of
 * overlays, Secret="name". */
void secret_uses_find(struct secret_uses *uses, const struct set *set);
void secret_uses_free(struct secret_uses *uses);

#endif
