#include "base/alloc.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/print.h"
#include "exec/client.h"
#include "exec/hold.h"
#include "flow/lock.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

static int usage(const struct args *args, const struct error *error)
{
    log_error(error);
    help_usage(stderr, args->command);
    return EXIT_USAGE;
}

enum {
    SLOTS_TIMEOUT_MS = 60 * 1000, /* a slot that dies gives up after 10 s */
    SLOTS_SAID_MS = 500,          /* usually they are gone by then */
    SLOTS_PAUSE_MS = 20,
};

/* Another engine works there: the same as it would say itself. */
static int is_taken(const char *state, struct error *error)
{
    int fd = lock_holder(state) ? lock_take(state, error) : -1;

    if (fd == ERROR_BUSY)
        return ERROR_BUSY;
    if (fd >= 0)
        lock_release(fd);
    return 0;
}

/* What an executor that died has left must have ended: until then nobody knows
 * what its actions have done. */
static int wait_for_slots(const char *site, const char *state,
                          struct error *error)
{
    const struct timespec pause = {.tv_nsec = SLOTS_PAUSE_MS * 1000000L};

    for (int waited = 0; hold_take(site) == ERROR_BUSY;
         waited += SLOTS_PAUSE_MS) {
        if (is_taken(state, error))
            return ERROR_BUSY;
        if (waited == SLOTS_SAID_MS)
            log_line("%s: an earlier riposte-exec, or a slot of it, has not "
                     "ended yet; waiting for it",
                     site);
        if (waited >= SLOTS_TIMEOUT_MS)
            return error_at(error, ERROR_BUSY, site, 0, 0,
                            "an earlier riposte-exec, or a slot of it, does "
                            "not end; find it with ps, see what its action "
                            "has done, and kill it");
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* What keeps no journal knows nothing of other processes' actions. */
static int become(const struct args *args, const char *mode)
{
    char *state = alloc_printf("%s/state", args->site);
    bool alone = args_has(args, "--dry-run") || args_has(args, "--no-journal");
    struct error error;
    int code = alone ? 0 : wait_for_slots(args->site, state, &error);

    free(state);
    if (!code)
        exec_client_become(mode, args->argv, &error);
    log_error(&error);
    return code == ERROR_BUSY ? EXIT_BUSY : EXIT_JOURNAL;
}

/* Commands that start programs are run by riposte-exec, which starts this
 * program again as its engine. */
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
            return become(args, mode);
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
