#ifndef RIPOSTE_MODEL_ARGV_H
#define RIPOSTE_MODEL_ARGV_H

#include "base/secret.h"
#include "model/alarm.h"
#include "model/catalogue.h"

/*
 * From parameters to a command line (smartresponse.md section 5.3, as the
 * design narrows it): Switch words split once at load, a value is always
 * exactly one argument, never split, never glued, never seen by a shell.
 */

/* The value of one parameter, by its index in the action. */
struct value {
    bool given;
    bool preset; /* the manifest's own: StaticInput, or a date in its format */
    char *text;  /* owned; may hold NUL until it was checked */
    size_t len;
    char *secret; /* owned: it is the secret of that name (then there is no
                     text), or NULL */
};

struct values {
    struct value *items; /* owned: action->nparams of them */
    size_t len;
};
struct values values_new(const struct action *action);
void values_set(struct values *values, size_t index, struct str text);
/* The name fits (base/secret.h). */
void values_set_secret(struct values *values, size_t index, const char *name);
void values_free(struct values *values);
struct values values_copy(const struct values *values);

/* Gives every input that is not given its DefaultInput: the static text, or
 * the alarm's field (alarm may be NULL: empty). What is still without a value
 * is the empty string. An int in hex (0x1a4) becomes decimal, given or not. */
void values_default(struct values *values, const struct action *action,
                    const struct alarm *alarm);
/* The same for one who will be asked later, when the alarm is not there: what
 * its fields give counts as given. */
void values_take_over(struct values *values, const struct action *action,
                      const struct alarm *alarm);

enum {
    ARGV_VALUE_MAX = 8 * 1024,  /* Linux takes 128 KiB an argument; no field
                                   of a real plugin needs more than this */
    ARGV_TOTAL_MAX = 128 * 1024 /* all of them: far below ARG_MAX */
};

struct argv {
    struct words words; /* [0] is the Command; the program's words come when
                           the job is made */
    bool *secret;       /* owned, words.len: print it as *** */
    struct words env;   /* NAME=value of Via="env:NAME" parameters */
    char *input;        /* owned: of a Via="stdin" parameter, or NULL */
    size_t input_len;
    struct words hide; /* encrypted values that stand in it as they are */
    /* Secrets by name: where each stands there is ***. The index is that of
     * words, or of env. */
    struct secret_reference *references; /* owned */
    size_t nreferences, references_cap;
};

/* Refuses (ERROR_INVALID, ERROR_LIMIT, the parameter named) a NUL, a value
 * over ARGV_VALUE_MAX, a total over ARGV_TOTAL_MAX, and a leading '-' where
 * neither Dash nor StaticInput allows it. A true flag gives the Switch words
 * alone. */
int argv_build(const struct action *action, const struct values *values,
               struct argv *argv, struct error *error);
void argv_free(struct argv *argv);

/* The words to start: program, its interpreter's words, the words after the
 * Command. The action must be available. */
struct words argv_program(const struct action *action, const struct argv *argv);

/* Microsoft C-runtime rules (docs: "Parsing C command-line arguments",
 * without the special case of the program name): blanks part words, double
 * quotes group, 2n backslashes before a quote give n, 2n+1 give n and a
 * literal quote, "" inside quotes gives one quote; single quotes are plain. */
struct words argv_split(const char *text);

#endif
