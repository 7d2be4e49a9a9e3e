#include "base/clock.h"
#include "cli/alarms.h"
#include "cli/listing.h"
#include "cli/print.h"

#include <inttypes.h>

enum {
    STATE_COLUMN = 6, /* as wide as "passed" */
    RAW_SHOWN = 120,  /* bytes: show ALARM has it whole */
};

const char *alarms_state(const struct journal_alarm_found *found)
{
    return found->fresh ? "new" : found->runs ? "ran" : "passed";
}

void alarms_put_json(struct json_out *out,
                     const struct journal_alarm_found *found)
{
    json_text(out, "alarm", found->row.id);
    json_text(out, "state", alarms_state(found));
    json_text(out, "source", found->row.source);
    print_time(out, "time", found->row.time);
    print_time(out, "received", found->row.received);
    json_int(out, "count", found->row.count);
    json_int(out, "runs", found->runs);
    json_str(out, "raw", found->row.raw);
}

static void put_text(struct buf *buf, const struct journal_alarm_found *found)
{
    char time[CLOCK_TEXT];

    clock_format(found->row.received, time);
    buf_printf(buf, "%.12s  %-*s %s  ", found->row.id, STATE_COLUMN,
               alarms_state(found), time);
    print_text(buf, found->row.source);
    buf_add_text(buf, "  ");
    print_front(buf, found->row.raw, RAW_SHOWN);
}

static int on_alarm(void *arg, const struct journal_alarm_found *found)
{
    struct listing *listing = arg;
    struct buf *buf = listing_begin(listing, "alarm");

    if (listing->json)
        alarms_put_json(&listing->out, found);
    else
        put_text(buf, found);
    listing_end(listing);
    return 0;
}

int ls_alarms(struct listing *listing, const struct journal_filter *filter)
{
    return journal_find_alarms(listing->journal, filter, on_alarm, listing,
                               listing->error);
}
