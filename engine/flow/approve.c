#include "flow/flow_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "flow/tell.h"
#include "journal/approval.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- a run's approvals -------------------------------------------------- */

static void approval_free(struct approval *approval)
{
    dues_remove(approval->run->flow->dues, &approval->due);
    free(approval->request);
    free(approval->argv);
    free(approval->target);
    free(approval->said);
    words_free(&approval->rules);
    free(approval);
}

void run_free_approvals(struct run *run)
{
    struct approval *approval, *next;

    for (approval = run->approvals; approval; approval = next) {
        next = approval->next;
        approval_free(approval);
    }
    run->approvals = NULL;
}

struct approval *run_add_approval(struct run *run, int64_t number,
                                  unsigned step)
{
    struct approval **at = &run->approvals;
    struct approval *approval = ALLOC(struct approval);

    *approval = (struct approval){.run = run, .number = number, .step = step};
    while (*at)
        at = &(*at)->next;
    return *at = approval;
}

struct approval *run_approval(const struct run *run, unsigned step)
{
    struct approval *last = NULL;

    for (struct approval *at = run->approvals; at; at = at->next)
        if (at->step == step && at->state != APPROVAL_USED)
            last = at;
    return last;
}

/* ---- waiting ------------------------------------------------------------ */

static void answer_here(const struct approval *approval)
{
    struct run *run = approval->run;
    struct answer *answer = answer_new(
        approval->state == APPROVAL_APPROVED ? STEP_EXECUTED : STEP_DENIED);

    answer->yes = approval->state == APPROVAL_APPROVED;
    answer->error = alloc_text(approval->said);
    run_write_answer(run, approval->step, answer);
    run_keep_answer(run, run_step(run, approval->step), answer);
    flow_add_task(run->flow, run, approval->step);
}

static void decided(struct approval *approval)
{
    if (approval->question)
        answer_here(approval);
    else
        run_decided(approval->run, approval);
}

void approval_settle(struct approval *approval)
{
    struct run *run = approval->run;

    approval->waits = false;
    dues_remove(run->flow->dues, &approval->due);
    run->waits--;
    decided(approval);
    run_consider(run);
    run_unref(run);
}

/* Takes said. Where nothing waits for it the run has not come to its step
 * again. */
static void expire(struct approval *approval, char *said)
{
    struct journal *journal = approval->run->flow->config.journal;

    approval->state = APPROVAL_REFUSED;
    approval->said = said;
    journal_hold(journal);
    journal_write_expired(journal, approval->number, clock_now());
    approval_tell(approval, NULL, EVENT_APPROVAL_EXPIRED, said);
    if (approval->waits)
        approval_settle(approval);
    else
        answer_here(approval);
    journal_release(journal);
}

static void no_answer(struct due *due)
{
    struct approval *approval =
        (struct approval *)(void *)((char *)due -
                                    offsetof(struct approval, due));

    expire(approval, alloc_printf("nobody answered a%" PRId64 " in time",
                                  approval->number));
}

/* What was agreed to for then is not meant for much later. */
static void judge_late(struct approval *approval)
{
    if (approval->state != APPROVAL_APPROVED ||
        clock_now() - approval->expires <= FLOW_LATE_MAX)
        return;
    approval->state = APPROVAL_REFUSED;
    approval->said = alloc_printf(
        "a%" PRId64 " was agreed to, but for over an hour after its time "
        "nothing was there to go on",
        approval->number);
}

void approval_wait(struct approval *approval)
{
    struct run *run = approval->run;

    judge_late(approval);
    if (approval->state != APPROVAL_OPEN) {
        decided(approval);
        return;
    }
    CRASH(ENGINE_APPROVAL_OPENED);
    approval->waits = true;
    run->waits++;
    run->refs++;
    approval->due.ring = no_answer;
    dues_add(run->flow->dues, &approval->due, approval->expires);
}

void run_give_up_approvals(struct run *run)
{
    for (struct approval *at = run->approvals; at; at = at->next) {
        if (!at->waits)
            continue;
        at->waits = false;
        dues_remove(run->flow->dues, &at->due);
        run->waits--;
        run_unref(run);
    }
    run_drop_parked(run);
}

void run_close_approvals(struct run *run, const char *why)
{
    struct approval *at, *next;

    for (at = run->approvals; at; at = next) {
        next = at->next;
        if (at->state == APPROVAL_OPEN)
            expire(at, alloc_text(why));
    }
}

/* ---- opening ------------------------------------------------------------ */

static void put_level(struct json_out *out, const char *group, unsigned quorum)
{
    json_open(out, '{');
    json_text(out, "group", group);
    json_int(out, "quorum", quorum);
    json_close(out, '}');
}

/* The policy's own level goes first; one that the rules have, too, is passed
 * once, by the larger number of people. */
