#include "cli/story.h"

#include "base/clock.h"
#include "cli/approvals.h"
#include "cli/id.h"
#include "cli/leases.h"
#include "cli/print.h"
#include "cli/runs.h"

#include <inttypes.h>
#include <string.h>

/* What the audit has of a step. */
struct traces {
    struct buf budgets;   /* JSON array as it was written, or empty */
    struct buf decisions; /* of people about it: JSON objects in a row */
    size_t ndecisions;
    struct buf said; /* the same as lines */
    bool given_back;
    int64_t lease; /* 0: none */
};

struct telling {
    struct story *story;
    const struct journal_step_found *step;
    struct error *error;
};

/* ---- the audit ----------------------------------------------------------- */

static const char *copy_text(const struct json *root, const char *key,
                             char text[64])
{
    const struct json *value = json_member(root, key);

    if (!value || value->type != JSON_TEXT)
        return NULL;
    snprintf(text, 64, "%.*s", (int)value->as.text.len, value->as.text.data);
    return text;
}

static void take_decision(struct traces *traces, const struct json *root,
                          struct str body, int64_t time)
{
    const struct json *note = json_member(root, "note");
    char text[CLOCK_TEXT], word[64], person[64];

    clock_format(time, text);
    if (traces->ndecisions++)
        buf_add_byte(&traces->decisions, ',');
    buf_add_str(&traces->decisions, body);
    buf_printf(&traces->said, "  settled:  %s ", text);
    print_text(&traces->said, copy_text(root, "decision", word));
    buf_add_text(&traces->said, " by ");
    print_text(&traces->said, copy_text(root, "person", person) ? person : "?");
    if (note && note->type == JSON_TEXT) {
        buf_add_text(&traces->said, ": ");
        print_safe(&traces->said, note->as.text);
    }
    buf_add_byte(&traces->said, '\n');
}

static void take_budgets(struct traces *traces, const struct json *budgets)
{
    struct json_out out = {.buf = &traces->budgets};

    if (!budgets || budgets->type != JSON_ARRAY)
        return;
    traces->budgets.len = 0;
    json_put_value(&out, budgets);
}

static int on_trace(void *arg, const struct audit_record *record)
{
    struct traces *traces = arg;
    struct json_doc *doc = json_parse(record->body, "audit", 0, NULL);
    const struct json *root = doc ? json_root(doc) : NULL;
    char text[64];

    if (!doc)
        return 0;
    if (!strcmp(record->kind, "use"))
        take_budgets(traces, json_member(root, "budgets"));
    else if (!strcmp(record->kind, "unused"))
        traces->given_back = true;
    else if (!strcmp(record->kind, "resolve"))
        take_decision(traces, root, record->body, record->time);
    else if (!strcmp(record->kind, "owner") && copy_text(root, "lease", text))
        id_number(text, 'l', &traces->lease);
    json_free(doc);
    return 0;
}

static void traces_clear(struct traces *traces)
{
    buf_free(&traces->budgets);
    buf_free(&traces->decisions);
    buf_free(&traces->said);
}

/* ---- budgets ------------------------------------------------------------- */

static void put_budget(struct buf *buf, const struct json *budget, bool back)
{
    const struct json *rule = json_member(budget, "rule");
    const struct json *used = json_member(budget, "used");

    if (!rule || rule->type != JSON_TEXT || !used || used->type != JSON_INT)
        return;
    buf_add_text(buf, "  budget:   ");
    print_safe(buf, rule->as.text);
    buf_printf(buf, "; %" PRId64 " with this one%s\n", used->as.integer,
               back ? ", which was given back" : "");
}

static void put_budgets(struct buf *buf, const struct traces *traces)
{
    struct json_doc *doc =
        traces->budgets.len
            ? json_parse(buf_str(&traces->budgets), "audit", 0, NULL)
            : NULL;

    for (size_t i = 0; doc && i < json_root(doc)->as.list.len; i++)
        put_budget(buf, &json_root(doc)->as.list.items[i], traces->given_back);
    json_free(doc);
}

