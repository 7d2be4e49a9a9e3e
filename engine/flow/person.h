#ifndef RIPOSTE_FLOW_PERSON_H
#define RIPOSTE_FLOW_PERSON_H

#include <stdint.h>

/*
 * Who asks for something, and who decides. People are told apart by their
 * uid, so that two names of one user are one person; a name that this machine
 * does not know is a person of its own.
 */
struct person {
    char *id;    /* owned: the same for the same person, always */
    char *name;  /* owned: for people, and for groups; "uid 1001" without one */
    int64_t uid; /* -1: this machine does not know the name */
};

/* Whose process this is. */
void person_caller(struct person *person);
void person_named(struct person *person, const char *name);
void person_of(struct person *person, int64_t uid);
void person_copy(struct person *to, const struct person *from);
void person_clear(struct person *person);

#endif
