#include "cli/listing.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "cli/site.h"

#include <stdlib.h>

struct buf *listing_begin(struct listing *listing, const char *event)
{
    struct buf *buf;

    listing->rows = alloc_grown(listing->rows, listing->len, &listing->cap,
                                sizeof *listing->rows);
    buf = &listing->rows[listing->len++];
    *buf = (struct buf){0};
    if (listing->json)
        listing->out = print_begin(buf, event);
    return buf;
}

void listing_end(struct listing *listing)
{
    struct buf *buf = &listing->rows[listing->len - 1];

    if (listing->json)
        json_close(&listing->out, '}');
    buf_add_byte(buf, '\n');
}

static void print(struct listing *listing, int64_t limit)
{
    struct buf all = {0};
    size_t shown = (int64_t)listing->len > limit ? (size_t)limit : listing->len;

    for (size_t i = shown; i; i--)
        buf_add_str(&all, buf_str(&listing->rows[i - 1]));
    print_out(&all);
    buf_free(&all);
    if (shown < listing->len)
        log_line("only the newest %zu are listed; --limit, --since and --until "
                 "show others",
                 shown);
}

static void listing_free(struct listing *listing)
{
    for (size_t i = 0; i < listing->len; i++)
        buf_free(&listing->rows[i]);
    free(listing->rows);
}

int listing_show(const struct args *args, enum journal_kind kind,
                 int (*find)(struct listing *listing,
                             const struct journal_filter *filter))
{
    struct error error = {0};
    struct listing listing = {
        .error = &error, .json = args->json, .now = clock_now()};
    struct journal_filter filter;
    struct held held;
    int64_t limit;
    int status = filter_read(args, args->items[0], kind, &filter, &error);

    if (status)
        return site_error(&error);
    limit = filter.limit++; /* one more tells that there are more */
    status = runs_open(&held, args, &error);
    if (status == ERROR_NOT_FOUND)
        return EXIT_WELL; /* nothing has run yet */
    if (!status) {
        listing.journal = held.journal;
        status = find(&listing, &filter);
        held_close(&held);
    }
    if (!status)
        print(&listing, limit);
    listing_free(&listing);
    return status ? site_error(&error) : EXIT_WELL;
}
