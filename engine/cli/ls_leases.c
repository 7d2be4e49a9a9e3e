#include "cli/leases.h"
#include "cli/listing.h"

static int on_lease(void *arg, const struct journal_lease *row)
{
    struct listing *listing = arg;
    struct buf *buf = listing_begin(listing, "lease");
    int code = listing->json
                   ? leases_put_json(&listing->out, listing->journal, row,
                                     listing->error)
                   : leases_put_row(buf, listing->journal, row, listing->error);

    listing_end(listing);
    return code;
}

int ls_leases(struct listing *listing, const struct journal_filter *filter)
{
    return journal_find_leases(listing->journal, filter, on_lease, listing,
                               listing->error);
}
