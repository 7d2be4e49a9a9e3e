#include "base/clock.h"
#include "cli/approvals.h"
#include "cli/id.h"
#include "cli/print.h"
#include "cli/show.h"

/* An approval with all its decisions. */
struct showing_one {
    struct buf *buf;
    struct json_out out;
    bool json;
    int64_t now;
};

static void put_words(struct buf *buf, const char *label, struct str words)
{
    struct json_doc *doc =
        words.len ? json_parse(words, "journal", 0, NULL) : NULL;
    const struct json *list = doc ? json_root(doc) : NULL;

    for (size_t i = 0;
         list && list->type == JSON_ARRAY && i < list->as.list.len; i++) {
        const struct json *word = &list->as.list.items[i];

        if (!i || label)
            buf_printf(buf, "%-10s", label ? label : "command:");
        else
            buf_add_byte(buf, ' ');
        if (word->type != JSON_TEXT)
            buf_add_text(buf, "(bytes)");
        else if (label)
            print_safe(buf, word->as.text);
        else
            print_word(buf, word->as.text);
        if (label || i + 1 == list->as.list.len)
            buf_add_byte(buf, '\n');
    }
    json_free(doc);
}

static void put_level(struct buf *buf, const struct json *level)
{
    const struct json *group = json_member(level, "group");
    const struct json *quorum = json_member(level, "quorum");

    if (!quorum || quorum->type != JSON_INT)
        return;
    buf_printf(buf, "%-10s%lld of ", "needs:", (long long)quorum->as.integer);
    if (group && group->type == JSON_TEXT)
        print_safe(buf, group->as.text);
    else
        buf_add_text(buf, "anybody but whoever asked");
    buf_add_byte(buf, '\n');
}

static void put_levels(struct buf *buf, struct str levels)
{
    struct json_doc *doc = json_parse(levels, "journal", 0, NULL);
    const struct json *list = doc ? json_root(doc) : NULL;

    for (size_t i = 0;
         list && list->type == JSON_ARRAY && i < list->as.list.len; i++)
        put_level(buf, &list->as.list.items[i]);
    json_free(doc);
}

static void put_text(struct showing_one *showing,
                     const struct journal_approval *row)
{
    struct buf *buf = showing->buf;

    buf_printf(buf, "a%lld: %s (%s), asked by r%lld.%u of ",
               (long long)row->approval, approvals_status(row, showing->now),
               row->state, (long long)row->run, row->step);
    if (row->policy)
        print_text(buf, row->policy);
    else
        buf_add_text(buf, "a run by hand");
    buf_add_byte(buf, '\n');
    approvals_put_what(buf, row);
    buf_add_byte(buf, '\n');
    print_field(buf, "alarm:", row->alarm);
    print_field(buf, "asked by:", row->requester_name);
    put_words(buf, NULL, row->argv);
    put_words(buf, "rule:", row->rules);
    put_levels(buf, row->levels);
    print_when(buf, "opened:", row->opened);
    print_when(buf, "expires:", row->expires);
}

static int on_row(void *arg, const struct journal_approval *row)
{
    struct showing_one *showing = arg;

    if (!showing->json) {
        put_text(showing, row);
        return 0;
    }
    approvals_put_json(&showing->out, row, showing->now);
    json_key(&showing->out, "decisions");
    json_open(&showing->out, '[');
    return 0;
}

void approvals_put_decision_json(struct json_out *out,
                                 const struct journal_decision *row)
{
    char time[CLOCK_TEXT];

    clock_format(row->time, time);
    json_open(out, '{');
    json_int(out, "level", row->level + 1);
    json_text(out, "decision", row->yes ? "approve" : "deny");
    json_text(out, "person", row->name);
    json_text(out, "caller", row->caller);
    json_text(out, "note", row->note);
    json_text(out, "time", time);
    json_close(out, '}');
}

void approvals_put_decision(struct buf *buf, const struct journal_decision *row)
{
    char time[CLOCK_TEXT];

    clock_format(row->time, time);
    buf_printf(buf, "%s  %s by ", time, row->yes ? "approved" : "denied");
    print_text(buf, row->name);
    if (row->caller) {
        buf_add_text(buf, " (");
        print_text(buf, row->caller);
        buf_add_text(buf, " for them)");
    }
    if (row->note) {
        buf_add_text(buf, ": ");
        print_text(buf, row->note);
    }
    buf_add_byte(buf, '\n');
}

static int on_decision(void *arg, const struct journal_decision *row)
{
    struct showing_one *showing = arg;

    if (showing->json)
        approvals_put_decision_json(&showing->out, row);
    else
        approvals_put_decision(showing->buf, row);
    return 0;
}

static int read_both(struct showing_one *showing, struct journal *journal,
                     int64_t number, struct error *error)
{
    int status = journal_read_approval(journal, number, on_row, showing, error);

    if (!status)
        status = journal_read_decisions(journal, number, on_decision, showing,
                                        error);
    if (!status && showing->json)
        json_close(&showing->out, ']');
    return status;
}

static int look(struct desk *desk)
{
    struct showing_one showing = {
        .buf = &desk->out, .json = desk->args->json, .now = clock_now()};
    int64_t number = 0;
    int code;

    id_number(desk->args->items[0], 'a', &number);
    if (showing.json)
        showing.out = print_begin(showing.buf, "approval");
    code = read_both(&showing, desk->journal, number, &desk->error);
    if (showing.json)
        print_close(&showing.out);
    return code;
}

const struct desk_work show_approval_work = {.look = look};
