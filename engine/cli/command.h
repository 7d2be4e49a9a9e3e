#ifndef RIPOSTE_CLI_COMMAND_H
#define RIPOSTE_CLI_COMMAND_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * The command table: one file per command, one struct command each, listed in
 * commands.c; --help and the error texts are made from it, and docs/commands.md
 * is checked against it. To add a command: write its file, name it in
 * commands.h, commands.c and the manual.
 */
enum exit_status {
    EXIT_WELL = 0,
    EXIT_FAILED_RUN = 1, /* also: act not Executed, a fault in a plugin */
    EXIT_USAGE = 2,      /* also: a site that does not load */
    EXIT_NO_SUCH = 3,
    EXIT_BUSY = 69,
    EXIT_JOURNAL = 70,
    EXIT_INTERRUPTED = 130,
};

/* An option of that name takes a value in every command or in none, so that
 * the command can be found before its options are known. */
struct option {
    const char *name;  /* "--source" */
    const char *alias; /* "-p", or NULL */
    const char *value; /* what it takes: "NAME=VALUE"; NULL: a switch */
    const char *help;
    bool repeated;
};

struct args;
struct desk_work;

enum { ARGS_ANY = 100000 }; /* max_args where any number will do */

struct command {
    const char *name;      /* "run", "plugin check" */
    const char *arguments; /* "[FILE…|-]" */
    const char *summary;
    const char *detail;           /* more for its own --help */
    const struct option *options; /* name NULL at the end */
    size_t min_args, max_args;
    int (*run)(const struct args *args); /* returns an exit status */
    /* What is done at a desk (desk.h) for these arguments; NULL: nothing. Where
     * it always is something run may be NULL. */
    const struct desk_work *(*desk)(const struct args *args);
    /* How riposte-exec is to start this command as its engine ("run" or
     * "serve"); NULL, or a NULL result: it starts no programs. */
    const char *(*executor)(const struct args *args);
};

extern const struct command *const commands[]; /* NULL at the end */
extern const struct option global_options[];   /* name NULL at the end */

struct given {
    const struct option *option;
    const char *value; /* in argv; NULL for a switch */
};

/* What a command line said: options and arguments in any order. */
struct args {
    const char *site;         /* --site, default "." */
    bool json, help, version; /* help also where the first word is "help" */
    const struct command *command; /* NULL: none was named */
    const char **items;            /* the arguments, NULL at the end; owned */
    size_t len;
    struct given *given; /* owned */
    size_t ngiven;
    char **argv; /* the whole command line, for riposte-exec */
    int fd;      /* the executor's socket, or -1 */
};

/* Everything but the owned arrays points into argv. After an error
 * args->command may be set, so that its usage can be shown. */
int args_parse(struct args *args, char **argv, struct error *error);
void args_free(struct args *args);

bool args_has(const struct args *args, const char *option);
const char *args_value(const struct args *args, const char *option);
/* Every value of a repeated option, NULL at the end. free() the array. */
const char **args_values(const struct args *args, const char *option);

/* help.c */
void help_all(FILE *out);
void help_command(FILE *out, const struct command *command);
void help_usage(FILE *out, const struct command *command); /* NULL is fine */

#endif
