#include "base/log.h"
#include "serve/serve_inner.h"

#include <string.h>

void serve_say_in_force(const struct set *set)
{
    log_line("set %.8s in force (%zu policies, %zu plugins)", set->hash,
             set->npolicies, set->catalogue.len);
}

/* The journal and the lock are where they are. */
static struct set *load(struct serve *serve, struct problems *problems)
{
    const struct set *old = flow_set(engine_flow(serve->engine));
    struct set *set = set_load(serve->config->site, SET_ALL, problems);
    struct error error;

    if (!set || !strcmp(set->settings->state, old->settings->state))
        return set;
    error_at(&error, ERROR_INVALID, "riposte.lua", 0, 0,
             "state cannot change while serve runs; stop it, then start it "
             "again");
    problems_add(problems, &error, 0);
    set_unref(set);
    return NULL;
}

static void say_if_other_intake(const struct serve *serve,
                                const struct set *set)
{
    if (!intake_entries_same(&serve->begun->settings->intake,
                             &set->settings->intake))
        log_line("riposte.lua: intake is taken at start: stop serve, then "
                 "start it again");
}

static bool same_problems(const struct problems *a, const struct problems *b)
{
    bool same = a->len == b->len;

    for (size_t i = 0; i < a->len && same; i++)
        same = !strcmp(a->items[i].error.text, b->items[i].error.text) &&
               !strcmp(a->items[i].error.where, b->items[i].error.where) &&
               a->items[i].error.line == b->items[i].error.line;
    return same;
}

/* Takes the problems' place. */
static void keep_refused(struct serve *serve, struct problems *problems)
{
    problems_free(&serve->refused);
    serve->refused = *problems;
}

static void take_set(struct serve *serve, struct set *set,
                     struct problems *problems)
{
    struct flow *flow = engine_flow(serve->engine);

    if (set) {
        say_if_other_intake(serve, set);
        flow_swap(flow, set);
        serve_say_in_force(set);
    } else {
        log_line("the new set is refused, %.8s stays in force:",
                 flow_set(flow)->hash);
    }
    flow_record_reload(flow, set, problems);
    for (size_t i = 0; i < problems->len; i++)
        log_problem(&problems->items[i]);
}

/* What may not be in force, or is already, and was said so, is no news. */
static bool is_news(const struct serve *serve, const struct set *set,
                    const struct problems *problems)
{
    const struct set *old = flow_set(engine_flow(serve->engine));

    return set ? strcmp(set->hash, old->hash) != 0
               : !same_problems(problems, &serve->refused);
}

static bool reload(struct serve *serve, bool only_news)
{
    struct problems problems = {0};
    struct set *set = load(serve, &problems);
    bool done = set != NULL;

    if (!only_news || is_news(serve, set, &problems))
        take_set(serve, set, &problems);
    else if (done && serve->refused.len)
        log_line("the site is as it is in force again");
    if (done) {
        problems_free(&problems);
        problems = (struct problems){0};
    }
    keep_refused(serve, &problems);
    set_unref(set);
    return done;
}

bool serve_reload(struct serve *serve)
{
    return reload(serve, false);
}

void serve_look_again(void *arg)
{
    struct serve *serve = arg;

    if (!serve->draining)
        reload(serve, true);
}

const struct problems *serve_refused(const struct serve *serve)
{
    return &serve->refused;
}

int64_t serve_since(const struct serve *serve)
{
    return serve->since;
}
