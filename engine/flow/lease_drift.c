#include "flow/lease_inner.h"
#include "flow/tell.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <string.h>

/*
 * Drift: what was in force is gone, and nobody has undone it. Where the site
 * says so its action is asked for once more, in a run of its own that passes
 * every rule of the gate and holds nothing. Verify says whether that helped;
 * where it did not a person is told, and nothing is started again.
 */

static struct leases *leases_of(const struct keeper *keeper)
{
    return gate_leases(keeper->flow->config.gate);
}

static void say(const struct lease *lease, const char *what)
{
    log_line("l%" PRId64 ": %s / %s on %s %s", lease->number, lease->plugin,
             lease->action, lease->target ? lease->target : "its target", what);
}

/* ---- asking again -------------------------------------------------------- */

bool restore_wanted(const struct run *run)
{
    const struct lease *lease =
        leases_find(gate_leases(run->flow->config.gate), run->lease);

    return lease && lease->restore == run->number &&
           lease->state == LEASE_DRIFTED && !lease_due(lease, clock_now());
}

bool lease_run_idle(struct run *run)
{
    static const char why[] = "there is no drift any more to be put right";

    if (run->cause != CAUSE_RESTORE)
        return false;
    if (run->asked || (run->nsteps && run->steps[0].answer))
        return true;
    if (restore_wanted(run))
        return !run->manual;
    run_close_approvals(run, why);
    run_end(run, RUN_ABORTED, why);
    return true;
}

void keeper_drop_restore(struct keeper *keeper)
{
    if (keeper->restore && !keeper->flow->closing)
        flow_add_task(keeper->flow, keeper->restore, 0);
    keeper->restore = NULL;
}

static void fail(struct keeper *keeper, const char *why)
{
    struct lease *lease = keeper->lease;

    lease->restored = RESTORED_FAILED;
    log_line("l%" PRId64 ": its drift could not be put right: %s",
             lease->number, why);
    lease_change(leases_of(keeper), lease, lease->state,
                 "its drift could not be put right");
    lease_tell(keeper->flow, lease,
               (struct event){.kind = EVENT_RESTORE_FAILED, .text = why});
}

/* The action with exactly the values that it had, or NULL and why not. */
static struct request *same_again(const struct keeper *keeper, const char **why)
{
    const struct action *action = keeper_action(keeper, CAUSE_RESTORE);
    struct request *request = NULL;
    char same[HASH_HEX];
    bool whole = false;

    *why = "its set has no such action";
    if (!action)
        return NULL;
    *why = "the journal keeps neither encrypted values nor what is no UTF-8; "
           "give a secret as riposte.secret \"NAME\"";
    request = keeper_request(keeper, action, &whole);
    lease_same(action, &request->values, same);
    if (whole && !strcmp(same, keeper->lease->same))
        return request;
    request_free(request);
    return NULL;
}

static bool is_to_be_restored(const struct keeper *keeper)
{
    const struct lease *lease = keeper->lease;
    const struct settings_verify *verify = settings_verify(
        keeper->flow->home->set->settings, lease->plugin, lease->action);

    return lease->state == LEASE_DRIFTED && lease->restored == RESTORED_NOT &&
           verify && verify->restore && !lease_due(lease, clock_now());
}

static void restore(struct keeper *keeper)
{
    struct lease *lease = keeper->lease;
    const char *why;
    struct request *request = same_again(keeper, &why);

    if (!request) {
        fail(keeper, why);
        return;
    }
    keeper->restore = keeper_begin(keeper, request, CAUSE_RESTORE);
    lease->restore = keeper->restore->number;
    lease->restored = RESTORED_BEGUN;
    lease_change(leases_of(keeper), lease, lease->state,
                 "its action is asked for again");
}

/* ---- what Verify said ---------------------------------------------------- */

void keeper_found(struct keeper *keeper)
{
    struct lease *lease = keeper->lease;
    bool again = lease->drifted != 0;

    if (again) {
        say(lease, "is in force again: the drift is over");
        lease_forget_drift(lease);
        keeper_drop_restore(keeper);
    }
    lease_change(leases_of(keeper), lease,
                 lease->state == LEASE_DRIFTED ||
                         lease->state == LEASE_UNCERTAIN
                     ? LEASE_IN_FORCE
                     : lease->state,
                 again ? "its drift is over" : "verified");
}

static void begin_drift(struct keeper *keeper)
{
    struct lease *lease = keeper->lease;

    lease_forget_drift(lease);
    lease->drifted = clock_now();
    say(lease, "is not in force any more: drift");
    lease_change(leases_of(keeper), lease, LEASE_DRIFTED, "it has drifted");
    lease_tell(keeper->flow, lease,
               (struct event){.kind = EVENT_DRIFT,
                              .text = "Verify says that it is not in force "
                                      "any more, and nobody has undone it"});
}

void keeper_missed(struct keeper *keeper)
{
    struct lease *lease = keeper->lease;

    if (lease->state == LEASE_IN_FORCE)
        begin_drift(keeper);
    else if (lease->restored == RESTORED_DONE)
        fail(keeper, "its action was carried out again, and Verify still does "
                     "not find it in force");
    else
        lease_change(leases_of(keeper), lease, lease->state, "verified");
    if (is_to_be_restored(keeper))
        restore(keeper);
}

/* ---- what came of asking ------------------------------------------------- */

/* Verify is to say how it is now; before its undo it is asked anyhow. */
static void look_again(struct keeper *keeper, const char *why)
{
    struct lease *lease = keeper->lease;

    if (!lease_due(lease, clock_now())) {
        lease->checked = 0;
        lease->look = true;
    }
    lease_change(leases_of(keeper), lease, lease->state, why);
}

/* Nothing was asked, or nothing was wanted any more. */
static bool came_to_nothing(const struct run *run, const struct answer *answer)
{
    return run->outcome == RUN_ABORTED ||
           (answer && answer->status == STEP_NOT_STARTED &&
            !restore_wanted(run));
}

void keeper_restored(struct keeper *keeper, struct run *run,
                     const struct answer *answer)
{
    struct lease *lease = keeper->lease;

    if (keeper->restore == run)
        keeper->restore = NULL;
    /* Another drift, or none. */
    if (lease->restore != run->number)
        return;
    if (came_to_nothing(run, answer)) {
        lease->restore = 0;
        lease->restored = RESTORED_NOT;
        look_again(keeper, "its action was not asked for");
    } else if (answer && answer->status == STEP_EXECUTED) {
        lease->restored = RESTORED_DONE;
        look_again(keeper, "its action has ended");
    } else if (answer && answer->status == STEP_UNKNOWN) {
        /* That is told as such. */
        lease->restored = RESTORED_FAILED;
        look_again(keeper, "nobody knows whether its drift was put right");
    } else {
        fail(keeper, keeper_reason(run, answer));
    }
}
