#include "cli/listing.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/print.h"

#include <stdlib.h>
#include <string.h>

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
        print_close(&listing->out);
    else
        buf_add_byte(buf, '\n');
}

const struct listing_kind listing_kinds[] = {
    {"alarms", JOURNAL_ALARMS, ls_alarms},
    {"runs", JOURNAL_RUNS, ls_runs},
    {"steps", JOURNAL_STEPS, ls_steps},
    {"leases", JOURNAL_LEASES, ls_leases},
    {"approvals", JOURNAL_APPROVALS, ls_approvals},
    {"sets", JOURNAL_SETS, ls_sets},
    {NULL, 0, NULL},
};

static int begin(struct desk *desk)
{
    struct listing *listing = desk->mine;
    const char *name = desk->args->items[0];

    listing->kind = listing_kinds;
    while (strcmp(listing->kind->name, name) != 0)
        listing->kind++;
    return filter_read(desk->args, name, listing->kind->kind, &listing->filter,
                       &desk->error);
}

static int look(struct desk *desk)
{
    struct listing *listing = desk->mine;
    struct journal_filter filter = listing->filter;

    listing->journal = desk->journal;
    listing->error = &desk->error;
    listing->json = desk->args->json;
    listing->now = clock_now();
    filter.limit++; /* one more tells that there are more */
    return listing->kind->find(listing, &filter);
}

static void say(struct desk *desk)
{
    const struct listing *listing = desk->mine;
    size_t limit = (size_t)listing->filter.limit;
    size_t shown = listing->len > limit ? limit : listing->len;

    for (size_t i = shown; i; i--)
        buf_add_str(&desk->out, buf_str(&listing->rows[i - 1]));
    if (shown < listing->len)
        buf_printf(&desk->notes,
                   "only the newest %zu are listed; --limit, --since and "
                   "--until show others\n",
                   shown);
}

static void end(struct desk *desk)
{
    struct listing *listing = desk->mine;

    for (size_t i = 0; i < listing->len; i++)
        buf_free(&listing->rows[i]);
    free(listing->rows);
}

const struct desk_work listing_work = {.size = sizeof(struct listing),
                                       .may_lack = true,
                                       .begin = begin,
                                       .look = look,
                                       .say = say,
                                       .end = end};
