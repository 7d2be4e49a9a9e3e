#include "flow/flow_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "journal/approval.h"
#include "journal/pause.h"

#include <inttypes.h>
#include <string.h>

/* ---- approvals ---------------------------------------------------------- */

static struct approval *find_waiting(const struct flow *flow, int64_t number)
{
    for (const struct run *run = flow->runs; run; run = run->next)
        for (struct approval *at = run->approvals; at; at = at->next)
            if (at->number == number)
                return at->waits ? at : NULL;
    return NULL;
}

int flow_decide(struct flow *flow, const struct journal_decision *decision,
                struct error *error)
{
    struct approval *approval = find_waiting(flow, decision->approval);

    if (!approval)
        return error_set(error, ERROR_INVALID,
                         "a%" PRId64
                         " is not waited for any more: riposte show "
                         "a%" PRId64 " says why",
                         decision->approval, decision->approval);
    journal_write_decision(flow->config.journal, decision);
    if (!strcmp(decision->state, JOURNAL_OPEN))
        return 0; /* others have to say so, too */
    approval->state = decision->yes ? APPROVAL_APPROVED : APPROVAL_REFUSED;
    if (!decision->yes)
        approval->said = approval_no(decision);
    approval_settle(approval);
    return 0;
}

/* ---- runs that wait for their time -------------------------------------- */

int flow_call_off(struct flow *flow, int64_t number, const char *why,
                  struct error *error)
{
    struct run **at = &flow->waiting;
    struct run *run;

    while (*at && (*at)->number != number)
        at = &(*at)->later;
    run = *at;
    if (!run)
        return error_set(error, ERROR_INVALID, "r%" PRId64 " has begun",
                         number);
    *at = run->later;
    flow->counts.waiting--;
    flow->open++;
    run_end(run, RUN_ABORTED, why);
    return 0;
}

/* ---- leases ------------------------------------------------------------- */

struct leases *flow_leases(struct flow *flow)
{
    return gate_leases(flow->config.gate);
}

/* ---- pause -------------------------------------------------------------- */

void flow_pause(struct flow *flow, const struct journal_pause *pause)
{
    journal_write_pause(flow->config.journal, pause);
    gate_pause(flow->config.gate, pause);
    log_line("policies are paused by %s%s%s: a person has to agree to each of "
             "their remediations",
             pause->person, pause->note ? ": " : "",
             pause->note ? pause->note : "");
}

void flow_unpause(struct flow *flow, const char *person, const char *note)
{
    journal_write_resume(flow->config.journal, person, note, clock_now());
    gate_pause(flow->config.gate, NULL);
    log_line("policies go on by themselves: %s has said so", person);
}
