#include "cli/steps.h"

#include "base/clock.h"
#include "cli/account.h"
#include "cli/print.h"

#include <string.h>

/* ---- what it asked ------------------------------------------------------- */

static void put_value(struct buf *buf, const struct json *value)
{
    const struct json *secret = value && value->type == JSON_OBJECT
                                    ? json_member(value, "secret")
                                    : NULL;
    struct json_out out = {.buf = buf};

    if (secret && secret->type == JSON_TEXT) {
        buf_add_text(buf, "secret:");
        print_safe(buf, secret->as.text);
    } else if (value && value->type == JSON_TEXT) {
        print_word(buf, value->as.text);
    } else if (value && value->type != JSON_OBJECT) {
        json_put_value(&out, value);
    } else {
        buf_add_text(buf, "(bytes)");
    }
}

static void put_text(struct buf *buf, const struct json *value)
{
    if (value && value->type == JSON_TEXT)
        print_safe(buf, value->as.text);
    else
        buf_add_text(buf, "(bytes)");
}

static void put_seconds(struct buf *buf, const struct json *value)
{
    double seconds = !value                     ? 0
                     : value->type == JSON_INT  ? (double)value->as.integer
                     : value->type == JSON_REAL ? value->as.real
                                                : 0;

    print_duration(buf, (int64_t)(seconds * 1000));
}

static void put_action(struct buf *buf, const struct json *request)
{
    const struct json *params = json_member(request, "params");

    put_text(buf, json_member(request, "plugin"));
    buf_add_text(buf, " / ");
    put_text(buf, json_member(request, "action"));
    for (size_t i = 0;
         params && params->type == JSON_OBJECT && i < params->as.list.len;
         i++) {
        buf_add_text(buf, i ? ", " : ": ");
        print_safe(buf, params->as.list.items[i].key);
        buf_add_text(buf, " = ");
        put_value(buf, &params->as.list.items[i]);
    }
}

static void put_request(struct buf *buf, const struct json *request,
                        const char *kind)
{
    switch (request_kind_find(kind)) {
    case REQUEST_ACTION:
        put_action(buf, request);
        break;
    case REQUEST_LIST:
        buf_add_text(buf, "is ");
        put_value(buf, json_member(request, "value"));
        buf_add_text(buf, " on the list ");
        put_text(buf, json_member(request, "list"));
        buf_add_byte(buf, '?');
        break;
    case REQUEST_NOW:
        buf_add_text(buf, "what time is it?");
        break;
    case REQUEST_WAIT:
        buf_add_text(buf, "wait ");
        put_seconds(buf, json_member(request, "seconds"));
        break;
    case REQUEST_APPROVE:
        buf_add_text(buf, "may it be done? ");
        put_text(buf, json_member(request, "text"));
        break;
    case REQUEST_PAST:
        buf_add_text(buf, "earlier alarms with ");
        put_text(buf, json_member(request, "by"));
        buf_add_byte(buf, ' ');
        put_value(buf, json_member(request, "value"));
        buf_add_text(buf, " within ");
        put_seconds(buf, json_member(request, "within"));
        break;
    default:
        buf_add_text(buf, "note: ");
        put_text(buf, json_member(request, "text"));
        break;
    }
}

static void put_words(struct buf *buf, const struct json *words)
{
    for (size_t i = 0; words->type == JSON_ARRAY && i < words->as.list.len;
         i++) {
        buf_add_text(buf, i ? " " : "");
        put_value(buf, &words->as.list.items[i]);
    }
}

void steps_put_what(struct buf *buf, const struct journal_step_row *row)
{
    struct str text = row->argv.len ? row->argv : row->request;
    struct json_doc *doc = json_parse(text, "journal", 0, NULL);

    if (!doc)
        print_safe(buf, text);
    else if (row->argv.len)
        put_words(buf, json_root(doc));
    else
        put_request(buf, json_root(doc), row->kind);
    json_free(doc);
}

/* ---- what came of it ----------------------------------------------------- */

void steps_put_ending(struct buf *buf, const struct answer *answer)
{
    struct buf ending = {0};

    account_status(buf, answer ? answer->status : STEP_PENDING, false);
    if (answer)
        account_ending(&ending, answer);
    if (ending.len) {
        buf_add_text(buf, ", ");
        buf_add_str(buf, buf_str(&ending));
    }
    buf_free(&ending);
    if (answer && answer->error) {
        buf_add_text(buf, ": ");
        print_text(buf, answer->error);
    }
}

int steps_answer(const struct journal_step_row *row, struct answer **answer,
                 struct error *error)
{
    *answer = row->answer.len ? answer_read(row->answer, error) : NULL;
    return row->answer.len && !*answer ? error->code : 0;
}

void steps_put_json(struct json_out *out, const struct journal_step_row *row,
                    const struct answer *answer)
{
    json_key(out, "request");
    json_put_raw(out, row->request);
    json_key(out, "argv");
    if (row->argv.len)
        json_put_raw(out, row->argv);
    else
        json_put_null(out);
    if (answer)
        answer_put(answer, out);
    else
        json_text(out, "status", step_status_names[STEP_PENDING]);
}

void steps_put_times(struct json_out *out,
                     const struct journal_step_found *found)
{
    char started[CLOCK_TEXT], ended[CLOCK_TEXT];

    clock_format(found->started, started);
    if (found->ended)
        clock_format(found->ended, ended);
    json_text(out, "started", started);
    json_text(out, "ended", found->ended ? ended : NULL);
    json_int(out, "attempt", found->attempt);
}
