#include "flow/flow_inner.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* What people agreed to, and what of it an action may use. */

static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : !a && !b;
}

/* Is it for exactly that? */
static bool is_for(const struct approval *approval, const char *request,
                   const struct gate_need *need)
{
    return approval->request && !strcmp(approval->request, request) &&
           same_text(approval->argv, need->argv) &&
           same_text(approval->target, need->target);
}

static void agree(struct agreed *agreed, struct approval *approval)
{
    agreed->approvals = alloc_grown(agreed->approvals, agreed->len,
                                    &agreed->cap, sizeof *agreed->approvals);
    agreed->approvals[agreed->len++] = approval->number;
    for (size_t i = 0; i < approval->rules.len; i++)
        words_add(&agreed->rules, approval->rules.items[i]);
}

static bool has_agreed(const struct run *run)
{
    for (const struct approval *at = run->approvals; at; at = at->next)
        if (at->state == APPROVAL_APPROVED)
            return true;
    return false;
}

void run_agreed(struct run *run, const struct gate_ask *ask,
                struct agreed *agreed)
{
    struct gate_need need = {0};
    struct error error = {0};
    struct buf request = {0};
    bool question = false;

    agreed_clear(agreed);
    if (!has_agreed(run))
        return;
    request_write(ask->request, &request);
    gate_judge(run->flow->config.gate, ask, &need, &error);
    for (struct approval *at = run->approvals; at; at = at->next) {
        if (at->state != APPROVAL_APPROVED ||
            !is_for(at, request.data, &need) ||
            (at->question ? question : at->step != ask->step))
            continue;
        question |= at->question;
        agree(agreed, at);
    }
    buf_free(&request);
    gate_need_clear(&need);
}

void run_use_agreed(struct run *run, const struct agreed *agreed)
{
    for (struct approval *at = run->approvals; at; at = at->next)
        for (size_t i = 0; i < agreed->len; i++)
            if (at->number == agreed->approvals[i])
                at->state = APPROVAL_USED;
}

void agreed_clear(struct agreed *agreed)
{
    words_free(&agreed->rules);
    free(agreed->approvals);
    agreed->approvals = NULL;
    agreed->len = agreed->cap = 0;
}
