#include "cli/leases.h"

#include "base/clock.h"
#include "cli/id.h"
#include "cli/print.h"

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

int leases_begin(struct desk *desk)
{
    struct changing *changing = desk->mine;
    const char *name = desk->args->items[0];

    if (!id_number(name, 'l', &changing->number))
        return error_set(&desk->error, ERROR_INVALID,
                         "\"%s\" is no lease: they are called l1, l2 …; "
                         "riposte ls leases lists them",
                         name);
    return 0;
}

/* An engine has them all in memory. */
int leases_look(struct desk *desk)
{
    struct changing *changing = desk->mine;

    if (desk->flow)
        return 0;
    changing->own = leases_new(desk->journal);
    return leases_load(changing->own, &desk->error);
}

int leases_take(struct desk *desk, struct leases **leases, struct lease **lease)
{
    const struct changing *changing = desk->mine;

    *leases = desk->flow ? flow_leases(desk->flow) : changing->own;
    *lease = leases_find(*leases, changing->number);
    return *lease ? 0
                  : error_set(&desk->error, ERROR_NOT_FOUND,
                              "%s is not in force: it has ended, or there "
                              "never was one; riposte ls leases lists them",
                              desk->args->items[0]);
}

void leases_say(struct desk *desk, const char *event, struct buf *said)
{
    if (desk->args->json) {
        struct json_out out = print_begin(&desk->out, "lease");

        json_text(&out, "lease", desk->args->items[0]);
        json_text(&out, "done", event);
        json_str(&out, "text", buf_str(said));
        print_close(&out);
    } else {
        buf_add_str(&desk->out, buf_str(said));
        buf_add_byte(&desk->out, '\n');
    }
    buf_free(said);
}

void leases_end(struct desk *desk)
{
    struct changing *changing = desk->mine;

    leases_free(changing->own);
}
