#include "cli/list.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/print.h"
#include "cli/reload.h"
#include "cli/site.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const changes[] = {
    [LIST_ADDED] = "added",
    [LIST_CHANGED] = "changed",
    [LIST_REMOVED] = "removed",
    [LIST_SAME] = "unchanged",
};

static void say_json(const struct list_edit *edit, enum list_change change,
                     int64_t pid)
{
    struct buf buf = {0};
    struct json_out out = print_begin(&buf, "list");
    char time[CLOCK_TEXT];

    json_text(&out, "list", edit->list);
    json_key(&out, "value");
    json_put_str(&out, edit->value);
    json_text(&out, "done", changes[change]);
    if (edit->until) {
        clock_format(edit->until, time);
        json_text(&out, "until", time);
    }
    if (pid)
        json_int(&out, "pid", pid);
    print_end(&out);
    buf_free(&buf);
}

static void say(const struct list_edit *edit, enum list_change change,
                int64_t pid)
{
    struct buf buf = {0};
    char time[CLOCK_TEXT];

    print_safe(&buf, edit->value);
    if (change == LIST_SAME)
        buf_printf(&buf, " is %s lists/%s.txt already",
                   edit->remove ? "not on" : "on", edit->list);
    else
        buf_printf(&buf, " is %s %s lists/%s.txt", changes[change],
                   change == LIST_ADDED     ? "to"
                   : change == LIST_REMOVED ? "from"
                                            : "on",
                   edit->list);
    if (edit->until) {
        clock_format(edit->until, time);
        buf_printf(&buf, " until %s", time);
    }
    if (pid)
        buf_printf(&buf, "; told process %" PRId64 " to reload", pid);
    buf_add_text(&buf, "\n");
    print_out(&buf);
    buf_free(&buf);
}

static int finish(const struct args *args, const struct list_edit *edit,
                  int change)
{
    int64_t pid = change == LIST_SAME ? 0 : reload_tell(args->site);

    if (args->json)
        say_json(edit, (enum list_change)change, pid);
    else
        say(edit, (enum list_change)change, pid);
    return edit->remove && change == LIST_SAME ? EXIT_NO_SUCH : EXIT_WELL;
}

int list_change(const struct args *args, struct list_edit *edit)
{
    char *site = realpath(args->site, NULL);
    struct error error = {0};
    int change;

    edit->site = site;
    edit->list = args->items[0];
    edit->value = str_trim(str_of(args->items[1]));
    if (site)
        change = list_edit(edit, &error);
    else
        change = error_set(&error, ERROR_INVALID, "there is no site at %s: %s",
                           args->site, strerror(errno));
    free(site);
    return change < 0 ? site_error(&error) : finish(args, edit, change);
}