/* ---- approvals ----------------------------------------------------------- */

static int on_decision(void *arg, const struct journal_decision *row)
{
    struct story *story = arg;

    if (story->out) {
        approvals_put_decision_json(story->out, row);
    } else {
        buf_add_text(story->buf, "    ");
        approvals_put_decision(story->buf, row);
    }
    return 0;
}

static void put_rules(struct buf *buf, struct str rules)
{
    struct json_doc *doc =
        rules.len ? json_parse(rules, "journal", 0, NULL) : NULL;
    const struct json *list = doc ? json_root(doc) : NULL;

    for (size_t i = 0;
         list && list->type == JSON_ARRAY && i < list->as.list.len; i++)
        if (list->as.list.items[i].type == JSON_TEXT) {
            buf_add_text(buf, "    by ");
            print_safe(buf, list->as.list.items[i].as.text);
            buf_add_byte(buf, '\n');
        }
    json_free(doc);
}

static void put_approval(struct story *story,
                         const struct journal_approval *row, unsigned step)
{
    struct buf *buf = story->buf;

    buf_printf(buf, "  approval: a%" PRId64 ", %s (%s)", row->approval,
               approvals_status(row, story->now), row->state);
    if (row->step != step)
        buf_printf(buf, ", asked by step %u", row->step);
    buf_add_text(buf, ": ");
    print_front(buf, row->question, 200);
    buf_add_byte(buf, '\n');
    put_rules(buf, row->rules);
}

static int on_approval(void *arg, const struct journal_approval *row)
{
    const struct telling *telling = arg;
    struct story *story = telling->story;
    unsigned step = telling->step->row.step;
    int code;

    if (row->step != step && row->used != step)
        return 0;
    if (!story->out) {
        put_approval(story, row, step);
        return journal_read_decisions(story->journal, row->approval,
                                      on_decision, story, telling->error);
    }
    json_open(story->out, '{');
    approvals_put_json(story->out, row, story->now);
    json_key(story->out, "decisions");
    json_open(story->out, '[');
    code = journal_read_decisions(story->journal, row->approval, on_decision,
                                  story, telling->error);
    json_close(story->out, ']');
    json_close(story->out, '}');
    return code;
}

/* ---- the lease ----------------------------------------------------------- */

static int on_lease(void *arg, const struct journal_lease *row)
{
    const struct telling *telling = arg;
    struct story *story = telling->story;
    int code;

    if (!story->out) {
        buf_printf(story->buf, "  lease:    l%" PRId64 ", %s, ", row->lease,
                   row->state);
        code = leases_put_when(story->buf, story->journal, row, telling->error);
        buf_add_byte(story->buf, '\n');
        if (!code && row->verified) {
            buf_add_text(story->buf, "    verified: ");
            print_text(story->buf, row->verified);
            buf_add_byte(story->buf, '\n');
        }
        return code ? code
                    : leases_put_runs(story->buf, "    ", story->journal,
                                      row->lease, telling->error);
    }
    json_open(story->out, '{');
    code = leases_put_json(story->out, story->journal, row, telling->error);
    json_key(story->out, "runs");
    if (!code)
        code = leases_put_runs_json(story->out, story->journal, row->lease,
                                    telling->error);
    json_close(story->out, '}');
    return code;
}

/* ---- a step -------------------------------------------------------------- */

static void put_action_of(struct buf *buf, struct str request)
{
    struct json_doc *doc = json_parse(request, "journal", 0, NULL);
    const struct json *root = doc ? json_root(doc) : NULL;
    const struct json *plugin = json_member(root, "plugin"),
                      *action = json_member(root, "action");

    if (plugin && plugin->type == JSON_TEXT && action &&
        action->type == JSON_TEXT) {
        buf_add_text(buf, "  action:   ");
        print_safe(buf, plugin->as.text);
        buf_add_text(buf, " / ");
        print_safe(buf, action->as.text);
        buf_add_byte(buf, '\n');
    }
    json_free(doc);
}

