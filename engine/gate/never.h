#ifndef RIPOSTE_GATE_NEVER_H
#define RIPOSTE_GATE_NEVER_H

#include "base/error.h"
#include "model/catalogue.h"

/*
 * What no remediation may be done to: addresses and ranges of them, hosts,
 * users, in any spelling (see spelling.h). An address is bound by every range
 * that holds it, a range by everything that it holds or lies in; "root" also
 * as a user of any domain, "corp\root" only where the domain is that one or
 * not said; "*.example.com" is every name below example.com.
 */
struct never;

struct never *never_new(void);
void never_free(struct never *never); /* NULL is fine */

/* A rule of guards.lua: the entries that are added next are its. list: the
 * list that they come from, or NULL. expires: ms since 1970; 0: never. */
void never_rule(struct never *never, unsigned line, const char *list,
                const char *reason, int64_t expires);
/* line: of the entry; until as expires. The error has no place. */
int never_add(struct never *never, struct str value, unsigned line,
              int64_t until, struct error *error);
/* Nothing is added any more. */
void never_seal(struct never *never);

/* Lives as long as the struct never. */
struct never_hit {
    const char *entry;  /* as it is written */
    unsigned line;      /* of the rule in guards.lua */
    const char *list;   /* its name, or NULL */
    unsigned list_line; /* of the entry in it */
    const char *reason; /* or NULL */
};

/* Is anything of that value protected now? A pure function. */
bool never_find(const struct never *never, enum value_type type,
                struct str value, int64_t now, struct never_hit *hit);

#endif
