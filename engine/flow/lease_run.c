#include "base/crash.h"
#include "flow/lease_inner.h"
#include "flow/resume.h"
#include "flow/tell.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const run_cause_names[] = {
    [CAUSE_ASKED] = NULL,
    [CAUSE_UNDO] = "undo",
    [CAUSE_VERIFY] = "verify",
    [CAUSE_RESTORE] = "restore",
};

enum run_cause run_cause_find(const char *name)
{
    int cause = CAUSE_RESTORE;

    while (cause && (!name || strcmp(name, run_cause_names[cause]) != 0))
        cause--;
    return (enum run_cause)cause;
}

/* ---- asking -------------------------------------------------------------- */

const struct action *keeper_action(const struct keeper *keeper,
                                   enum run_cause cause)
{
    const struct set *set = keeper->home->set;
    const struct plugin *plugin =
        catalogue_plugin(&set->catalogue, keeper->lease->plugin, NULL);
    const struct action *action =
        plugin ? plugin_action(plugin, keeper->lease->action, NULL) : NULL;

    if (!action || cause == CAUSE_RESTORE)
        return action;
    return cause == CAUSE_UNDO ? action->undo : action->verify;
}

static void committed(void *arg)
{
    struct run *run = arg;
    struct flow *flow = run->flow;

    if (flow_written(flow))
        flow_add_task(flow, run, 0);
}

struct request *keeper_request(const struct keeper *keeper,
                               const struct action *action, bool *whole)
{
    struct json_doc *doc =
        json_parse(str_of(keeper->lease->params), "journal", 0, NULL);
    struct request *request =
        request_with(action, doc ? json_root(doc) : NULL, whole);

    json_free(doc);
    return request;
}

/* What a restore is bound by is what its action was bound by at first. */
static void act_for(struct run *run, const struct lease *lease)
{
    if (run->cause != CAUSE_RESTORE)
        return;
    run->quiet = lease->quiet;
    run->behalf = alloc_text(lease->policy);
}

struct run *keeper_begin(struct keeper *keeper, struct request *request,
                         enum run_cause cause)
{
    struct flow *flow = keeper->flow;
    struct run *run =
        run_new(flow, keeper->home, flow->next_run++, NULL, FLOW_NO_POLICY);
    struct journal_run row = {
        .run = run->number,
        .set = keeper->home->set->hash,
        .cause = run_cause_names[cause],
        .lease = keeper->lease->number,
    };

    run->cause = cause;
    run->lease = keeper->lease->number;
    run->manual = request;
    act_for(run, keeper->lease);
    home_record(flow, keeper->home);
    flow_write(flow);
    journal_write_match(
        flow->config.journal,
        &(struct journal_match){.time = clock_now(), .runs = &row, .nruns = 1},
        committed, run);
    return run;
}

static void begin(struct keeper *keeper, const struct action *action,
                  enum run_cause cause)
{
    bool whole; /* it is: see lease_judge */

    if (cause == CAUSE_UNDO)
        CRASH(ENGINE_UNDO_BEGUN);
    keeper->run =
        keeper_begin(keeper, keeper_request(keeper, action, &whole), cause);
}

bool lease_run_due(const struct run *run)
{
    const struct lease *lease =
        leases_find(gate_leases(run->flow->config.gate), run->lease);

    return lease && lease_due(lease, clock_now());
}

bool lease_run_wanted(void *arg)
{
    struct run *run = arg;
    struct leases *leases = gate_leases(run->flow->config.gate);
    struct lease *lease = leases_find(leases, run->lease);

    if (run->cause == CAUSE_RESTORE)
        return restore_wanted(run);
    if (run->cause == CAUSE_VERIFY)
        return true;
    if (!lease_run_due(run))
        return false;
    lease_change(leases, lease, LEASE_UNDOING, "nobody holds it any more");
    CRASH(ENGINE_UNDO_WANTED);
    return true;
}

/* ---- what came of it ------------------------------------------------------
 */

static struct leases *leases_of(const struct keeper *keeper)
{
    return gate_leases(keeper->flow->config.gate);
}

static void say_error(struct lease *lease, const char *error)
{
    free(lease->error);
    lease->error = alloc_text(error);
}

static void stick(struct keeper *keeper, const char *error)
{
    struct lease *lease = keeper->lease;

    say_error(lease, error);
    log_line("l%" PRId64 " (%s / %s on %s) has to be undone by a person: %s",
             lease->number, lease->plugin, lease->action,
             lease->target ? lease->target : "its target", error);
    lease_change(leases_of(keeper), lease, LEASE_STUCK, "a person is needed");
    lease_tell(keeper->flow, lease,
               (struct event){.kind = EVENT_LEASE_STUCK, .text = error});
}

static void undo_failed(struct keeper *keeper, const char *error)
{
    struct lease *lease = keeper->lease;

    if (++lease->attempts >= LEASE_TRIES) {
        stick(keeper, error);
        return;
    }
    say_error(lease, error);
    lease->retry = clock_now() + lease_retry_after(lease->attempts);
    log_line("l%" PRId64 ": undo %" PRId64 " of at most %d failed: %s",
             lease->number, lease->attempts, LEASE_TRIES, error);
    lease_change(leases_of(keeper), lease, LEASE_FAILED, "its undo failed");
    lease_tell(keeper->flow, lease,
               (struct event){.kind = EVENT_UNDO_FAILED,
                              .text = error,
                              .attempt = lease->attempts});
}

const char *keeper_reason(const struct run *run, const struct answer *answer)
{
    if (answer && answer->error)
        return answer->error;
    return answer       ? step_status_names[answer->status]
           : run->error ? run->error
                        : "it was not asked for";
}

