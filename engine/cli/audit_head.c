#include "base/clock.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/site.h"
#include "cli/trail.h"

#include <inttypes.h>

static void put_head(const struct audit_head *head, int64_t time, int64_t first,
                     bool json)
{
    struct buf buf = {0};
    char text[CLOCK_TEXT];

    if (json) {
        struct json_out out = print_begin(&buf, "head");

        json_int(&out, "n", head->n);
        json_text(&out, "hash", head->hash);
        json_int(&out, "first", first);
        if (head->n) {
            clock_format(time, text);
            json_text(&out, "time", text);
        }
        print_end(&out);
    } else {
        buf_printf(&buf, "%" PRId64 ":%s\n", head->n, head->hash);
        print_out(&buf);
    }
    buf_free(&buf);
}

static int run(const struct args *args)
{
    struct trail trail;
    struct audit_head head, start;
    struct error error;
    int64_t time;
    int status = trail_open(&trail, args);

    if (status)
        return status;
    head = audit_log_head(trail.log, &time);
    if (audit_log_before(trail.log, INT64_MIN, &start, &error))
        status = site_error(&error);
    else
        put_head(&head, time, start.n + 1, args->json);
    trail_close(&trail);
    return status;
}

const struct command command_audit_head = {
    .name = "audit head",
    .arguments = "",
    .summary = "The audit's last record, to be kept where nobody here can "
               "change it",
    .detail = "Prints N:HASH for riposte audit verify --head: with it a log "
              "that was cut or written\nanew is found out.\n",
    .run = run,
};
