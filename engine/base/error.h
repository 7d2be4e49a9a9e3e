#ifndef RIPOSTE_BASE_ERROR_H
#define RIPOSTE_BASE_ERROR_H

#include <stddef.h>

/*
 * Why something failed. Functions that can fail return 0 or one of these
 * negative codes and fill the struct error that the caller gave (NULL: not
 * interested). The text says what is wrong and what to do, without a full
 * stop; where says which file, with line and column (from 1; 0: not known).
 */
enum error_code {
    ERROR_INVALID = -1,   /* the input is wrong: its author can mend it */
    ERROR_LIMIT = -2,     /* a named limit was passed */
    ERROR_NOT_FOUND = -3, /* no such file, plugin, action, id */
    ERROR_SYSTEM = -4,    /* the operating system said no */
    ERROR_BUSY = -5,      /* another process holds it */
    ERROR_DENIED = -6,    /* a site's file that others may write, or read */
};

struct error {
    int code;
    char where[512];
    unsigned line;
    unsigned column;
    char text[1024];
};

/* Both return code, so that a function can end with `return error_set(…)`. */
int error_set(struct error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int error_at(struct error *error, int code, const char *where, unsigned line,
             unsigned column, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Gives a place to an error that has none yet. Returns its code. */
int error_place(struct error *error, const char *where, unsigned line);

/* "where:line:column: text", leaving out what is not known. The result
 * belongs to the caller. */
char *error_format(const struct error *error);

/* Several problems at once, for commands that report all of them. */
struct problem {
    struct error error;
    int warning; /* 1: a warning, 0: an error */
};
struct problems {
    struct problem *items; /* owned */
    size_t len;
    size_t cap;
    size_t errors; /* how many are no warnings */
};

void problems_add(struct problems *problems, const struct error *error,
                  int warning);
void problems_free(struct problems *problems);

#endif
