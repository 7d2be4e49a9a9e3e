#include "flow/flow_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "flow/schedule.h"
#include "flow/tell.h"

#include <stdlib.h>

/* What one alarm leads to, until it is committed: one allocation, and none
 * for an alarm that concerns no policy. */
struct matched {
    struct flow *flow;
    struct run **runs; /* owned; each counts as open */
    size_t nruns;
};

/* What is collected for the transaction. */
struct finding {
    struct run **runs; /* owned */
    struct journal_run *rows;
    size_t nruns;
    struct journal_threshold *moved; /* owned */
    size_t nmoved;
    struct journal_counted *counted; /* owned */
    size_t ncounted;
    struct buf *texts; /* owned: behind moved */
    size_t ntexts;
};

static struct str keep(struct finding *finding, struct str text)
{
    struct buf *copy = &finding->texts[finding->ntexts++];

    buf_add_str(copy, text);
    return buf_str(copy);
}

/* Does the alarm start a run of that policy? */
static bool counts(struct flow *flow, const struct policy *policy,
                   const struct alarm *alarm, struct finding *finding)
{
    struct threshold_change changes[2];
    struct threshold_said said;
    size_t nchanges = 0;
    bool complete;

    if (!policy->threshold.count)
        return true;
    complete =
        thresholds_count(flow->thresholds, policy, alarm, changes, &nchanges);
    said = thresholds_said(flow->thresholds);
    if (said.verdict != THRESHOLD_LACKS)
        finding->counted[finding->ncounted++] = (struct journal_counted){
            policy->name, threshold_verdict_names[said.verdict], said.n,
            said.time};
    for (size_t i = 0; i < nchanges; i++)
        finding->moved[finding->nmoved++] = (struct journal_threshold){
            .counter = changes[i].counter,
            .key = keep(finding, changes[i].key),
            .state = keep(finding, changes[i].state),
        };
    return complete;
}

static void find(struct flow *flow, struct alarm *alarm, const size_t *numbers,
                 size_t count, struct finding *finding)
{
    struct home *home = flow->home;

    *finding = (struct finding){
        .runs = alloc_zeroed(count, sizeof(struct run *)),
        .rows = alloc_zeroed(count, sizeof *finding->rows),
        .moved = alloc_zeroed(2 * count, sizeof *finding->moved),
        .counted = alloc_zeroed(count, sizeof *finding->counted),
        .texts = alloc_zeroed(4 * count, sizeof *finding->texts),
    };
    for (size_t i = 0; i < count; i++) {
        const struct policy *policy = home->set->policies[numbers[i]];
        struct run *run;

        if (!home->chosen[numbers[i]] || !counts(flow, policy, alarm, finding))
            continue;
        run = run_new(flow, home, flow->next_run++, alarm, numbers[i]);
        finding->rows[finding->nruns] = (struct journal_run){
            .run = run->number, .policy = policy->name, .set = home->set->hash};
        finding->runs[finding->nruns++] = run;
    }
}

static void finding_free(struct finding *finding)
{
    for (size_t i = 0; i < finding->ntexts; i++)
        buf_free(&finding->texts[i]);
    free(finding->texts);
    free(finding->moved);
    free(finding->counted);
    free(finding->rows);
}

static void begin(void *arg)
{
    struct matched *matched = arg;
    struct flow *flow = matched->flow;

    CRASH(ENGINE_MATCH_COMMITTED);
    for (size_t i = 0; i < matched->nruns && !flow->closing; i++)
        flow_add_task(flow, matched->runs[i], 0);
    free(matched->runs);
    free(matched);
    flow_written(flow);
}

static void dismissed(void *arg)
{
    struct flow *flow = arg;

    if (flow_written(flow))
        flow_note(flow);
}

static void write_match(struct flow *flow, const struct alarm *alarm,
                        const struct finding *finding, journal_done_fn done,
                        void *arg)
{
    home_in_force(flow);
    flow_write(flow);
    journal_write_match(flow->config.journal,
                        &(struct journal_match){
                            .alarm = alarm->id,
                            .time = clock_now(),
                            .runs = finding->rows,
                            .nruns = finding->nruns,
                            .thresholds = finding->moved,
                            .nthresholds = finding->nmoved,
                            .counted = finding->counted,
                            .ncounted = finding->ncounted,
                        },
                        done, arg);
}

void flow_dismiss(struct flow *flow, const char *alarm)
{
    home_in_force(flow);
    flow_write(flow);
    journal_write_match(
        flow->config.journal,
        &(struct journal_match){.alarm = alarm, .time = clock_now()}, dismissed,
        flow);
}

/* An alarm of the engine's own starts its policy and no other, whatever their
 * `on`; no other alarm does. own: room for its number. */
static size_t find_policies(const struct set *set, const struct alarm *alarm,
                            const size_t **numbers, size_t *own,
                            struct error *error)
{
    if (!schedule_made(alarm))
        return set_match(set, alarm, numbers, error);
    *own = schedule_policy(set, alarm);
    *numbers = own;
    return *own == FLOW_NO_POLICY ? 0 : 1;
}

void flow_match(struct flow *flow, struct alarm *alarm)
{
    const size_t *numbers;
    size_t own;
    struct error error = {0};
    struct finding finding;
    struct matched *matched;
    size_t count;

    /* An action by hand loads no policies: an event of its is left to whoever
     * has them. */
    if (event_made(alarm) && !flow->home->set->policies)
        return;
    count = find_policies(flow->home->set, alarm, &numbers, &own, &error);
    if (error.code)
        log_line("alarm %.12s: %s", alarm->id, error.text);
    if (!count) {
        flow_dismiss(flow, alarm->id);
        return;
    }
    find(flow, alarm, numbers, count, &finding);
    flow->counts.matched += finding.nruns || finding.nmoved;
    if (finding.nruns) {
        matched = ALLOC(struct matched);
        *matched = (struct matched){flow, finding.runs, finding.nruns};
        write_match(flow, alarm, &finding, begin, matched);
    } else {
        write_match(flow, alarm, &finding, dismissed, flow);
        free(finding.runs);
    }
    finding_free(&finding);
}
