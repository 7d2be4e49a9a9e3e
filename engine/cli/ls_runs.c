#include "base/clock.h"
#include "cli/listing.h"
#include "cli/print.h"
#include "cli/runs.h"

enum {
    OUTCOME_COLUMN = 8, /* as wide as "aborted " and "waiting " */
    REASON_SHOWN = 120, /* bytes: show RUN has it whole */
};

static void put_text(struct buf *buf, const struct journal_history_row *row)
{
    char time[CLOCK_TEXT];

    clock_format(row->due ? row->due : row->started, time);
    buf_printf(buf, "r%-6lld %-*s %s %s  ", (long long)row->run, OUTCOME_COLUMN,
               runs_outcome(row), row->due ? "due" : "   ", time);
    runs_put_what(buf, row);
    if (row->error) {
        buf_add_text(buf, ": ");
        print_front(buf, str_of(row->error), REASON_SHOWN);
    }
}

static int on_run(void *arg, const struct journal_history_row *row)
{
    struct listing *listing = arg;
    struct buf *buf = listing_begin(listing, "run");

    if (listing->json)
        runs_put_json(&listing->out, row);
    else
        put_text(buf, row);
    listing_end(listing);
    return 0;
}

int ls_runs(struct listing *listing, const struct journal_filter *filter)
{
    return journal_find_runs(listing->journal, filter, on_run, listing,
                             listing->error);
}
