#include "flow/lease.h"
#include "flow/recover_inner.h"
#include "flow/resume.h"
#include "model/event.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static int on_file(void *arg, const char *path, struct str body)
{
    set_files_add(arg, path, body);
    return 0;
}

static const struct error *first_error(const struct problems *problems)
{
    for (size_t i = 0; i < problems->len; i++)
        if (!problems->items[i].warning)
            return &problems->items[i].error;
    return NULL;
}

struct set *left_set(struct journal *journal, const char *site,
                     const char *hash, int flags, struct error *error)
{
    struct set_files files = {0};
    struct problems problems = {0};
    struct set *set;

    if (journal_read_set(journal, hash, on_file, &files, error)) {
        set_files_free(&files);
        return NULL;
    }
    set = set_build(site, &files, flags, &problems);
    if (!set)
        *error = *first_error(&problems);
    problems_free(&problems);
    return set;
}

struct home *left_run_home(struct flow *flow, const char *hash,
                           struct error *error)
{
    struct home *home = home_find(flow, hash);
    struct set *set;

    if (home)
        return home;
    set = left_set(flow->config.journal, flow->home->set->site, hash, SET_ALL,
                   error);
    if (!set)
        return NULL;
    home = home_new(flow, set);
    home->recorded = true;
    set_unref(set);
    return home;
}

/* ---- going on ---------------------------------------------------------- */

static void park(struct run *run, const char *what, const struct error *why)
{
    char *reason = error_format(why);
    char *text = alloc_printf("%s: %s", what, reason);

    run_end(run, RUN_PARKED, text);
    free(text);
    free(reason);
}

static size_t policy_index(const struct set *set, const char *name)
{
    for (size_t i = 0; i < set->npolicies; i++)
        if (!strcmp(set->policies[i]->name, name))
            return i;
    return FLOW_NO_POLICY;
}

static void take_steps(struct run *run, struct left_run *left)
{
    run->steps = left->steps;
    run->nsteps = left->nsteps;
    run->cap = left->cap;
    left->steps = NULL;
    left->nsteps = 0;
    for (size_t i = 0; i < run->nsteps; i++) {
        const struct step *step = &run->steps[i];

        run->requested += step->request.len;
        if (step->answer)
            run->kept += step->answer->out_len + step->answer->err_len;
    }
}

/* It was asked for a later time, and has not begun. */
static void wait_again(struct run *run, const struct left_run *left)
{
    struct error error = {0};
    bool whole; /* what has encrypted values is not kept for later */
    struct json_doc *doc =
        json_parse(buf_str(&left->request), "journal", 0, &error);

    run->manual =
        doc ? request_again(json_root(doc), run->home->set, &whole) : NULL;
    json_free(doc);
    if (run->manual)
        flow_wait(run);
    else
        run_end(run, RUN_PARKED, "its set has no action of that name");
}

/* It waits for a person. */
static void ask_again(struct run *run)
{
    bool whole; /* what has encrypted values waits for nobody */
    struct json_doc *doc =
        json_parse(buf_str(&run->steps[0].request), "journal", 0, NULL);

    run->manual =
        doc ? request_again(json_root(doc), run->home->set, &whole) : NULL;
    json_free(doc);
    if (run->manual)
        flow_add_task(run->flow, run, 0);
    else
        run_end(run, RUN_PARKED, "its set has no action of that name");
}

static void resume_manual(struct run *run, const struct left_run *left)
{
    if (run->asked)
        return;
    if (run->nsteps && run->steps[0].answer)
        run_end_manual(run, run->steps[0].answer);
    else if (run->nsteps)
        ask_again(run);
    else if (left->request.len)
        wait_again(run, left);
    else
        run_end(run, RUN_ABORTED,
                "the engine ended before the action was asked for");
}

/* Steps that waited for a time go on doing so. */
static void wait_on(struct run *run)
{
    for (size_t i = 0; i < run->nsteps; i++) {
        const struct step *step = &run->steps[i];

        if (step->request.len && !step->answer && step->kind == REQUEST_WAIT)
            run_wait_until(run, (unsigned)i + 1, step->due);
    }
}

/* Goes on where nothing stands against it; else parks the run. */
static void go_on(struct run *run, const struct left_run *left,
                  const struct error *no_alarm)
{
    if (left->has_alarm && !run->alarm)
        park(run, "its alarm cannot be decoded again", no_alarm);
    else if (!left->policy)
        resume_manual(run, left);
    else if (!run->policy)
        run_end(run, RUN_PARKED, "its set has no policy of that name");
    else
        flow_add_task(run->flow, run, 0);
    if (!run->over)
        wait_on(run);
}

void left_run_resume(struct flow *flow, struct left_run *left,
                     struct home *home, const struct error *why)
{
    size_t index = home && left->policy ? policy_index(home->set, left->policy)
                                        : FLOW_NO_POLICY;
    struct error error = {0};
    struct alarm *alarm = NULL;
    struct run *run;

    if (home && left->has_alarm)
        alarm = left_alarm_again(&left->alarm, home->set, &error);
    run = run_new(flow, home ? home : flow->home, left->number, alarm, index);
    alarm_unref(alarm);
    if (!run->name)
        run->name = alloc_text(left->policy);
    run->started = left->started;
    run->due = left->due;
    run->cause = left->cause;
    run->lease = left->lease;
    /* Also where its alarm cannot be had again. */
    run->quiet = left->has_alarm && !strcmp(left->alarm.source, EVENT_SOURCE);
    if (run->cause)
        lease_adopt(run);
    take_steps(run, left);
    left_take_approvals(run, left);
    if (left->unreadable)
        run_end(run, RUN_PARKED, left->unreadable);
    else
        run_take_up(run, home != NULL);
    if (!run->over && left->cause && !left->lease)
        run_end(run, RUN_ABORTED,
                "the engine ended; what it was for is begun "
                "again");
    if (!run->over && !home)
        park(run, "the set in which it began cannot be had again", why);
    else if (!run->over)
        go_on(run, left, &error);
}