static void put_levels(struct buf *buf, const struct request *question,
                       const struct gate_need *need)
{
    struct json_out out = {.buf = buf};
    const char *group = question ? question->name : NULL;
    unsigned quorum =
        question && question->quorum ? (unsigned)question->quorum : 1;
    bool own = question && (group || question->quorum || !need->nlevels);

    json_open(&out, '[');
    for (size_t i = 0; i < need->nlevels && own && group; i++)
        if (need->levels[i].group && !strcmp(need->levels[i].group, group))
            own = need->levels[i].quorum < quorum;
    if (own)
        put_level(&out, group, quorum);
    for (size_t i = 0; i < need->nlevels; i++)
        put_level(&out, need->levels[i].group, need->levels[i].quorum);
    json_close(&out, ']');
}

static void put_rules(struct buf *buf, const struct words *rules)
{
    struct json_out out = {.buf = buf};

    json_open(&out, '[');
    for (size_t i = 0; i < rules->len; i++)
        json_put_text(&out, rules->items[i]);
    json_close(&out, ']');
}

static void say_opened(const struct approval *approval, struct str question)
{
    char expires[CLOCK_TEXT];
    char *shown = log_safe(question);

    clock_format(approval->expires, expires);
    log_line("%s.%u waits for a person until %s: %s; riposte approve a%" PRId64
             ", or deny",
             approval->run->id, approval->step, expires, shown,
             approval->number);
    free(shown);
}

struct approval *run_open_approval(struct run *run, unsigned step,
                                   const struct request *question,
                                   const struct request *action,
                                   const struct gate_need *need)
{
    struct flow *flow = run->flow;
    struct approval *approval =
        run_add_approval(run, flow->next_approval++, step);
    struct str text = question
                          ? (struct str){question->value, question->value_len}
                          : str_of(need->why);
    int64_t within = question ? question->duration : need->within;
    struct buf request = {0}, rules = {0}, levels = {0};
    int64_t now = clock_now();

    if (need->rules.len && need->within < within)
        within = need->within;
    if (action)
        request_write(action, &request);
    put_rules(&rules, &need->rules);
    put_levels(&levels, question, need);
    approval->question = question != NULL;
    approval->expires = now + within;
    approval->argv = alloc_text(need->argv);
    approval->target = alloc_text(need->target);
    for (size_t i = 0; i < need->rules.len; i++)
        words_add(&approval->rules, need->rules.items[i]);
    journal_write_approval(
        flow->config.journal,
        &(struct journal_approval){
            .approval = approval->number,
            .run = run->number,
            .step = step,
            .request = buf_str(&request),
            .argv = need->argv ? str_of(need->argv) : (struct str){"", 0},
            .target = need->target,
            .set = run->home->set->hash,
            .rules = buf_str(&rules),
            .question = text,
            .levels = buf_str(&levels),
            .opened = now,
            .expires = approval->expires,
        });
    say_opened(approval, text);
    approval_tell_opened(approval, action ? action->action : NULL, text);
    if (action)
        approval->request = buf_take(&request);
    buf_free(&rules);
    buf_free(&levels);
    return approval;
}

/* ---- riposte.approve ---------------------------------------------------- */

/* Why nobody can be asked, or NULL. */
static const char *not_to_be_asked(struct run *run, unsigned step,
                                   const struct request *request,
                                   struct gate_need *need, struct error *error)
{
    struct flow *flow = run->flow;
    struct gate_ask ask = {
        .run = run->number,
        .step = step,
        .mode = flow->config.mode,
        .policy = run->name,
        .request = request->subject,
        .alarm = run->alarm,
        .site = &run->home->set->gate_site,
    };

    if (request->name &&
        guards_group(flow->home->set->guards, request->name, error))
        return "approve";
    return request->subject ? gate_judge(flow->config.gate, &ask, need, error)
                            : NULL;
}

static void open_question(struct run *run, unsigned step,
                          const struct request *request,
                          const struct gate_need *need)
{
    struct journal *journal = run->flow->config.journal;
    struct approval *approval;

    journal_hold(journal);
    run_write_asked(run, step, REQUEST_APPROVE, NULL);
    approval = run_open_approval(run, step, request, request->subject, need);
    journal_release(journal);
    approval_wait(approval);
}

void run_ask_approve(struct run *run, unsigned step,
                     const struct request *request)
{
    struct approval *approval = run_approval(run, step);
    struct gate_need need = {0};
    struct error error = {0};
    struct answer *answer;
    const char *rule;

    if (approval) { /* an earlier process opened it */
        approval_wait(approval);
        return;
    }
    rule = not_to_be_asked(run, step, request, &need, &error);
    if (rule || run->flow->config.mode != GATE_LIVE) {
        answer =
            rule ? answer_refused(rule, &error) : answer_new(STEP_EXECUTED);
        answer->yes = !rule; /* in a dry run people say yes */
        run_answer_now(run, step, REQUEST_APPROVE, answer);
    } else {
        open_question(run, step, request, &need);
    }
    gate_need_clear(&need);
}
