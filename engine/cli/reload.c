#include "cli/reload.h"
#include "base/alloc.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/print.h"
#include "cli/site.h"
#include "flow/engine.h"
#include "serve/serve.h"

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

/* ---- by the control socket ---------------------------------------------- */

static void put_problems(struct desk *desk, const struct problems *problems)
{
    for (size_t i = 0; i < problems->len; i++) {
        char *text = error_format(&problems->items[i].error);

        buf_printf(&desk->notes, "%s: %s\n",
                   problems->items[i].warning ? "warning" : "error", text);
        free(text);
    }
}

/* Behind the disk, as what is in force then is told to people. */
static void say(struct desk *desk)
{
    bool done = serve_reload(desk->serve);
    const struct set *set = flow_set(desk->flow);

    put_problems(desk, serve_refused(desk->serve));
    desk->status = done ? EXIT_WELL : EXIT_USAGE;
    if (desk->args->json) {
        struct json_out out = print_begin(&desk->out, "reload");

        json_bool(&out, "refused", !done);
        json_text(&out, "set", set->hash);
        json_int(&out, "policies", (int64_t)set->npolicies);
        json_int(&out, "plugins", (int64_t)set->catalogue.len);
        print_close(&out);
    } else {
        buf_printf(&desk->out,
                   "%sset %.8s %s in force (%zu policies, %zu "
                   "plugins)\n",
                   done ? "" : "refused; ", set->hash, done ? "is" : "stays",
                   set->npolicies, set->catalogue.len);
    }
}

static const struct desk_work work = {.of_engine = true, .say = say};

static const struct desk_work *desk_of(const struct args *args)
{
    (void)args;
    return &work;
}

/* ---- by a signal, where there is no socket ------------------------------ */

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
    .detail =
        "Says whether the new site is in force; a site that does not load "
        "leaves the old one\nin force, with exit status 2. Where serve "
        "has no control socket it is told by HUP, and\nits stderr has "
        "the verdict.\n",
    .run = run,
    .desk = desk_of,
};
