#ifndef RIPOSTE_CLI_CHOICE_H
#define RIPOSTE_CLI_CHOICE_H

#include "base/buf.h"

#include <stdbool.h>

/*
 * Choices that a person is offered, and what an answer says about them. Pure
 * functions: what reads the terminal is ask.c.
 */
struct choice {
    const char *name; /* what is typed, and shown */
    const char *text; /* what Tab puts in its place; NULL: the name */
    size_t len;       /* of the text, which may hold NUL */
};

enum choice_match {
    CHOICE_NONE, /* *index is the nearest name, or the count: none is near */
    CHOICE_ONE,  /* *index is it */
    CHOICE_MANY, /* several begin with it; *index is the first */
};

/* Does the name begin with that, ASCII letters without case? */
bool choice_begins(const struct choice *choice, struct str typed);

/* What is meant by an answer: a whole name, else the only one that begins with
 * it (blanks around it and ASCII case do not matter), else its number from
 * 1. A number comes last, so that it never hides a name. */
enum choice_match choice_find(const struct choice *choices, size_t count,
                              struct str answer, size_t *index);

/* Completes what is typed. CHOICE_ONE: a whole name, or the beginning of one
 * name only: *index is it. CHOICE_MANY: several begin with it; as much as they
 * have in common is added to `common`. CHOICE_NONE: none does. */
enum choice_match choice_complete(const struct choice *choices, size_t count,
                                  struct str typed, size_t *index,
                                  struct buf *common);

/* What Tab puts into the line. */
struct str choice_text(const struct choice *choice);

#endif
