#include "cli/leases.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/print.h"
#include "cli/site.h"
#include "flow/settings.h"

#include <unistd.h>

int64_t leases_number(const char *text)
{
    enum { DIGITS_MAX = 18 }; /* an int64_t has room for any of them */
    int64_t number = 0;
    size_t len = 1;

    if (text[0] != 'l' || text[1] < '1' || text[1] > '9')
        return 0;
    for (; text[len] >= '0' && text[len] <= '9' && len <= DIGITS_MAX; len++)
        number = number * 10 + (text[len] - '0');
    return text[len] ? 0 : number;
}

void leases_put_until(struct buf *buf, int64_t until)
{
    char text[CLOCK_TEXT];

    if (until > 0) {
        clock_format(until, text);
        buf_printf(buf, "until %s", text);
    } else {
        buf_add_text(buf, until ? "nobody holds it" : "until it is ended");
    }
}

void leases_put_what(struct buf *buf, const char *plugin, const char *action,
                     const char *target)
{
    print_text(buf, plugin);
    buf_add_text(buf, " / ");
    print_text(buf, action);
    if (target) {
        buf_add_text(buf, " on ");
        print_text(buf, target);
    }
}

/* ---- changing one ---------------------------------------------------------
 */

static int open_journal(struct held *held, const struct args *args,
                        struct error *error)
{
    struct settings *settings;
    int status;

    if (access(args->site, F_OK))
        return error_at(error, ERROR_INVALID, args->site, 0, 0,
                        "there is no such folder");
    settings = site_settings(args->site);
    status = held_wait(held, settings->state, error);
    settings_free(settings);
    return status;
}

static int find_and_change(const struct args *args, struct leases *leases,
                           leases_change_fn change, struct buf *said,
                           struct error *error)
{
    struct lease *lease;
    int status = leases_load(leases, error);

    if (status)
        return status;
    lease = leases_find(leases, leases_number(args->items[0]));
    if (!lease)
        return error_set(error, ERROR_NOT_FOUND,
                         "%s is not in force: it has ended, or there never was "
                         "one; riposte ls leases lists them",
                         args->items[0]);
    return change(args, leases, lease, said, error);
}

static void say(const struct args *args, const char *event, struct buf *said)
{
    struct buf line = {0};

    if (args->json) {
        struct json_out out = print_begin(&line, "lease");

        json_text(&out, "lease", args->items[0]);
        json_text(&out, "done", event);
        json_str(&out, "text", buf_str(said));
        print_end(&out);
    } else {
        buf_add_byte(said, '\n');
        print_out(said);
    }
    buf_free(&line);
}

int leases_change(const struct args *args, const char *event,
                  leases_change_fn change)
{
    struct leases *leases;
    struct error error = {0};
    struct buf said = {0};
    struct held held = {0};
    int status;

    if (!leases_number(args->items[0])) {
        log_line("error: \"%s\" is no lease: they are called l1, l2 …; riposte "
                 "ls leases lists them",
                 args->items[0]);
        return EXIT_USAGE;
    }
    status = open_journal(&held, args, &error);
    if (!status) {
        leases = leases_new(held.journal);
        status = find_and_change(args, leases, change, &said, &error);
        leases_free(leases);
        held_close(&held);
        if (!status && held.lost.code) {
            error = held.lost;
            status = held.lost.code;
        }
    }
    if (!status)
        say(args, event, &said);
    buf_free(&said);
    return status ? site_error(&error) : EXIT_WELL;
}
