#include "flow/recover_inner.h"

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

struct home *left_run_home(struct flow *flow, const char *hash,
                           struct error *error)
{
    struct set_files files = {0};
    struct problems problems = {0};
    struct home *home = home_find(flow, hash);
    struct set *set;
    int err;

    if (home)
        return home;
    err = journal_read_set(flow->config.journal, hash, on_file, &files, error);
    if (err) {
        set_files_free(&files);
        return NULL;
    }
    set = set_build(flow->home->set->site, &files, SET_ALL, &problems);
    if (set) {
        home = home_new(flow, set);
        home->recorded = true;
        set_unref(set);
    } else {
        *error = *first_error(&problems);
    }
    problems_free(&problems);
    return home;
}

/* ---- steps whose outcome nobody knows ---------------------------------- */

/* A value that is the secret of a name. */
static const struct json *secret_of(const struct json *item)
{
    const struct json *name =
        item->type == JSON_OBJECT ? json_member(item, "secret") : NULL;

    return name && name->type == JSON_TEXT && secret_name_fits(name->as.text)
               ? name
               : NULL;
}

static void give_value(struct request *request, const struct param *param,
                       const struct json *item)
{
    size_t index = action_index(request->action, param);
    const struct json *secret = secret_of(item);
    char *name;

    if (item->type == JSON_TEXT) {
        values_set(&request->values, index, item->as.text);
    } else if (secret) {
        name = str_copy(secret->as.text);
        values_set_secret(&request->values, index, name);
        free(name);
    }
}

static void give_values(struct request *request, const struct json *params)
{
    const struct action *action = request->action;

    for (size_t i = 0; params && i < params->as.list.len; i++) {
        const struct json *item = &params->as.list.items[i];
        char *name = str_copy(item->key);
        const struct param *param = action_param(action, name, NULL);

        if (param)
            give_value(request, param, item);
        free(name);
    }
}

static char *member_text(const struct json *root, const char *key)
{
    const struct json *value = root ? json_member(root, key) : NULL;

    return value && value->type == JSON_TEXT ? str_copy(value->as.text)
                                             : alloc_text("?");
}

/* The action that was asked for, or NULL where the set has no such one. */
static struct request *request_of(const struct json *root,
                                  const struct set *set)
{
    char *plugin_name = member_text(root, "plugin");
    char *name = member_text(root, "action");
    const struct plugin *plugin =
        catalogue_plugin(&set->catalogue, plugin_name, NULL);
    const struct action *action =
        plugin ? plugin_action(plugin, name, NULL) : NULL;
    struct request *request = NULL;

    if (action) {
        request = request_new(REQUEST_ACTION);
        request->action = action;
        request->values = values_new(action);
        give_values(request, json_member(root, "params"));
    }
    free(plugin_name);
    free(name);
    return request;
}

struct unknown {
    struct run *run; /* owned reference */
    unsigned step;
    struct request *request; /* owned, or NULL */
};

static void unknown_committed(void *arg)
{
    struct unknown *unknown = arg;
    struct run *run = unknown->run;
    struct flow *flow = run->flow;
    bool closing = flow->closing;

    if (!closing && unknown->request)
        run_say_step(run, unknown->step, unknown->request, NULL,
                     run->steps[unknown->step - 1].answer, false);
    request_free(unknown->request);
    free(unknown);
    if (!closing)
        run_unref(run);
    flow_written(flow);
}

/* Adds "r17.3 (Host Firewall: Block address)" to text. */
static void mark_unknown(struct run *run, unsigned number, struct buf *text)
{
    struct flow *flow = run->flow;
    struct step *step = run_step(run, number);
    struct unknown *unknown = ALLOC(struct unknown);
    struct json_doc *doc =
        json_parse(buf_str(&step->request), "journal", 0, NULL);
    const struct json *root = doc ? json_root(doc) : NULL;
    char *plugin = member_text(root, "plugin");
    char *action = member_text(root, "action");
    struct buf answer = {0};

    buf_printf(text, "%s%s.%u (%s: %s)", text->len ? ", " : "", run->id, number,
               plugin, action);
    step->answer = answer_new(STEP_UNKNOWN);
    step->answer->error = alloc_text("the engine ended before its result came");
    answer_write(step->answer, &answer);
    run->refs++;
    *unknown = (struct unknown){run, number, NULL};
    if (root)
        unknown->request = request_of(root, run->home->set);
    flow->counts.unknown++;
    flow_write(flow);
    journal_write_answer(flow->config.journal, run->number, number,
                         buf_str(&answer), step_status_names[STEP_UNKNOWN],
                         clock_now(), unknown_committed, unknown);
    buf_free(&answer);
    json_free(doc);
    free(plugin);
    free(action);
}

/* It was sent, or was about to be. */
static bool lost(const struct step *step)
{
    return step->request.len && !step->answer && step->incarnation;
}

static void park_if_unknown(struct run *run)
{
    struct buf which = {0};
    char *text;

    for (size_t i = 0; i < run->nsteps; i++)
        if (lost(&run->steps[i]))
            mark_unknown(run, (unsigned)i + 1, &which);
    if (!which.len)
        return;
    text = alloc_printf("%s was under way when the engine ended, and nobody "
                        "knows what came of it: look at its target, then "
                        "decide; it is never run again by itself",
                        which.data);
    run_end(run, RUN_PARKED, text);
    free(text);
    buf_free(&which);
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
    struct json_doc *doc =
        json_parse(buf_str(&left->request), "journal", 0, &error);

    run->due = left->due;
    run->manual = doc ? request_of(json_root(doc), run->home->set) : NULL;
    json_free(doc);
    if (run->manual)
        flow_wait(run);
    else
        run_end(run, RUN_PARKED, "its set has no action of that name");
}

static void resume_manual(struct run *run, const struct left_run *left)
{
    if (run->nsteps && run->steps[0].answer)
        run_end_manual(run, run->steps[0].answer);
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
    take_steps(run, left);
    if (left->unreadable)
        run_end(run, RUN_PARKED, left->unreadable);
    else
        park_if_unknown(run);
    if (!run->over && !home)
        park(run, "the set in which it began cannot be had again", why);
    else if (!run->over)
        go_on(run, left, &error);
}
