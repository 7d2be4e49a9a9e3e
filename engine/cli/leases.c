#include "cli/leases.h"

#include "base/clock.h"
#include "base/log.h"
#include "cli/id.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "cli/site.h"

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

static int find_and_change(const struct args *args, struct leases *leases,
                           int64_t number, leases_change_fn change,
                           struct buf *said, struct error *error)
{
    struct lease *lease;
    int status = leases_load(leases, error);

    if (status)
        return status;
    lease = leases_find(leases, number);
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
    int64_t number;
    int status;

    if (!id_number(args->items[0], 'l', &number)) {
        log_line("error: \"%s\" is no lease: they are called l1, l2 …; riposte "
                 "ls leases lists them",
                 args->items[0]);
        return EXIT_USAGE;
    }
    status = runs_open_wait(&held, args, &error);
    if (!status) {
        leases = leases_new(held.journal);
        status = find_and_change(args, leases, number, change, &said, &error);
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
