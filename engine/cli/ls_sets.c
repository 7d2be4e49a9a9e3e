#include "base/clock.h"
#include "cli/alarms.h"
#include "cli/listing.h"
#include "cli/print.h"

#include <inttypes.h>

void sets_put_when(struct buf *buf, const struct journal_set_found *found)
{
    char text[CLOCK_TEXT];

    clock_format(found->since ? found->since : found->created, text);
    buf_printf(buf, "%s %s", found->since ? "in force since" : "stored", text);
    if (!found->until)
        return;
    clock_format(found->until, text);
    buf_printf(buf, " until %s", text);
}

void sets_put_json(struct json_out *out, const struct journal_set_found *found)
{
    json_text(out, "set", found->hash);
    print_time(out, "stored", found->created);
    print_time(out, "since", found->since);
    print_time(out, "until", found->until);
    json_int(out, "files", found->files);
    json_int(out, "runs", found->runs);
}

static int on_set(void *arg, const struct journal_set_found *found)
{
    struct listing *listing = arg;
    struct buf *buf = listing_begin(listing, "set");

    if (listing->json) {
        sets_put_json(&listing->out, found);
    } else {
        buf_printf(buf, "%.12s  ", found->hash);
        print_count(buf, found->runs, "run", "runs");
        buf_add_text(buf, ", ");
        sets_put_when(buf, found);
    }
    listing_end(listing);
    return 0;
}

int ls_sets(struct listing *listing, const struct journal_filter *filter)
{
    return journal_find_sets(listing->journal, filter, on_set, listing,
                             listing->error);
}
