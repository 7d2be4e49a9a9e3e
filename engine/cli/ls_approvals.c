#include "base/alloc.h"
#include "base/clock.h"
#include "cli/approvals.h"
#include "cli/listing.h"
#include "cli/print.h"
#include "model/step.h"

#include <stdlib.h>
#include <string.h>

enum {
    STATUS_COLUMN = 8, /* as wide as "Approved" */
    QUESTION_SHOWN = 400,
};

const char *approvals_status(const struct journal_approval *row, int64_t now)
{
    if (!strcmp(row->state, JOURNAL_USED))
        return row->status ? row->status : step_status_names[STEP_PENDING];
    if (!strcmp(row->state, JOURNAL_APPROVED) && !row->outcome)
        return "Approved";
    if (!strcmp(row->state, JOURNAL_OPEN) && !row->outcome &&
        now < row->expires)
        return step_status_names[STEP_PENDING];
    return step_status_names[STEP_DENIED];
}

static struct str member_of(const struct json_doc *doc, const char *key)
{
    const struct json *value = doc ? json_member(json_root(doc), key) : NULL;

    return value && value->type == JSON_TEXT ? value->as.text : str_of("?");
}

void approvals_put_what(struct buf *buf, const struct journal_approval *row)
{
    struct json_doc *doc =
        row->request.len ? json_parse(row->request, "journal", 0, NULL) : NULL;

    if (doc) {
        print_safe(buf, member_of(doc, "plugin"));
        buf_add_text(buf, " / ");
        print_safe(buf, member_of(doc, "action"));
        if (row->target) {
            buf_add_byte(buf, ' ');
            print_text(buf, row->target);
        }
        buf_add_text(buf, ": ");
    }
    json_free(doc);
    print_front(buf, row->question, QUESTION_SHOWN);
}

static void put_raw(struct json_out *out, const char *key, struct str json)
{
    json_key(out, key);
    if (json.len)
        json_put_raw(out, json);
    else
        json_put_null(out);
}

void approvals_put_json(struct json_out *out,
                        const struct journal_approval *row, int64_t now)
{
    char *id = alloc_printf("a%lld", (long long)row->approval);
    char *step = alloc_printf("r%lld.%u", (long long)row->run, row->step);

    json_text(out, "approval", id);
    json_text(out, "step", step);
    json_text(out, "policy", row->policy);
    json_text(out, "alarm", row->alarm);
    json_text(out, "state", row->state);
    json_text(out, "status", approvals_status(row, now));
    json_str(out, "question", row->question);
    put_raw(out, "request", row->request);
    put_raw(out, "argv", row->argv);
    json_text(out, "target", row->target);
    put_raw(out, "rules", row->rules);
    put_raw(out, "levels", row->levels);
    json_text(out, "requester", row->requester_name);
    print_time(out, "opened", row->opened);
    print_time(out, "expires", row->expires);
    free(step);
    free(id);
}

static void put_text(struct buf *buf, const struct journal_approval *row,
                     int64_t now)
{
    char expires[CLOCK_TEXT];

    clock_format(row->expires, expires);
    buf_printf(buf, "a%-5lld %-*s %s r%lld.%u  ", (long long)row->approval,
               STATUS_COLUMN, approvals_status(row, now), expires,
               (long long)row->run, row->step);
    if (row->policy)
        print_text(buf, row->policy);
    else
        buf_add_text(buf, "by hand");
    buf_add_text(buf, "  ");
    approvals_put_what(buf, row);
}

static int on_row(void *arg, const struct journal_approval *row)
{
    struct listing *listing = arg;
    struct buf *buf = listing_begin(listing, "approval");

    if (listing->json)
        approvals_put_json(&listing->out, row, listing->now);
    else
        put_text(buf, row, listing->now);
    listing_end(listing);
    return 0;
}

int ls_approvals(struct listing *listing, const struct journal_filter *filter)
{
    return journal_find_approvals(listing->journal, filter, on_row, listing,
                                  listing->error);
}
