#include "exec/pool.h"

#include "base/alloc.h"
#include "base/crash.h"
#include "base/log.h"
#include "exec/orphans.h"
#include "exec/resolve.h"
#include "exec/seat.h"
#include "exec/steps.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    /* A job's time-out and grace, 10 s in which its slot kills, 1 s in which
     * it reads: a slot that is silent for so much longer was stopped or hangs,
     * and is killed. */
    SLOT_PATIENCE_MS = 20 * 1000,
    /* Each secret may have to be asked for before the job starts. */
    LOOKUP_MS = RESOLVE_TIMEOUT_MS + RESOLVE_GRACE_MS + 11 * 1000,
    /* Orphans have 10 s more; an executor that ends waits for both. */
    END_PATIENCE_MS = SLOT_PATIENCE_MS + 15 * 1000,
};

/* One slot. */
struct slot {
    struct pool *pool;
    struct seat *seat; /* its process, which frees itself */
    struct step *step; /* the pool's; NULL when idle */
    struct slot *next;
};

struct pool {
    uv_loop_t *loop;
    struct pool_events events;
    struct slot *slots; /* owned; most recently used first */
    struct steps steps; /* owned */
    pid_t engine;
    struct tree_spares spares;
    struct orphans *orphans; /* owned */
    uv_timer_t watch;        /* looks for slots that are overdue */
    uv_timer_t end_timer;
    bool ending, ended;
};

/* ---- Steps ------------------------------------------------------------ */

static void say(struct pool *pool, const struct step *step)
{
    pool->events.frame(pool->events.arg, buf_str(&step->result));
}

/* Not kept: a step that is not known has not started. */
static void refuse(struct pool *pool, const char *name, const char *why)
{
    struct buf frame = steps_result(name, VERDICT_NOT_STARTED, why);

    pool->events.frame(pool->events.arg, buf_str(&frame));
    buf_free(&frame);
}

/* What was in a slot that is gone is answered when nothing of it is left. */
static void say_lost(struct pool *pool)
{
    for (struct step *step = pool->steps.first; step; step = step->next) {
        if (step->slot || step->result.len)
            continue;
        step->result = steps_result(step->name, VERDICT_LOST, NULL);
        say(pool, step);
    }
}

/* ---- Slots ------------------------------------------------------------ */

static void unlink_slot(struct slot *slot)
{
    struct slot **at = &slot->pool->slots;

    while (*at != slot)
        at = &(*at)->next;
    *at = slot->next;
}

static void put_first(struct slot *slot)
{
    unlink_slot(slot);
    slot->next = slot->pool->slots;
    slot->pool->slots = slot;
}

static void end_surplus(struct pool *pool)
{
    size_t idle = 0;

    for (struct slot *slot = pool->slots; slot; slot = slot->next) {
        if (!slot->step && !seat_is_let_go(slot->seat) &&
            ++idle > POOL_SLOTS_IDLE)
            seat_let_go(slot->seat);
    }
}

static int not_its_step(struct error *error)
{
    return error_set(error, ERROR_INVALID,
                     "a slot answered for a step that it does not run");
}

static bool runs(const struct slot *slot, const char *name)
{
    return slot->step && strcmp(slot->step->name, name) == 0;
}

static int on_output(struct slot *slot, struct str frame, struct error *error)
{
    struct output output = {0};
    bool right;
    int status = frame_read_output(frame, &output, error);

    if (status)
        return status;
    right = runs(slot, output.step);
    output_clear(&output);
    if (!right)
        return not_its_step(error);
    slot->pool->events.frame(slot->pool->events.arg, frame);
    return 0;
}

static int on_result(struct slot *slot, struct str frame, struct error *error)
{
    struct step *step = slot->step;
    struct result result = {0};
    bool right;
    int status = frame_read_result(frame, &result, error);

    if (status)
        return status;
    right = runs(slot, result.step);
    result_clear(&result);
    if (!right)
        return not_its_step(error);
    CRASH(EXECUTOR_RESULT_TAKEN);
    buf_add_str(&step->result, frame);
    step->slot = NULL;
    slot->step = NULL;
    seat_expect(slot->seat, SEAT_EXPECT_NOTHING);
    put_first(slot);
    say(slot->pool, step);
    CRASH(EXECUTOR_RESULT_SAID);
    end_surplus(slot->pool);
    return 0;
}

static int on_frame(void *arg, struct str frame, struct error *error)
{
    if (frame_type(frame) == FRAME_OUTPUT)
        return on_output(arg, frame, error);
    return on_result(arg, frame, error);
}

static void end_when_empty(struct pool *pool)
{
    if (!pool->ending || pool->ended || pool->slots ||
        orphans_left(pool->orphans))
        return;
    pool->ended = true;
    uv_timer_stop(&pool->end_timer);
    pool->events.ended(pool->events.arg);
}

static void on_gone(void *arg, bool clean)
{
    struct slot *slot = arg;
    struct pool *pool = slot->pool;

    if (slot->step)
        slot->step->slot = NULL;
    if (slot->step || !clean)
        orphans_kill(pool->orphans);
    unlink_slot(slot);
    free(slot);
    end_when_empty(pool);
}

static struct slot *new_slot(struct pool *pool, struct error *error)
{
    struct slot *slot = ALLOC(struct slot);

    if (seat_start(&slot->seat, pool->loop,
                   &(struct seat_events){on_frame, on_gone, slot}, error) < 0) {
        free(slot);
        return NULL;
    }
    slot->pool = pool;
    slot->next = pool->slots;
    pool->slots = slot;
    return slot;
}

