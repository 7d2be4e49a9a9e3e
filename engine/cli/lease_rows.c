#include "cli/leases.h"

#include "base/clock.h"
#include "cli/print.h"
#include "cli/runs.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    STATE_COLUMN = 14, /* as wide as "needs a person" */
    ID_TEXT = 48,      /* "r", 19 digits, ".", 19 digits, NUL */
};

static int on_until(void *arg, const struct journal_owner *owner)
{
    int64_t *until = arg;

    if (*until && (!owner->until || owner->until > *until))
        *until = owner->until;
    return 0;
}

static int read_until(struct journal *journal, int64_t lease, int64_t *until,
                      struct error *error)
{
    *until = -1;
    return journal_read_owners_of(journal, lease, on_until, until, error);
}

static void put_drift(struct buf *buf, const struct journal_lease *row)
{
    char since[CLOCK_TEXT];

    if (!row->drifted)
        return;
    clock_format(row->drifted, since);
    buf_printf(buf, ", drifted since %s", since);
    if (row->restored)
        buf_printf(buf, ", put right by r%" PRId64 ": %s", row->restore,
                   row->restored);
}

int leases_put_when(struct buf *buf, struct journal *journal,
                    const struct journal_lease *row, struct error *error)
{
    char ended[CLOCK_TEXT];
    int64_t until;
    int code = read_until(journal, row->lease, &until, error);

    if (row->ended) {
        clock_format(row->ended, ended);
        buf_printf(buf, "since %s", ended);
    } else if (!code) {
        leases_put_until(buf, until);
    }
    put_drift(buf, row);
    return code;
}

int leases_put_row(struct buf *buf, struct journal *journal,
                   const struct journal_lease *row, struct error *error)
{
    int code;

    buf_printf(buf, "l%-6" PRId64 " %-*s ", row->lease, STATE_COLUMN,
               row->state);
    code = leases_put_when(buf, journal, row, error);
    buf_add_text(buf, "  ");
    leases_put_what(buf, row->plugin, row->action, row->target);
    if (row->error) {
        buf_add_text(buf, ": ");
        print_text(buf, row->error);
    }
    return code;
}

/* ---- for programs -------------------------------------------------------- */

static int put_owner(void *arg, const struct journal_owner *owner)
{
    struct json_out *out = arg;
    char step[ID_TEXT];

    snprintf(step, sizeof step, "r%" PRId64 ".%" PRId64, owner->run,
             owner->step);
    json_open(out, '{');
    json_text(out, "step", owner->run ? step : NULL);
    print_time(out, "until", owner->until > 0 ? owner->until : 0);
    json_close(out, '}');
    return 0;
}

static void put_restore(struct json_out *out, const struct journal_lease *row)
{
    char run[ID_TEXT];

    print_time(out, "drifted", row->drifted);
    json_key(out, "restore");
    if (!row->restored) {
        json_put_null(out);
        return;
    }
    snprintf(run, sizeof run, "r%" PRId64, row->restore);
    json_open(out, '{');
    json_text(out, "run", row->restore ? run : NULL);
    json_text(out, "state", row->restored);
    json_close(out, '}');
}

int leases_put_json(struct json_out *out, struct journal *journal,
                    const struct journal_lease *row, struct error *error)
{
    char number[ID_TEXT];
    int64_t until;
    int code = read_until(journal, row->lease, &until, error);

    if (code)
        return code;
    snprintf(number, sizeof number, "l%" PRId64, row->lease);
    json_text(out, "lease", number);
    json_text(out, "state", row->state);
    json_text(out, "plugin", row->plugin);
    json_text(out, "action", row->action);
    json_text(out, "target", row->target);
    json_key(out, "params");
    json_put_raw(out, row->params);
    print_time(out, "started", row->started);
    print_time(out, "until", until > 0 ? until : 0);
    json_key(out, "owners");
    json_open(out, '[');
    code = journal_read_owners_of(journal, row->lease, put_owner, out, error);
    json_close(out, ']');
    json_text(out, "verified", row->verified);
    print_time(out, "checked", row->checked);
    json_int(out, "attempts", row->attempts);
    print_time(out, "retry", row->retry);
    json_text(out, "error", row->error);
    put_restore(out, row);
    print_time(out, "ended", row->ended);
    return code;
}

/* ---- what the engine did for it ------------------------------------------ */

struct indented {
    struct buf *buf;
    const char *text;
};

static int put_run(void *arg, const struct journal_history_row *row)
{
    const struct indented *indent = arg;
    char time[CLOCK_TEXT];

    clock_format(row->started, time);
    buf_printf(indent->buf, "%s%s %s, r%" PRId64 ": ", indent->text,
               row->cause ? row->cause : "run", time, row->run);
    runs_put_outcome(indent->buf, row);
    buf_add_byte(indent->buf, '\n');
    return 0;
}

int leases_put_runs(struct buf *buf, const char *indent,
                    struct journal *journal, int64_t lease, struct error *error)
{
    struct indented indented = {buf, indent};

    return journal_read_runs_of_lease(journal, lease, put_run, &indented,
                                      error);
}

static int put_run_json(void *arg, const struct journal_history_row *row)
{
    struct json_out *out = arg;

    json_open(out, '{');
    runs_put_json(out, row);
    json_close(out, '}');
    return 0;
}

int leases_put_runs_json(struct json_out *out, struct journal *journal,
                         int64_t lease, struct error *error)
{
    int code;

    json_open(out, '[');
    code = journal_read_runs_of_lease(journal, lease, put_run_json, out, error);
    json_close(out, ']');
    return code;
}
