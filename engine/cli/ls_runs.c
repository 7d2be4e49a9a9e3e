#include "base/clock.h"
#include "base/log.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "cli/site.h"

enum {
    RUNS_SHOWN = 1000,  /* the newest: more than anybody reads */
    OUTCOME_COLUMN = 8, /* as wide as "aborted " and "waiting " */
    REASON_SHOWN = 120, /* bytes: show RUN has it whole */
};

struct listing {
    struct buf buf; /* owned; printed once the journal is free again */
    bool json;
};

/* Before the listing is printed, as what reads it may be slow (a pager). */
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
    buf_add_byte(buf, '\n');
}

static int on_run(void *arg, const struct journal_history_row *row)
{
    struct listing *listing = arg;

    if (listing->json) {
        struct json_out out = {.buf = &listing->buf};

        json_open(&out, '{');
        json_text(&out, "event", "run");
        runs_put_json(&out, row);
        json_close(&out, '}');
        buf_add_byte(&listing->buf, '\n');
    } else {
        put_text(&listing->buf, row);
    }
    return 0;
}

int ls_runs(const struct args *args)
{
    struct listing listing = {.json = args->json};
    struct error error = {0};
    struct held held;
    int64_t first = 1;
    int status = runs_open(&held, args, &error);

    if (status == ERROR_NOT_FOUND)
        return EXIT_WELL; /* nothing has run yet */
    if (!status) {
        first = journal_read_next_run(held.journal) - RUNS_SHOWN;
        status =
            journal_read_history(held.journal, first, on_run, &listing, &error);
        held_close(&held);
    }
    print_out(&listing.buf);
    buf_free(&listing.buf);
    if (!status && first > 1)
        log_line("only the newest %d runs are listed, and those that are open",
                 RUNS_SHOWN);
    return status ? site_error(&error) : EXIT_WELL;
}