static void put_step(struct story *story,
                     const struct journal_step_found *found,
                     const struct answer *answer, const struct traces *traces)
{
    struct buf *buf = story->buf;
    bool asks = !strcmp(found->row.kind, request_kind_names[REQUEST_LIST]) ||
                !strcmp(found->row.kind, request_kind_names[REQUEST_APPROVE]);

    buf_printf(buf, "step %u: ", found->row.step);
    steps_put_what(buf, &found->row);
    buf_add_text(buf, "\n  ");
    steps_put_ending(buf, answer);
    if (answer && asks)
        buf_add_text(buf, answer->yes ? ", yes" : ", no");
    buf_add_byte(buf, '\n');
    if (found->row.argv.len)
        put_action_of(buf, found->row.request);
    if (found->attempt > 1)
        buf_printf(buf, "  sent:     %" PRId64 " times\n", found->attempt);
    buf_add_str(buf, buf_str(&traces->said));
    put_budgets(buf, traces);
}

static void step_json(struct json_out *out,
                      const struct journal_step_found *found,
                      const struct answer *answer, const struct traces *traces)
{
    json_int(out, "step", found->row.step);
    steps_put_json(out, &found->row, answer);
    steps_put_times(out, found);
    json_key(out, "budgets");
    json_put_raw(out, traces->budgets.len ? buf_str(&traces->budgets)
                                          : str_of("[]"));
    json_bool(out, "given_back", traces->given_back);
    json_key(out, "settled");
    json_open(out, '[');
    json_put_raw(out, buf_str(&traces->decisions));
    json_close(out, ']');
}

static int tell_rest(struct telling *telling, const struct traces *traces)
{
    struct story *story = telling->story;
    struct json_out *out = story->out;
    int code;

    if (out) {
        json_key(out, "approvals");
        json_open(out, '[');
    }
    code = journal_read_approvals_of(story->journal, telling->step->row.run,
                                     on_approval, telling, telling->error);
    if (out) {
        json_close(out, ']');
        json_key(out, "lease");
    }
    if (!code && traces->lease)
        code = journal_read_lease(story->journal, traces->lease, on_lease,
                                  telling, telling->error);
    else if (out)
        json_put_null(out);
    return code;
}

static int on_step(void *arg, const struct journal_step_found *found)
{
    struct telling *telling = arg;
    struct story *story = telling->story;
    struct traces traces = {0};
    struct answer *answer = NULL;
    int code = steps_answer(&found->row, &answer, telling->error);

    telling->step = found;
    if (!code)
        code =
            journal_read_traces(story->journal, found->row.run, found->row.step,
                                on_trace, &traces, telling->error);
    if (!code && story->out) {
        json_open(story->out, '{');
        step_json(story->out, found, answer, &traces);
        code = tell_rest(telling, &traces);
        json_close(story->out, '}');
    } else if (!code) {
        put_step(story, found, answer, &traces);
        code = tell_rest(telling, &traces);
    }
    answer_free(answer);
    traces_clear(&traces);
    return code;
}

/* ---- the run ------------------------------------------------------------- */

static int on_run(void *arg, const struct journal_history_row *row)
{
    struct story *story = arg;

    if (story->out)
        runs_put_json(story->out, row);
    else
        runs_put_text(story->buf, row);
    return 0;
}

int story_run(struct story *story, int64_t run, unsigned step,
              struct error *error)
{
    struct telling telling = {.story = story, .error = error};
    int code = journal_read_run(story->journal, run, on_run, story, error);

    if (code)
        return code;
    if (story->out) {
        json_key(story->out, "steps");
        json_open(story->out, '[');
    }
    code = journal_read_steps_of(story->journal, run, step, on_step, &telling,
                                 error);
    if (story->out)
        json_close(story->out, ']');
    return code;
}