static void set_job_deadline(struct slot *slot, const struct job *job)
{
    uint64_t ms;

    uint64_t asking = job->nsecrets * LOOKUP_MS;

    if (__builtin_add_overflow(job->timeout, job->grace, &ms) ||
        __builtin_add_overflow(ms, asking, &ms) ||
        __builtin_add_overflow(ms, SLOT_PATIENCE_MS, &ms))
        ms = UINT64_MAX;
    seat_expect(slot->seat, ms);
}

/* The one used last, so that its memory is warm and the others can end. */
static struct slot *take_slot(struct pool *pool, struct error *error)
{
    size_t running = 0;

    for (struct slot *slot = pool->slots; slot; slot = slot->next) {
        if (!slot->step && !seat_is_let_go(slot->seat))
            return slot;
        running += slot->step != NULL;
    }
    if (running >= POOL_SLOTS_MAX) {
        error_set(error, ERROR_LIMIT,
                  "too many jobs: %d run already, and more would overload "
                  "this host",
                  POOL_SLOTS_MAX);
        return NULL;
    }
    return new_slot(pool, error);
}

/* ---- What the engine says --------------------------------------------- */

/* Takes the job's name out of it. */
static void start_step(struct pool *pool, struct str frame, struct job *job)
{
    struct error error;
    struct slot *slot;

    /* A new engine sends again what may never have arrived. */
    if (steps_find(&pool->steps, job->step))
        return;
    if (pool->steps.len >= POOL_STEPS_MAX) {
        refuse(pool, job->step, "too many results wait to be forgotten");
        return;
    }
    slot = take_slot(pool, &error);
    if (!slot) {
        refuse(pool, job->step, error.text);
        return;
    }
    CRASH(EXECUTOR_JOB_TAKEN);
    slot->step = steps_add(&pool->steps, job->step, slot);
    job->step = NULL;
    put_first(slot);
    set_job_deadline(slot, job);
    seat_send(slot->seat, frame);
    CRASH(EXECUTOR_JOB_PASSED);
}

static int on_job(struct pool *pool, struct str frame, struct error *error)
{
    struct job job = {0};
    int status = frame_read_job(frame, &job, error);

    if (status)
        return status;
    if (!pool->ending)
        start_step(pool, frame, &job);
    job_clear(&job);
    return 0;
}

static int on_step(struct pool *pool, struct str frame, struct error *error)
{
    char *name;
    struct step *step;
    int status = frame_read_step(frame, &name, error);

    if (status)
        return status;
    step = steps_find(&pool->steps, name);
    if (!step && frame_type(frame) == FRAME_AWAIT)
        refuse(pool, name, "it had not been sent");
    free(name);
    if (!step)
        return 0;
    if (frame_type(frame) == FRAME_FORGET && step->result.len) {
        steps_drop(&pool->steps, step);
        CRASH(EXECUTOR_RESULT_FORGOTTEN);
    } else if (frame_type(frame) == FRAME_CANCEL && step->slot)
        seat_send(step->slot->seat, frame);
    return 0;
}

int pool_frame(struct pool *pool, struct str frame, struct error *error)
{
    switch (frame_type(frame)) {
    case FRAME_JOB:
        return on_job(pool, frame, error);
    case FRAME_AWAIT:
    case FRAME_CANCEL:
    case FRAME_FORGET:
        return on_step(pool, frame, error);
    default:
        return error_set(error, ERROR_INVALID, "an executor takes no frame %d",
                         frame_type(frame));
    }
}

void pool_repeat(struct pool *pool)
{
    for (struct step *step = pool->steps.first; step; step = step->next) {
        if (step->result.len)
            say(pool, step);
    }
}

/* ---- The pool --------------------------------------------------------- */

static bool is_spared(void *arg, pid_t pid)
{
    const struct pool *pool = arg;

    if (pid == pool->engine)
        return true;
    for (const struct slot *slot = pool->slots; slot; slot = slot->next) {
        if (seat_pid(slot->seat) == pid)
            return true;
    }
    return false;
}

static void on_orphans_gone(void *arg)
{
    struct pool *pool = arg;

    say_lost(pool);
    end_when_empty(pool);
}

struct pool *pool_new(uv_loop_t *loop, const struct pool_events *events)
{
    struct pool *pool = ALLOC(struct pool);

    pool->loop = loop;
    pool->events = *events;
    pool->spares = (struct tree_spares){is_spared, pool};
    pool->orphans = orphans_new(
        loop, &pool->spares, &(struct orphans_events){on_orphans_gone, pool});
    uv_timer_init(loop, &pool->end_timer);
    pool->end_timer.data = pool;
    return pool;
}

void pool_spare(struct pool *pool, pid_t engine)
{
    pool->engine = engine;
}

static void on_end_patience_over(uv_timer_t *timer)
{
    struct pool *pool = timer->data;

    log_line("a slot does not end; what it runs may be left behind");
    pool->ended = true;
    pool->events.ended(pool->events.arg);
}

void pool_end(struct pool *pool)
{
    assert(!pool->ending);
    pool->ending = true;
    uv_update_time(pool->loop);
    for (struct slot *slot = pool->slots; slot; slot = slot->next) {
        seat_let_go(slot->seat);
        seat_expect(slot->seat, SLOT_PATIENCE_MS);
    }
    uv_timer_start(&pool->end_timer, on_end_patience_over, END_PATIENCE_MS, 0);
    end_when_empty(pool);
}

static void have_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void pool_free(struct pool *pool)
{
    assert(pool->ended);
    steps_free(&pool->steps);
    orphans_free(pool->orphans);
    uv_close((uv_handle_t *)&pool->end_timer, have_closed);
}
