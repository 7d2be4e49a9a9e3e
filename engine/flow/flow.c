#include "flow/flow_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "flow/keep.h"
#include "flow/lease.h"
#include "flow/schedule.h"
#include "journal/approval.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- turns ------------------------------------------------------------- */

static struct task take_task(struct flow *flow)
{
    struct task task = flow->tasks[flow->first];

    flow->first = (flow->first + 1) % flow->tasks_cap;
    flow->ntasks--;
    return task;
}

static void turn(uv_idle_t *handle)
{
    struct flow *flow = handle->data;

    flow_flush(flow);
    flow_flush_refused(flow);
    for (int i = 0; i < FLOW_TURN_MAX && flow->ntasks; i++) {
        struct task task = take_task(flow);

        task.run->tasks--;
        run_task(task.run, task.step);
        run_consider(task.run);
        run_unref(task.run);
    }
    if (!flow->filling && !flow->ntasks)
        uv_idle_stop(&flow->turn);
    flow_note(flow);
}

void flow_wake(struct flow *flow)
{
    if (!flow->closing)
        uv_idle_start(&flow->turn, turn);
}

static void grow_tasks(struct flow *flow)
{
    size_t cap = flow->tasks_cap ? 2 * flow->tasks_cap : 64;
    struct task *tasks = alloc_zeroed(cap, sizeof *tasks);

    for (size_t i = 0; i < flow->ntasks; i++)
        tasks[i] = flow->tasks[(flow->first + i) % flow->tasks_cap];
    free(flow->tasks);
    flow->tasks = tasks;
    flow->tasks_cap = cap;
    flow->first = 0;
}

void flow_add_task(struct flow *flow, struct run *run, unsigned step)
{
    if (flow->ntasks == flow->tasks_cap)
        grow_tasks(flow);
    run->refs++;
    run->tasks++;
    flow->tasks[(flow->first + flow->ntasks++) % flow->tasks_cap] =
        (struct task){run, step};
    flow_wake(flow);
}

/* ---- what is going on -------------------------------------------------- */

bool flow_ready(const struct flow *flow)
{
    return !flow->stopped && !flow->full && flow->open < FLOW_BUSY_MAX &&
           flow->undecided < FLOW_UNDECIDED_MAX &&
           flow->undecided_bytes < FLOW_UNDECIDED_BYTES;
}

/* After a stop runs stay open; what counts is that no action is under way. */
bool flow_idle(const struct flow *flow)
{
    size_t writes = flow->writes - keeping_writes(flow->keeping);

    if (flow->filling || flow->ntasks || writes || flow->refused.count)
        return false;
    return flow->stopped ? !gate_running(flow->config.gate)
                         : !flow->open && !keeping_owes(flow->keeping);
}

void flow_note(struct flow *flow)
{
    bool ready, news;

    keeping_turn(flow->keeping);
    ready = flow_ready(flow);
    news = (ready && !flow->was_ready) || flow_idle(flow);
    flow->was_ready = ready;
    if (news && !flow->closing && flow->config.events.changed)
        flow->config.events.changed(flow->config.events.arg);
}

int64_t flow_full_since(const struct flow *flow)
{
    return flow->full;
}

size_t flow_open(const struct flow *flow)
{
    return flow->open;
}

const struct flow_counts *flow_counts(const struct flow *flow)
{
    return &flow->counts;
}

const struct positions *flow_positions(const struct flow *flow)
{
    return &flow->positions;
}

struct set *flow_set(const struct flow *flow)
{
    return flow->home->set;
}

void flow_swap(struct flow *flow, struct set *set)
{
    struct home *old = flow->home;

    /* What was offered is matched against the set in force when it is
     * committed. A set of the same hash takes the old one's place too: what
     * is installed on this host may be another by now. */
    flow->home = home_new(flow, set);
    flow->in_force = false;
    gate_set_guards(flow->config.gate, set->guards);
    schedule_swap(flow->schedule, clock_now());
    lease_rearm(flow);
    home_drop(flow, old);
}

void flow_schedule(struct flow *flow)
{
    schedule_start(flow->schedule, clock_now(), true);
    flow->looks.on = true;
    lease_rearm(flow);
}

void flow_stop(struct flow *flow)
{
    schedule_stop(flow->schedule);
    uv_timer_stop(&flow->wait);
    dues_stop(flow->dues);
    flow->stopped = true;
    gate_stop(flow->config.gate);
    flow_wake(flow);
}

/* ---- its life ---------------------------------------------------------- */

static int read_state(struct flow *flow, struct error *error)
{
    struct journal *journal = flow->config.journal;

    flow->next_run = journal_read_next_run(journal);
    flow->next_approval = journal_read_next_approval(journal);
    if (flow->next_run < 0 || flow->next_approval < 0)
        return error_set(error, ERROR_SYSTEM,
                         "the runs and approvals of the journal cannot be "
                         "read");
    return positions_read(&flow->positions, journal, error);
}

int flow_new(struct flow **flow, const struct flow_config *config,
             struct error *error)
{
    struct flow *new = ALLOC(struct flow);
    int err;

    new->config = *config;
    new->config.set = NULL;
    new->quarantine = alloc_text(config->quarantine);
    new->quarantine_fd = -1;
    err = read_state(new, error);
    if (err) {
        positions_free(&new->positions);
        free(new->quarantine);
        free(new);
        return err;
    }
    uv_idle_init(config->loop, &new->turn);
    new->turn.data = new;
    new->thresholds = thresholds_new();
    new->home = home_new(new, config->set);
    gate_set_guards(config->gate, config->set->guards);
    new->schedule = schedule_new(new);
    new->dues = dues_new(config->loop);
    new->keeping = keeping_new(new);
    uv_timer_init(config->loop, &new->wait);
    new->wait.data = new;
    new->handles = 4;
    new->was_ready = true;
    *flow = new;
    return 0;
}

static void destroy(struct flow *flow)
{
    while (flow->ntasks)
        run_unref(take_task(flow).run);
    while (flow->runs) {
        flow->runs->refs = 1;
        run_unref(flow->runs);
    }
    while (flow->homes)
        home_free(flow, flow->homes);
    if (flow->quarantine_fd >= 0)
        close(flow->quarantine_fd);
    thresholds_free(flow->thresholds);
    schedule_free(flow->schedule);
    lease_free_keepers(flow);
    positions_free(&flow->positions);
    keeping_free(flow->keeping);
    free(flow->tasks);
    free(flow->quarantine);
    free(flow);
}

static void destroy_if_unused(struct flow *flow)
{
    if (flow->closing && !flow->handles && !flow->writes)
        destroy(flow);
}

static void closed(void *arg)
{
    struct flow *flow = arg;

    flow->handles--;
    destroy_if_unused(flow);
}

static void handle_closed(uv_handle_t *handle)
{
    closed(handle->data);
}

void flow_free(struct flow *flow)
{
    if (!flow)
        return;
    flow_flush(flow);
    flow->refused.writing = false; /* the last of them need not wait */
    flow_flush_refused(flow);
    lease_forget(flow);
    flow->stopped = true;
    flow->closing = true;
    uv_close((uv_handle_t *)&flow->turn, handle_closed);
    uv_close((uv_handle_t *)&flow->wait, handle_closed);
    schedule_close(flow->schedule, handle_closed);
    dues_close(flow->dues, closed, flow);
}

void flow_write(struct flow *flow)
{
    flow->writes++;
}

bool flow_written(struct flow *flow)
{
    assert(flow->writes);
    flow->writes--;
    if (!flow->closing)
        return true;
    destroy_if_unused(flow);
    return false;
}
