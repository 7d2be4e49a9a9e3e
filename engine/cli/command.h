#ifndef RIPOSTE_CLI_COMMAND_H
#define RIPOSTE_CLI_COMMAND_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The command table: one file per command, one struct command each; --help
 * and the error texts are made from it.
 */
enum exit_status {
    EXIT_WELL = 0,
    EXIT_FAILED_RUN = 1,
    EXIT_USAGE = 2,
    EXIT_NO_SUCH = 3,
    EXIT_BUSY = 69,
    EXIT_JOURNAL = 70,
    EXIT_INTERRUPTED = 130,
};

struct option {
    const char *name;  /* "--source" */
    const char *alias; /* "-p", or NULL */
    const char *value; /* what it takes: "NAME=VALUE"; NULL: a switch */
    const char *help;
    bool repeated;
};

struct args;

struct command {
    const char *name; /* "run", "plugin check" */
    const char *arguments; /* "[FILE…|-]" */
    const char *summary;
    const char *detail; /* more for its own --help */
    const struct option *options; /* name NULL at the end */
    size_t min_args, max_args;
    int (*run)(const struct args *args);
};

/* What a command line said: options and arguments in any order. */
struct args {
    const char *site; /* --site, default "." */
    bool json;
    const struct command *command;
    const char **items; /* the arguments, NULL at the end; owned */
    size_t len;
    struct {
        const struct option *option;
        const char *value;
    } *given; /* owned */
    size_t ngiven;
    char **argv; /* the whole command line, for riposte-exec */
};

bool args_has(const struct args *args, const char *option);
const char *args_value(const struct args *args, const char *option);
/* Every value of a repeated option, NULL at the end. free() the array. */
const char **args_values(const struct args *args, const char *option);

extern const struct command *const commands[]; /* NULL at the end */

#endif
