#ifndef RIPOSTE_GATE_GUARDS_INNER_H
#define RIPOSTE_GATE_GUARDS_INNER_H

#include "gate/guards.h"

/* What guards.c and guards_read.c share. */

struct guards_person {
    char *name; /* owned; NULL: a uid */
    int64_t uid;
};

struct guards_group {
    char *name;                   /* owned */
    struct guards_person *people; /* owned */
    size_t len;
};

struct guards {
    unsigned refs;
    struct guards_group *groups; /* owned */
    size_t ngroups;
};

#endif
