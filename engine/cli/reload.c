#include "base/alloc.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/print.h"
#include "flow/engine.h"
#include "policy/data.h"

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

/* The state folder is a setting, and a site that does not load must not keep
 * serve from saying so: nothing but riposte.lua is read. */
static char *state_folder(const char *site)
{
    enum { SETTINGS_MAX = 256 * 1024 }; /* as data_parse takes it */
    char *folder = realpath(site, NULL);
    char *path = alloc_printf("%s/riposte.lua", folder ? folder : site);
    struct problems problems = {0};
    struct settings *settings;
    struct json_doc *doc = NULL;
    struct buf text = {0};
    char *state;

    if (!file_read(path, SETTINGS_MAX, &text, NULL))
        doc = data_parse(buf_str(&text), path, NULL);
    settings = settings_compile(doc ? json_root(doc) : NULL,
                                folder ? folder : site, path, &problems);
    state = alloc_text(settings->state);
    settings_free(settings);
    json_free(doc);
    problems_free(&problems);
    buf_free(&text);
    free(path);
    free(folder);
    return state;
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
