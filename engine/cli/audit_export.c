#include "base/log.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/since.h"
#include "cli/site.h"
#include "cli/trail.h"

#include <inttypes.h>

enum { WRITE_SIZE = 64 * 1024 }; /* bytes that are written at once */

static int put(void *arg, const struct audit_record *record)
{
    struct buf *buf = arg;

    audit_put_record(buf, record);
    if (buf->len >= WRITE_SIZE)
        print_out(buf);
    return 0;
}

static int export(struct audit_log *log, int64_t since, struct error *error)
{
    struct buf buf = {0};
    struct audit_head head;
    int64_t first = INT64_MIN;
    int code = 0;

    if (since != INT64_MIN)
        code = audit_log_since(log, since, &first, error);
    if (!code)
        code = audit_log_before(log, first, &head, error);
    if (!code) {
        if (first == INT64_MIN && head.n)
            log_line("note: records 1 to %" PRId64 " are not there any more; "
                     "riposte.lua's keep had them removed",
                     head.n);
        audit_put_start(&buf, audit_log_id(log), &head);
        code = audit_log_read(log, first, put, &buf, error);
        print_out(&buf);
    }
    buf_free(&buf);
    return code;
}

static int run(const struct args *args)
{
    struct trail trail;
    struct error error;
    int64_t since;
    int status;

    if (since_parse(args_value(args, "--since"), &since, &error))
        return site_error(&error);
    status = trail_open(&trail, args);
    if (status)
        return status;
    if (export(trail.log, since, &error))
        status = site_error(&error);
    trail_close(&trail);
    return status;
}

static const struct option options[] = {
    {"--since", NULL, "TIME", "only from that time on; or 7d: so long ago",
     false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_audit_export = {
    .name = "audit export",
    .arguments = "",
    .summary = "Print the audit's records, one JSON object a line",
    .detail = "docs/audit.md says what they hold and how their hashes are "
              "made. Example:\nriposte audit export --since 1d >audit.ndjson\n",
    .options = options,
    .run = run,
};