static void undone(struct keeper *keeper, const struct run *run,
                   const struct answer *answer)
{
    struct lease *lease = keeper->lease;

    CRASH(ENGINE_UNDO_OVER);
    keeper->looked = false;
    if (answer && answer->status == STEP_EXECUTED)
        lease_change(leases_of(keeper), lease, LEASE_ENDED, "it is undone");
    else if (answer && (answer->status == STEP_UNKNOWN ||
                        answer->status == STEP_TIMED_OUT))
        lease_change(leases_of(keeper), lease, LEASE_DOUBTFUL,
                     keeper_reason(run, answer));
    else if (answer && answer->status == STEP_NOT_STARTED &&
             !lease_due(lease, clock_now()))
        lease_change(leases_of(keeper), lease, lease->state, "it is held on");
    else if (!answer && run->outcome == RUN_ABORTED)
        lease_change(leases_of(keeper), lease, lease->state, "once more");
    else
        undo_failed(keeper, keeper_reason(run, answer));
}

static const char *const verdict_names[] = {
    [GATE_IN_FORCE] = "in force",
    [GATE_NOT_IN_FORCE] = "not in force",
    [GATE_CANNOT_TELL] = "cannot tell",
};

/* Nobody knew whether its undo was done. */
static void clear_doubt(struct keeper *keeper, enum gate_verified verdict)
{
    if (verdict == GATE_NOT_IN_FORCE)
        lease_change(leases_of(keeper), keeper->lease, LEASE_ENDED,
                     "it is undone: Verify says so");
    else if (verdict == GATE_IN_FORCE)
        undo_failed(keeper, "its undo was cut off, and it is in force still");
    else
        stick(keeper, "its undo was cut off, and nobody knows what came of it");
}

/* It was not asked, or about what was there before. */
static bool says_nothing(const struct keeper *keeper, const struct run *run,
                         const struct answer *answer)
{
    return keeper->stale || (!answer && run->outcome == RUN_ABORTED);
}

static void verified(struct keeper *keeper, enum gate_verified verdict)
{
    struct lease *lease = keeper->lease;
    bool due = lease_due(lease, clock_now());

    free(lease->verified);
    lease->verified = alloc_text(verdict_names[verdict]);
    lease->checked = clock_now();
    keeper->fresh = false;
    keeper->looked = due;
    if (lease->state == LEASE_DOUBTFUL)
        clear_doubt(keeper, verdict);
    else if (verdict == GATE_NOT_IN_FORCE && lease->attempts && due)
        lease_change(leases_of(keeper), lease, LEASE_ENDED,
                     "its undo failed, but Verify says that it is undone");
    else if (verdict == GATE_NOT_IN_FORCE && !lease->under_way)
        keeper_missed(keeper);
    else if (verdict == GATE_IN_FORCE && !lease->under_way)
        keeper_found(keeper);
    else
        lease_change(leases_of(keeper), lease, lease->state, "verified");
}

static void verify_over(struct keeper *keeper, const struct run *run,
                        const struct answer *answer)
{
    keeper_looked(keeper);
    if (says_nothing(keeper, run, answer)) {
        keeper->stale = false;
        keeper_arm(keeper);
    } else {
        verified(keeper, gate_verified_by(answer));
    }
}

static struct keeper *keeper_of(const struct run *run)
{
    const struct lease *lease =
        leases_find(gate_leases(run->flow->config.gate), run->lease);

    return lease ? lease->keeper : NULL;
}

void lease_run_over(struct run *run)
{
    struct keeper *keeper = keeper_of(run);
    const struct answer *answer = run->nsteps ? run->steps[0].answer : NULL;

    if (!keeper)
        return;
    if (run->cause == CAUSE_RESTORE) {
        keeper_restored(keeper, run, answer);
        return;
    }
    if (keeper->run && keeper->run != run)
        return;
    keeper->run = NULL;
    if (run->cause == CAUSE_UNDO)
        undone(keeper, run, answer);
    else
        verify_over(keeper, run, answer);
}

void lease_adopt(struct run *run)
{
    struct keeper *keeper = keeper_of(run);

    if (!keeper)
        return;
    act_for(run, keeper->lease);
    if (run->cause == CAUSE_RESTORE && !keeper->restore)
        keeper->restore = run;
    if (run->cause == CAUSE_RESTORE || keeper->run)
        return;
    keeper->run = run;
    keeper_arm(keeper);
}

/* ---- starting ------------------------------------------------------------ */

void keeper_verify(struct keeper *keeper)
{
    const struct action *action = keeper_action(keeper, CAUSE_VERIFY);

    if (action) {
        begin(keeper, action, CAUSE_VERIFY);
        return;
    }
    keeper->looked = !keeper->fresh;
    keeper->fresh = false;
    if (keeper->lease->state != LEASE_DOUBTFUL) {
        keeper_arm(keeper);
        return;
    }
    journal_hold(keeper->flow->config.journal);
    clear_doubt(keeper, GATE_CANNOT_TELL);
    journal_release(keeper->flow->config.journal);
}

void keeper_undo(struct keeper *keeper)
{
    const struct action *action = keeper_action(keeper, CAUSE_UNDO);

    keeper_drop_restore(keeper);
    if (action) {
        begin(keeper, action, CAUSE_UNDO);
        return;
    }
    journal_hold(keeper->flow->config.journal);
    stick(keeper, "its set has no such action, or that has no Undo");
    journal_release(keeper->flow->config.journal);
}
