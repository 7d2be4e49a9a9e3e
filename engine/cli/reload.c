#include "cli/reload.h"
#include "base/alloc.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/site.h"
#include "flow/engine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static int tell(const struct args *args, int64_t pid)
{
    struct buf buf = {0};

    if (kill((pid_t)pid, SIGHUP)) {
        log_line("error: process %lld cannot be told to reload: %s",
                 (long long)pid, strerror(errno));
        return errno == ESRCH ? EXIT_NO_SUCH : EXIT_JOURNAL;
    }
    if (args->json) {
        struct json_out out = print_begin(&buf, "reload");

        json_int(&out, "pid", pid);
        print_end(&out);
    } else {
        buf_printf(&buf,
                   "told process %lld to reload; its stderr gives the "
                   "verdict\n",
                   (long long)pid);
        print_out(&buf);
    }
    buf_free(&buf);
    return EXIT_WELL;
}

static char *state_folder(const char *site)
{
    struct settings *settings = site_settings(site);
    char *state = alloc_text(settings->state);

    settings_free(settings);
    return state;
}

int64_t reload_tell(const char *site)
{
    char *state = state_folder(site);
    int64_t pid = engine_holder(state);

    free(state);
    if (pid <= 0 || !kill((pid_t)pid, SIGHUP))
        return pid > 0 ? pid : 0;
    if (errno != ESRCH)
        log_line("warning: process %lld cannot be told to reload: %s",
                 (long long)pid, strerror(errno));
    return 0;
}

static int run(const struct args *args)
{
    char *state = state_folder(args->site);
    int64_t pid = engine_holder(state);
    int status;

    if (pid > 0) {
        status = tell(args, pid);
    } else {
        log_line("error: no process works on this site: nobody holds %s/lock",
                 state);
        status = EXIT_NO_SUCH;
    }
    free(state);
    return status;
}

const struct command command_reload = {
    .name = "reload",
    .arguments = "",
    .summary = "Tell the running serve to load the site anew",
    .detail = "Sends HUP to the process named in state/lock, whose stderr says "
              "whether the new\nsite is in force. Try riposte check before.\n",
    .run = run,
};
