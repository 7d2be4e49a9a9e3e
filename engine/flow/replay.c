#include "flow/replay_inner.h"

#include "base/alloc.h"
#include "flow/resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- sets --------------------------------------------------------------- */

static void replay_set_free(struct replay_set *in)
{
    for (size_t i = 0; in->set && i < in->set->npolicies; i++)
        policy_state_free(in->states[i]);
    free(in->states);
    set_unref(in->set);
    free(in);
}

static struct replay_set *take_set(struct replay *replay, const char *hash)
{
    struct replay_set *in = ALLOC(struct replay_set);

    snprintf(in->hash, sizeof in->hash, "%s", hash);
    in->set = left_set(replay->config.journal, replay->config.site, hash,
                       SET_PAST, &in->why);
    if (in->set)
        in->states =
            alloc_zeroed(in->set->npolicies + 1, sizeof(struct policy_state *));
    return in;
}

/* The run's, moved to the front. */
static struct replay_set *find_set(struct replay *replay, const char *hash)
{
    struct replay_set *found;
    size_t at = 0;

    while (at < replay->nsets && strcmp(replay->sets[at]->hash, hash) != 0)
        at++;
    if (at == SETS_MAX)
        replay_set_free(replay->sets[--at]);
    else if (at == replay->nsets)
        replay->nsets++;
    else
        hash = NULL;
    found = hash ? take_set(replay, hash) : replay->sets[at];
    memmove(replay->sets + 1, replay->sets, at * sizeof(struct replay_set *));
    return replay->sets[0] = found;
}

/* ---- a run -------------------------------------------------------------- */

static int say_lost(struct replay *replay, struct str why)
{
    return replay_say(replay,
                      &(struct replayed){.verdict = REPLAY_LOST, .why = why});
}

static int say_same(struct replay *replay)
{
    return replay_say(replay, &(struct replayed){.verdict = REPLAY_SAME});
}

static int replay_with_policy(struct replay *replay, struct replay_set *in)
{
    const struct left_run *run = &replay->run;
    struct error error = {0};
    struct alarm *alarm;
    size_t index = 0;
    int code;

    while (index < in->set->npolicies &&
           strcmp(in->set->policies[index]->name, run->policy) != 0)
        index++;
    if (index == in->set->npolicies)
        return say_lost(replay, str_of("its set has no policy of that name"));
    if (!run->has_alarm)
        return say_lost(replay, str_of("the journal has its alarm no more"));
    alarm = left_alarm_again(&run->alarm, in->set, &error);
    if (!alarm)
        return say_lost(replay, str_of(error.text));
    code = replay_policy(replay, in, index, alarm);
    alarm_unref(alarm);
    return code;
}

/* Read and written again it has to be the same. NULL: it is; else what it
 * would be now, which the caller frees. */
static char *read_again(const struct set *set, struct str text)
{
    struct json_doc *doc = json_parse(text, "journal", 0, NULL);
    bool whole;
    struct request *request =
        doc ? request_again(json_root(doc), set, &whole) : NULL;
    struct buf now = {0};
    bool same = request && request_is(request, text, &now);

    if (!request)
        buf_add_text(&now, "no request of an action of its set");
    request_free(request);
    json_free(doc);
    if (!same)
        return buf_take(&now);
    buf_free(&now);
    return NULL;
}

static int replay_single(struct replay *replay, struct replay_set *in)
{
    const struct left_run *run = &replay->run;
    struct str text =
        buf_str(run->nsteps ? &run->steps[0].request : &run->request);
    char *now;
    int code;

    if (!text.len)
        return replay_say(replay,
                          &(struct replayed){.verdict = REPLAY_UNASKED});
    now = read_again(in->set, text);
    replay->course.same = !now;
    if (!now)
        return say_same(replay);
    code = replay_say(replay,
                      &(struct replayed){.verdict = REPLAY_DIFFERS,
                                         .step = 1,
                                         .now = str_of(now),
                                         .recorded = text,
                                         .why = str_of("another request")});
    free(now);
    return code;
}

static int replay_run(struct replay *replay)
{
    const struct left_run *run = &replay->run;
    struct replay_set *in;

    if (!replay->outcome)
        return replay_say(replay, &(struct replayed){.verdict = REPLAY_OPEN});
    if (run->unreadable)
        return say_lost(replay, str_of(run->unreadable));
    in = find_set(replay, run->set);
    if (!in->set)
        return say_lost(replay, str_of(in->why.text));
    return run->policy ? replay_with_policy(replay, in)
                       : replay_single(replay, in);
}

/* ---- reading ------------------------------------------------------------ */

static int on_run(void *arg, const struct journal_replay_row *row)
{
    struct replay *replay = arg;

    left_run_take(&replay->run, &row->run);
    replay->outcome = alloc_text(row->outcome);
    replay->error = alloc_text(row->error);
    return 0;
}

static int on_step(void *arg, const struct journal_step_row *row)
{
    struct replay *replay = arg;

    return left_run_add_step(&replay->run, row);
}

static void forget_run(struct replay *replay)
{
    left_run_clear(&replay->run);
    free(replay->outcome);
    free(replay->error);
    replay->outcome = replay->error = NULL;
    course_clear(&replay->course);
}

static int on_end(void *arg)
{
    struct replay *replay = arg;
    int code = replay_run(replay);

    forget_run(replay);
    return code;
}

struct replay *replay_new(const struct replay_config *config)
{
    struct replay *replay = ALLOC(struct replay);

    replay->config = *config;
    return replay;
}

int64_t replay_runs(struct replay *replay, const struct journal_replay *what,
                    struct error *error)
{
    struct journal_replay all = *what;
    int64_t count;

    all.run = on_run;
    all.step = on_step;
    all.end = on_end;
    all.arg = replay;
    count = journal_read_replay(replay->config.journal, &all, error);
    forget_run(replay);
    return count;
}

void replay_free(struct replay *replay)
{
    if (!replay)
        return;
    for (size_t i = 0; i < replay->nsets; i++)
        replay_set_free(replay->sets[i]);
    free(replay);
}
