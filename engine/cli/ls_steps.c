#include "base/clock.h"
#include "cli/listing.h"
#include "cli/print.h"
#include "cli/steps.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    NAME_COLUMN = 9,    /* as wide as "r1234.567" */
    STATUS_COLUMN = 16, /* as wide as "Failed to Execute" is nearly */
    STEP_TEXT = 40,     /* "r", 19 digits, ".", 10 digits, NUL */
    WORDS_SHOWN = 160,  /* bytes: show STEP has them whole */
};

static void put_text(struct buf *buf, const char *name,
                     const struct journal_step_found *found)
{
    struct buf words = {0};
    char time[CLOCK_TEXT];

    clock_format(found->started, time);
    buf_printf(buf, "%-*s %-*s  %s  ", NAME_COLUMN, name, STATUS_COLUMN,
               found->status, time);
    if (found->policy)
        print_text(buf, found->policy);
    else
        buf_add_text(buf, "by hand");
    buf_add_text(buf, "  ");
    steps_put_what(&words, &found->row);
    print_front(buf, buf_str(&words), WORDS_SHOWN);
    buf_free(&words);
}

static void put_json(struct json_out *out, const char *name,
                     const struct journal_step_found *found,
                     const struct answer *answer)
{
    json_text(out, "step", name);
    json_text(out, "policy", found->policy);
    json_text(out, "alarm", found->alarm);
    json_text(out, "kind", found->row.kind);
    steps_put_times(out, found);
    steps_put_json(out, &found->row, answer);
}

static int on_step(void *arg, const struct journal_step_found *found)
{
    struct listing *listing = arg;
    struct answer *answer = NULL;
    struct buf *buf;
    char name[STEP_TEXT];
    int code = steps_answer(&found->row, &answer, listing->error);

    if (code)
        return code;
    snprintf(name, sizeof name, "r%" PRId64 ".%u", found->row.run,
             found->row.step);
    buf = listing_begin(listing, "step");
    if (listing->json)
        put_json(&listing->out, name, found, answer);
    else
        put_text(buf, name, found);
    listing_end(listing);
    answer_free(answer);
    return 0;
}

int ls_steps(struct listing *listing, const struct journal_filter *filter)
{
    return journal_find_steps(listing->journal, filter, on_step, listing,
                              listing->error);
}
