#ifndef RIPOSTE_EXEC_STEPS_H
#define RIPOSTE_EXEC_STEPS_H

#include "exec/frame.h"

/*
 * The steps that an executor knows: those that run, and those whose result
 * nobody has forgotten yet.
 */
struct slot;

struct step {
    char *name;        /* owned */
    struct slot *slot; /* the pool's; while it runs */
    struct buf result; /* owned: the frame, once there is one */
    struct step *next;
};
struct steps {
    struct step *first; /* owned */
    size_t len;
};

/* NULL: it is not known. */
struct step *steps_find(const struct steps *steps, const char *name);
/* Takes the name. */
struct step *steps_add(struct steps *steps, char *name, struct slot *slot);
void steps_drop(struct steps *steps, struct step *step);
void steps_free(struct steps *steps); /* all of them */

/* A frame of a result that the executor makes itself, the caller's. why may be
 * NULL. */
struct buf steps_result(const char *name, enum verdict verdict,
                        const char *why);

#endif
