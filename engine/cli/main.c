#include "base/log.h"
#include "cli/become.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/print.h"
#include "exec/client.h"

#include <signal.h>

static int usage(const struct args *args, const struct error *error)
{
    log_error(error);
    help_usage(stderr, args->command);
    return EXIT_USAGE;
}

/* Commands that start programs are run by riposte-exec. */
static int command(struct args *args)
{
    const char *mode =
        args->command->executor ? args->command->executor(args) : NULL;
    const struct desk_work *work =
        args->command->desk ? args->command->desk(args) : NULL;
    int status = work ? desk_run(args, work) : DESK_PASS;

    if (status != DESK_PASS)
        return status;
    if (mode) {
        args->fd = exec_client_inherited();
        if (args->fd < 0)
            return become_executor(args, mode);
    }
    return args->command->run(args);
}

static int answer(struct args *args)
{
    if (args->version)
        return command_version.run(args);
    if (!args->command) {
        help_all(args->help ? stdout : stderr);
        return args->help ? EXIT_WELL : EXIT_USAGE;
    }
    if (!args->help)
        return command(args);
    help_command(stdout, args->command);
    return EXIT_WELL;
}

int main(int argc, char **argv)
{
    struct args args;
    struct error error;
    int status;

    if (argc < 1)
        return EXIT_USAGE;
    /* A reader of our output that went away must not end what is running. */
    signal(SIGPIPE, SIG_IGN);
    /* A file that may not grow is an error to be told, like a full disk. */
    signal(SIGXFSZ, SIG_IGN);
    if (args_parse(&args, argv, &error))
        status = usage(&args, &error);
    else
        status = answer(&args);
    args_free(&args);
    if (print_flush() && status == EXIT_WELL)
        status = EXIT_FAILED_RUN;
    return status;
}
