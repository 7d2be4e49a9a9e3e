#include "cli/desk.h"

#include "base/alloc.h"
#include "base/log.h"
#include "cli/control.h"
#include "cli/print.h"
#include "cli/site.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- the parts ---------------------------------------------------------- */

int desk_begin(struct desk *desk)
{
    const struct desk_work *work = desk->work;

    if (work->size)
        desk->mine = alloc_zeroed(1, work->size);
    return work->begin ? work->begin(desk) : 0;
}

int desk_look(struct desk *desk)
{
    return desk->work->look ? desk->work->look(desk) : 0;
}

int desk_change(struct desk *desk)
{
    return desk->work->change ? desk->work->change(desk) : 0;
}

int desk_end(struct desk *desk, int code)
{
    const struct desk_work *work = desk->work;

    if (!code && work->say)
        work->say(desk);
    if (desk->mine && work->end)
        work->end(desk);
    if (code)
        desk->out.len = 0;
    return code ? site_status(&desk->error) : desk->status;
}

void desk_clear(struct desk *desk)
{
    free(desk->mine);
    free(desk->site);
    set_unref(desk->set);
    person_clear(&desk->caller);
    buf_free(&desk->out);
    buf_free(&desk->notes);
}

/* ---- the journal of the site, for us alone ------------------------------ */

static int work_on(struct desk *desk, struct held *held)
{
    int code;

    desk->journal = held->journal;
    code = desk_look(desk);
    if (!code)
        code = desk_change(desk);
    held_close(held);
    if (!code && held->lost.code) {
        desk->error = held->lost;
        code = held->lost.code;
    }
    return code;
}

static int open_and_work(struct desk *desk)
{
    struct held held;
    struct settings *settings = site_settings(desk->args->site);
    int code = desk->work->change
                   ? held_wait(&held, settings->state, &desk->error)
                   : held_open(&held, settings->state, &desk->error);

    settings_free(settings);
    return code ? code : work_on(desk, &held);
}

/* An engine that listens has the journal, and does it for us. */
static bool ask_engine(const struct args *args, int *status)
{
    struct settings *settings = site_settings(args->site);
    bool asked = control_ask(args, settings->control, status);

    settings_free(settings);
    return asked;
}

static int run_here(struct desk *desk)
{
    int code = desk_begin(desk);

    if (!code)
        code = open_and_work(desk);
    if (code == ERROR_NOT_FOUND && desk->work->may_lack && !desk->journal) {
        desk->error.code = 0;
        code = 0;
    }
    return desk_end(desk, code);
}

static void print_all(struct desk *desk)
{
    log_lines(buf_str(&desk->notes));
    if (desk->error.code)
        log_error(&desk->error);
    print_out(&desk->out);
}

int desk_run(const struct args *args, const struct desk_work *work)
{
    struct desk desk = {.args = args, .work = work, .root = getuid() == 0};
    int status;

    if (access(args->site, F_OK)) {
        error_at(&desk.error, ERROR_INVALID, args->site, 0, 0,
                 "there is no such folder");
        return site_error(&desk.error);
    }
    if (ask_engine(args, &status))
        return status;
    if (work->of_engine)
        return DESK_PASS;
    if (work->wants_set) {
        desk.set = site_load(args, work->flags);
        if (!desk.set)
            return EXIT_USAGE;
    }
    desk.site = realpath(args->site, NULL);
    person_caller(&desk.caller);
    status = run_here(&desk);
    print_all(&desk);
    desk_clear(&desk);
    return status;
}
