#include "flow/recover_inner.h"

#include "base/alloc.h"
#include "journal/approval.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ------------------------------------------------------------ */

struct reading_approvals {
    struct left_run *runs;
    size_t count;
    struct left_run *run; /* of the row */
};

static enum approval_state state_of(const char *state)
{
    return !strcmp(state, JOURNAL_OPEN)       ? APPROVAL_OPEN
           : !strcmp(state, JOURNAL_APPROVED) ? APPROVAL_APPROVED
           : !strcmp(state, JOURNAL_USED)     ? APPROVAL_USED
                                              : APPROVAL_REFUSED;
}

/* NULL where it is empty. */
static char *text_of(struct str text)
{
    return text.len ? str_copy(text) : NULL;
}

static int on_row(void *arg, const struct journal_approval *row)
{
    struct reading_approvals *reading = arg;
    struct left_run *run = NULL;

    for (size_t i = 0; i < reading->count && !run; i++)
        if (reading->runs[i].number == row->run)
            run = &reading->runs[i];
    if (!run)
        return 0;
    run->approvals = alloc_grown(run->approvals, run->napprovals,
                                 &run->approvals_cap, sizeof *run->approvals);
    run->approvals[run->napprovals++] = (struct left_approval){
        .number = row->approval,
        .step = row->step,
        .question = row->kind &&
                    !strcmp(row->kind, request_kind_names[REQUEST_APPROVE]),
        .state = state_of(row->state),
        .expires = row->expires,
        .request = text_of(row->request),
        .argv = text_of(row->argv),
        .target = alloc_text(row->target),
        .rules = str_copy(row->rules),
    };
    return 0;
}

char *approval_no(const struct journal_decision *row)
{
    return alloc_printf("%s said no to a%" PRId64 "%s%s", row->name,
                        row->approval, row->note ? ": " : "",
                        row->note ? row->note : "");
}

static int on_decision(void *arg, const struct journal_decision *row)
{
    struct left_approval *approval = arg;

    if (row->yes)
        return 0;
    free(approval->said);
    approval->said = approval_no(row);
    return 0;
}

static int read_said(struct flow *flow, struct left_approval *approval,
                     struct error *error)
{
    int err;

    if (approval->state != APPROVAL_REFUSED)
        return 0;
    err = journal_read_decisions(flow->config.journal, approval->number,
                                 on_decision, approval, error);
    if (!err && !approval->said)
        approval->said = alloc_printf("nobody answered a%" PRId64 " in time",
                                      approval->number);
    return err;
}

int left_read_approvals(struct flow *flow, struct left_run *runs, size_t count,
                        struct error *error)
{
    struct reading_approvals reading = {.runs = runs, .count = count};
    int err = journal_read_approvals(flow->config.journal, true, 1, on_row,
                                     &reading, error);

    for (size_t i = 0; i < count && !err; i++)
        for (size_t k = 0; k < runs[i].napprovals && !err; k++)
            err = read_said(flow, &runs[i].approvals[k], error);
    return err;
}

/* ---- going on ----------------------------------------------------------- */

static void give_rules(struct approval *approval, const char *rules)
{
    struct json_doc *doc = json_parse(str_of(rules), "journal", 0, NULL);
    const struct json *list = doc ? json_root(doc) : NULL;

    for (size_t i = 0;
         list && list->type == JSON_ARRAY && i < list->as.list.len; i++) {
        char *rule = str_copy(list->as.list.items[i].as.text);

        words_add(&approval->rules, rule);
        free(rule);
    }
    json_free(doc);
}

static char *taken(char **text)
{
    char *was = *text;

    *text = NULL;
    return was;
}

/* Asked, nothing was sent: it waits for a person, or did. */
static void mark_again(struct run *run)
{
    for (size_t i = 0; i < run->nsteps; i++) {
        struct step *step = &run->steps[i];

        step->again =
            step->request.len && !step->answer && !step->incarnation &&
            (step->kind == REQUEST_ACTION || step->kind == REQUEST_APPROVE);
    }
}

void left_take_approvals(struct run *run, struct left_run *left)
{
    for (size_t i = 0; i < left->napprovals; i++) {
        struct left_approval *from = &left->approvals[i];
        struct approval *approval =
            run_add_approval(run, from->number, from->step);

        approval->question = from->question;
        approval->state = from->state;
        approval->expires = from->expires;
        approval->request = taken(&from->request);
        approval->argv = taken(&from->argv);
        approval->target = taken(&from->target);
        approval->said = taken(&from->said);
        give_rules(approval, from->rules);
    }
    mark_again(run);
}

void left_free_approvals(struct left_run *left)
{
    for (size_t i = 0; i < left->napprovals; i++) {
        struct left_approval *approval = &left->approvals[i];

        free(approval->request);
        free(approval->argv);
        free(approval->target);
        free(approval->rules);
        free(approval->said);
    }
    free(left->approvals);
}
