#include "flow/replay_inner.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* ---- the policy's side -------------------------------------------------- */

/* Nobody handed that over: a person had to decide first. */
static bool was_lost(const struct request *request, const struct answer *answer)
{
    return answer->status == STEP_UNKNOWN && request->kind == REQUEST_ACTION &&
           request->action->kind == ACTION_REMEDIATION;
}

/* Did the policy itself come to the end? */
static bool by_itself(const struct replay *replay)
{
    return !strcmp(replay->outcome, run_outcome_names[RUN_DONE]) ||
           !strcmp(replay->outcome, run_outcome_names[RUN_FAILED]);
}

static int remember_other(struct course *course, unsigned number,
                          const struct step *step)
{
    course->other = number;
    course->recorded = step ? buf_str(&step->request) : (struct str){0};
    return -1;
}

static int past(void *arg, unsigned number, const struct request *request,
                const struct answer **answer)
{
    struct replay *replay = arg;
    struct course *course = &replay->course;
    const struct left_run *run = &replay->run;
    const struct step *step =
        number <= run->nsteps ? &run->steps[number - 1] : NULL;

    buf_cut(&course->now, 0);
    if (!step || !step->request.len) {
        request_write(request, &course->now);
        return by_itself(replay) ? remember_other(course, number, NULL) : 0;
    }
    if (!request_is(request, buf_str(&step->request), &course->now))
        return remember_other(course, number, step);
    course->same++;
    course->asked = number;
    if (!step->answer || was_lost(request, step->answer))
        return 0;
    *answer = step->answer;
    return 1;
}

static void ask(void *arg, unsigned step, struct request *request)
{
    struct replay *replay = arg;

    (void)step;
    replay->course.stopped = true;
    request_free(request);
}

static void done(void *arg, enum run_outcome outcome, const char *error)
{
    struct replay *replay = arg;
    struct course *course = &replay->course;

    course->ended = true;
    course->outcome = outcome;
    course->error = alloc_text(error);
}

static const struct policy_events replay_events = {past, ask, done};

/* ---- verdicts ----------------------------------------------------------- */

int replay_say(struct replay *replay, const struct replayed *replayed)
{
    struct replayed said = *replayed;

    said.run = replay->run.number;
    said.policy = replay->run.policy;
    said.alarm = replay->run.has_alarm ? replay->run.alarm.id : NULL;
    said.requests = replay->course.same;
    return replay->config.each(replay->config.arg, &said);
}

/* lua/riposte/run.lua ends such a run with "PLACE: step N asks …". */
static struct str place_of(const struct course *course)
{
    const char *end = course->error ? strstr(course->error, ": step ") : NULL;

    return (struct str){course->error, end ? (size_t)(end - course->error) : 0};
}

/* It ended so then, too. */
static bool diverged_then(const struct replay *replay)
{
    const struct course *course = &replay->course;
    char *text = run_divergence(replay->run.number, course->other,
                                buf_str(&course->now), course->recorded);
    bool so = replay->error && !strcmp(replay->error, text);

    free(text);
    return so;
}

static int say_other(struct replay *replay)
{
    const struct course *course = &replay->course;

    if (!by_itself(replay) && diverged_then(replay))
        return replay_say(replay, &(struct replayed){.verdict = REPLAY_SAME});
    return replay_say(
        replay, &(struct replayed){.verdict = REPLAY_DIFFERS,
                                   .step = course->other,
                                   .place = place_of(course),
                                   .now = buf_str(&course->now),
                                   .recorded = course->recorded,
                                   .why = course->recorded.len
                                              ? str_of("another request")
                                              : str_of("a request more")});
}

/* The record has a step that the policy did not come to. */
static const struct step *unasked(const struct replay *replay)
{
    for (size_t i = replay->course.asked; i < replay->run.nsteps; i++)
        if (replay->run.steps[i].request.len)
            return &replay->run.steps[i];
    return NULL;
}

static void put_end(struct buf *buf, const char *outcome, const char *error)
{
    buf_add_text(buf, outcome);
    if (error)
        buf_printf(buf, ": %s", error);
}

static int say_end(struct replay *replay, struct str now, struct str recorded)
{
    const struct step *step = unasked(replay);

    if (!step)
        return replay_say(replay,
                          &(struct replayed){.verdict = REPLAY_DIFFERS,
                                             .now = now,
                                             .recorded = recorded,
                                             .why = str_of("another end")});
    return replay_say(replay,
                      &(struct replayed){
                          .verdict = REPLAY_DIFFERS,
                          .step = (unsigned)(step - replay->run.steps) + 1,
                          .now = now,
                          .recorded = buf_str(&step->request),
                          .why = str_of("a request less"),
                      });
}

/* A run that was cut off has to have asked all that its record has, unless it
 * is cut off once more: how much memory it takes depends on who else is in its
 * state, and on how its answers come. */
static bool ended_alike(const struct replay *replay, bool same_end)
{
    const struct course *course = &replay->course;

    if (by_itself(replay))
        return same_end && !unasked(replay);
    return !unasked(replay) || (course->ended && course->outcome == RUN_PARKED);
}

/* Stopped, or at its end. */
static int judge(struct replay *replay)
{
    const struct course *course = &replay->course;
    struct buf now = {0}, recorded = {0};
    int code;

    put_end(&now,
            course->ended ? run_outcome_names[course->outcome]
                          : "waiting for an answer that was not recorded",
            course->error);
    put_end(&recorded, replay->outcome, replay->error);
    code = ended_alike(replay, str_same(buf_str(&now), buf_str(&recorded)))
               ? replay_say(replay, &(struct replayed){.verdict = REPLAY_SAME})
               : say_end(replay, buf_str(&now), buf_str(&recorded));
    buf_free(&now);
    buf_free(&recorded);
    return code;
}

/* ------------------------------------------------------------------------- */

void course_clear(struct course *course)
{
    free(course->error);
    buf_free(&course->now);
    *course = (struct course){0};
}

/* Lets the policy go as far as its record. */
static void follow(struct replay *replay, struct policy_state *state,
                   struct alarm *alarm)
{
    policy_state_start(state, replay, alarm);
    if (!replay->course.ended)
        policy_state_drop(state, replay);
}

int replay_policy(struct replay *replay, struct replay_set *in, size_t index,
                  struct alarm *alarm)
{
    struct policy_state **state = &in->states[index];
    struct error error = {0};

    if (!*state && policy_state_new(state, in->set->policies[index],
                                    &replay_events, &error)) {
        done(replay, RUN_FAILED, error.text);
    } else {
        follow(replay, *state, alarm);
        if (policy_state_spent(*state) || policy_state_full(*state)) {
            policy_state_free(*state);
            *state = NULL;
        }
    }
    return replay->course.other ? say_other(replay) : judge(replay);
}
