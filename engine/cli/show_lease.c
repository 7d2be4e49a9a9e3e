#include "cli/id.h"
#include "cli/leases.h"
#include "cli/print.h"
#include "cli/show.h"

#include <inttypes.h>

struct showing {
    struct buf *buf;
    struct json_out out; /* with json */
    bool json;
    struct journal *journal;
    struct error *error;
};

static int on_owner(void *arg, const struct journal_owner *owner)
{
    struct showing *showing = arg;
    struct buf *buf = showing->buf;

    buf_printf(buf, "%-10s", "held by:");
    if (owner->run)
        buf_printf(buf, "r%" PRId64 ".%" PRId64 ", ", owner->run, owner->step);
    else
        buf_add_text(buf, "a person, ");
    leases_put_until(buf, owner->until);
    buf_add_byte(buf, '\n');
    return 0;
}

static int put_text(struct showing *showing, const struct journal_lease *row)
{
    struct buf *buf = showing->buf;
    int code;

    buf_printf(buf, "l%" PRId64 ": %s\n", row->lease, row->state);
    leases_put_what(buf, row->plugin, row->action, row->target);
    buf_add_byte(buf, '\n');
    buf_printf(buf, "%-10s", "values:");
    print_safe(buf, row->params);
    buf_printf(buf, "\n%-10s%.12s\n", "set:", row->set);
    print_when(buf, "began:", row->started);
    print_when(buf, "ended:", row->ended);
    code = journal_read_owners_of(showing->journal, row->lease, on_owner,
                                  showing, showing->error);
    if (row->verified) {
        buf_printf(buf, "%-10s", "verified:");
        print_text(buf, row->verified);
        buf_add_byte(buf, '\n');
    }
    print_when(buf, "checked:", row->checked);
    print_when(buf, "drifted:", row->drifted);
    if (row->restored)
        buf_printf(buf, "%-10sr%" PRId64 ", %s\n", "restore:", row->restore,
                   row->restored);
    if (row->error) {
        buf_printf(buf, "%-10s", "failed:");
        print_text(buf, row->error);
        buf_printf(buf, " (%" PRId64 " times)\n", row->attempts);
    }
    if (!code)
        code = leases_put_runs(buf, "", showing->journal, row->lease,
                               showing->error);
    return code;
}

static int on_lease(void *arg, const struct journal_lease *row)
{
    struct showing *showing = arg;
    int code;

    if (!showing->json)
        return put_text(showing, row);
    code =
        leases_put_json(&showing->out, showing->journal, row, showing->error);
    json_key(&showing->out, "runs");
    return code ? code
                : leases_put_runs_json(&showing->out, showing->journal,
                                       row->lease, showing->error);
}

static int look(struct desk *desk)
{
    struct showing showing = {.buf = &desk->out,
                              .json = desk->args->json,
                              .journal = desk->journal,
                              .error = &desk->error};
    int64_t number = 0;
    int code;

    id_number(desk->args->items[0], 'l', &number);
    if (showing.json)
        showing.out = print_begin(showing.buf, "lease");
    code = journal_read_lease(desk->journal, number, on_lease, &showing,
                              &desk->error);
    if (showing.json)
        print_close(&showing.out);
    return code;
}

const struct desk_work show_lease_work = {.look = look};
