#include "base/hash.h"
#include "cli/alarms.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "cli/show.h"

#include <inttypes.h>
#include <string.h>

/* Alarms and sets that are named by the front of a hash. */
struct naming {
    struct buf *buf; /* the first that was found, in full */
    struct json_out out;
    bool json;
    size_t alarms, sets;
    struct journal *journal;
    struct error *error;
};

static int on_run(void *arg, const struct journal_history_row *row)
{
    struct naming *naming = arg;

    if (naming->json) {
        json_open(&naming->out, '{');
        runs_put_json(&naming->out, row);
        json_close(&naming->out, '}');
        return 0;
    }
    buf_printf(naming->buf, "run:      r%" PRId64 ", ", row->run);
    runs_put_what(naming->buf, row);
    buf_add_text(naming->buf, ": ");
    runs_put_outcome(naming->buf, row);
    buf_add_byte(naming->buf, '\n');
    return 0;
}

static int on_alarm(void *arg, const struct journal_alarm_found *found)
{
    struct naming *naming = arg;
    struct buf *buf = naming->buf;
    int code;

    if (naming->alarms++)
        return 0;
    if (naming->json) {
        naming->out = print_begin(buf, "alarm");
        alarms_put_json(&naming->out, found);
        json_key(&naming->out, "started");
        json_open(&naming->out, '[');
    } else {
        buf_printf(buf, "alarm %s\n%-10s", found->row.id, "source:");
        print_text(buf, found->row.source);
        buf_printf(buf, "\n%-10s%s\n", "state:", alarms_state(found));
        print_when(buf, "time:", found->row.time);
        print_when(buf, "received:", found->row.received);
    }
    code = journal_read_runs_of_alarm(naming->journal, found->row.id, on_run,
                                      naming, naming->error);
    if (naming->json) {
        json_close(&naming->out, ']');
        return code;
    }
    print_safe(buf, found->row.raw);
    buf_add_byte(buf, '\n');
    return code;
}

static int on_file(void *arg, const char *path, struct str body)
{
    struct naming *naming = arg;

    if (naming->json) {
        json_open(&naming->out, '{');
        json_text(&naming->out, "path", path);
        json_int(&naming->out, "bytes", (int64_t)body.len);
        json_close(&naming->out, '}');
        return 0;
    }
    buf_printf(naming->buf, "%9zu  ", body.len);
    print_text(naming->buf, path);
    buf_add_byte(naming->buf, '\n');
    return 0;
}

static int on_set(void *arg, const struct journal_set_found *found)
{
    struct naming *naming = arg;
    int code;

    if (naming->sets++ || naming->alarms)
        return 0;
    if (naming->json) {
        naming->out = print_begin(naming->buf, "set");
        sets_put_json(&naming->out, found);
        json_key(&naming->out, "sources");
        json_open(&naming->out, '[');
    } else {
        buf_printf(naming->buf, "set %s\n", found->hash);
        sets_put_when(naming->buf, found);
        buf_add_text(naming->buf, ", ");
        print_count(naming->buf, found->runs, "run", "runs");
        buf_add_byte(naming->buf, '\n');
    }
    code = journal_read_set(naming->journal, found->hash, on_file, naming,
                            naming->error);
    if (naming->json)
        json_close(&naming->out, ']');
    return code;
}

static int find(struct naming *naming, const char *prefix)
{
    int code = journal_find_alarm(naming->journal, prefix, on_alarm, naming,
                                  naming->error);

    if (!code)
        code = journal_find_set(naming->journal, prefix, on_set, naming,
                                naming->error);
    if (!code && naming->alarms + naming->sets > 1)
        code = error_set(naming->error, ERROR_NOT_FOUND,
                         "%s begin with %s; give more of it",
                         !naming->sets     ? "several alarms"
                         : !naming->alarms ? "several sets"
                                           : "an alarm and a set",
                         prefix);
    return code;
}

bool show_is_digest(const char *text)
{
    size_t len = strspn(text, "0123456789abcdef");

    return len && len < HASH_HEX && !text[len];
}

static int begin(struct desk *desk)
{
    desk->status = DESK_PASS;
    return 0;
}

static int look(struct desk *desk)
{
    struct naming naming = {.buf = &desk->out,
                            .json = desk->args->json,
                            .journal = desk->journal,
                            .error = &desk->error};
    int code = find(&naming, desk->args->items[0]);

    if (code || !(naming.alarms + naming.sets))
        return code;
    desk->status = EXIT_WELL;
    if (naming.json)
        print_close(&naming.out);
    return 0;
}

const struct desk_work show_digest_work = {
    .may_lack = true, .begin = begin, .look = look};
