#include "flow/schedule.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LATE = 60 * 1000 }; /* ms: from then on it is said that it is late */

/* A policy with its place in time. */
struct entry {
    char *policy, *every; /* owned: as the journal has them */
    int64_t last;         /* the last instant that was run or passed over */
    int64_t next;
    size_t index;  /* of the policy in the set in force */
    bool offered;  /* an alarm of it is not committed yet */
    size_t passed; /* instants, since its run was still open */
};
struct entries { /* sorted by policy */
    struct entry *items;
    size_t len, cap;
};

struct schedule {
    struct flow *flow;
    struct entries entries; /* once started: of the set in force */
    size_t *heap;           /* owned: numbers of entries, the next one first */
    int64_t seen;           /* the clock at the last turn */
    uv_timer_t timer;
    bool started, driven;
};

static void entries_free(struct entries *entries)
{
    for (size_t i = 0; i < entries->len; i++) {
        free(entries->items[i].policy);
        free(entries->items[i].every);
    }
    free(entries->items);
    *entries = (struct entries){0};
}

static struct entry *add(struct entries *entries, const char *policy,
                         const char *every, int64_t last)
{
    struct entry *entry;

    entries->items = alloc_grown(entries->items, entries->len, &entries->cap,
                                 sizeof *entries->items);
    entry = &entries->items[entries->len++];
    *entry = (struct entry){
        .policy = alloc_text(policy), .every = alloc_text(every), .last = last};
    return entry;
}

static int by_policy(const void *name, const void *entry)
{
    return strcmp(name, ((const struct entry *)entry)->policy);
}

static struct entry *find(const struct entries *entries, const char *policy)
{
    return entries->len ? bsearch(policy, entries->items, entries->len,
                                  sizeof *entries->items, by_policy)
                        : NULL;
}

/* ---- what is next ------------------------------------------------------ */

static struct entry *at(const struct schedule *schedule, size_t place)
{
    return &schedule->entries.items[schedule->heap[place]];
}

static const struct every *due_of(const struct schedule *schedule,
                                  const struct entry *entry)
{
    return &schedule->flow->home->set->policies[entry->index]->due;
}

/* Puts the heap in order again where the one at `place` was too early. */
static void sink(struct schedule *schedule, size_t place)
{
    size_t len = schedule->entries.len;

    for (;;) {
        size_t first = place, child = 2 * place + 1;
        size_t number = schedule->heap[place];

        for (size_t i = child; i < len && i < child + 2; i++)
            if (at(schedule, i)->next < at(schedule, first)->next)
                first = i;
        if (first == place)
            return;
        schedule->heap[place] = schedule->heap[first];
        schedule->heap[first] = number;
        place = first;
    }
}

static void build_heap(struct schedule *schedule)
{
    size_t len = schedule->entries.len;

    free(schedule->heap);
    schedule->heap = alloc_zeroed(len + 1, sizeof *schedule->heap);
    for (size_t i = 0; i < len; i++)
        schedule->heap[i] = i;
    for (size_t i = len / 2; i-- > 0;)
        sink(schedule, i);
}

/* ---- alarms ------------------------------------------------------------ */

static struct alarm *make_alarm(const struct schedule *schedule,
                                const char *policy, int64_t instant,
                                int64_t now)
{
    const struct source *source = schedule->flow->home->set->schedule;
    struct buf raw = {0};
    struct alarm *alarm = NULL;
    char when[CLOCK_TEXT];
    int made;

    clock_format(instant, when);
    /* A policy's name needs no escapes. */
    buf_printf(&raw,
               "{\"AlarmId\":\"%s@%s\",\"AlarmRuleName\":\"schedule: %s\","
               "\"AlarmDate\":\"%s\",\"policy\":\"%s\"}",
               policy, when, policy, when, policy);
    made = source_decode(source, buf_str(&raw), now, &alarm, NULL);
    assert(made == 1);
    (void)made;
    alarm_identify(alarm, "", 0);
    buf_free(&raw);
    return alarm;
}

static char *policy_of(const struct alarm *alarm)
{
    const struct json *name = json_member(alarm->record, "policy");

    return str_copy(name && name->type == JSON_TEXT ? name->as.text
                                                    : str_of(""));
}

bool schedule_made(const struct alarm *alarm)
{
    return !strcmp(alarm->source, SET_SCHEDULE);
}

static int by_name(const void *name, const void *policy)
{
    return strcmp(name, (*(const struct policy *const *)policy)->name);
}

size_t schedule_policy(const struct set *set, const struct alarm *alarm)
{
    char *name = policy_of(alarm);
    struct policy **found = bsearch(name, set->policies, set->npolicies,
                                    sizeof(struct policy *), by_name);

    free(name);
    return found && (*found)->every ? (size_t)(found - set->policies)
                                    : FLOW_NO_POLICY;
}

void schedule_taken(struct schedule *schedule, const struct alarm *alarm)
{
    struct entry *entry;
    char *name;

    if (!schedule_made(alarm))
        return;
    name = policy_of(alarm);
    entry = find(&schedule->entries, name);
    if (entry)
        entry->offered = false;
    free(name);
}

/* ---- a due instant ----------------------------------------------------- */

/* A run of the policy that is still open, or NULL. */
static const struct run *open_run(const struct flow *flow, const char *policy)
{
    for (const struct run *run = flow->runs; run; run = run->next)
        if (!run->over && run->name && !strcmp(run->name, policy))
            return run;
    return NULL;
}

static void say_passed(struct entry *entry, const char *when,
                       const struct run *run)
{
    entry->passed++;
    log_line("policy %s: %s is passed over, since %s%s is still open (%zu "
             "passed over since the start)",
             entry->policy, when, run ? "run " : "its last alarm",
             run ? run->id : "", entry->passed);
}

static void say_late(const struct entry *entry, const char *when, bool several,
                     int64_t now)
{
    if (several)
        log_line("policy %s: several instants were missed; the latest, %s, "
                 "runs now",
                 entry->policy, when);
    else if (now - entry->last > LATE)
        log_line("policy %s: %s was missed, and runs now", entry->policy, when);
}

static void write_entry(struct schedule *schedule, const struct entry *entry)
{
    journal_write_schedule(schedule->flow->config.journal,
                           &(struct journal_schedule_row){
                               entry->policy, entry->every, entry->last},
                           NULL, NULL);
}

/* Of several instants that were missed only the latest one is run. */
static void run_entry(struct schedule *schedule, struct entry *entry,
                      int64_t now)
{
    struct flow *flow = schedule->flow;
    const struct every *due = due_of(schedule, entry);
    const struct run *open = open_run(flow, entry->policy);
    bool several = every_latest(due, now) != entry->next;
    char when[CLOCK_TEXT];

    entry->last = every_latest(due, now);
    entry->next = every_next(due, now);
    clock_format(entry->last, when);
    if (open || entry->offered) {
        say_passed(entry, when, open);
    } else {
        say_late(entry, when, several, now);
        entry->offered = true;
        flow_add_alarm(flow,
                       make_alarm(schedule, entry->policy, entry->last, now),
                       now, SET_SCHEDULE, 0);
    }
    /* Behind the alarm: cut off between the two, the instant is offered once
     * more, and recognised. */
    flow_flush(flow);
    write_entry(schedule, entry);
}

/* An instant that was run already is recognised by its alarm's id. */
static void begin_again(struct schedule *schedule, int64_t now)
{
    for (size_t i = 0; i < schedule->entries.len; i++) {
        struct entry *entry = &schedule->entries.items[i];

        if (entry->last > now)
            entry->last = now;
        entry->next = every_next(due_of(schedule, entry), entry->last);
    }
    build_heap(schedule);
}

int64_t schedule_turn(struct schedule *schedule, int64_t now)
{
    int64_t soonest = now + SCHEDULE_NAP;

    if (now < schedule->seen)
        begin_again(schedule, now);
    schedule->seen = now;
    while (schedule->entries.len && at(schedule, 0)->next <= now) {
        run_entry(schedule, at(schedule, 0), now);
        sink(schedule, 0);
    }
    if (schedule->entries.len && at(schedule, 0)->next < soonest)
        soonest = at(schedule, 0)->next;
    return soonest;
}

/* ---- its life ---------------------------------------------------------- */

static void arm(struct schedule *schedule);

static void on_timer(uv_timer_t *timer)
{
    arm(timer->data);
}

static void arm(struct schedule *schedule)
{
    int64_t now = clock_now();
    int64_t next = schedule_turn(schedule, now);

    uv_update_time(schedule->timer.loop);
    uv_timer_start(&schedule->timer, on_timer, (uint64_t)(next - now), 0);
}

struct schedule *schedule_new(struct flow *flow)
{
    struct schedule *schedule = ALLOC(struct schedule);

    schedule->flow = flow;
    uv_timer_init(flow->config.loop, &schedule->timer);
    schedule->timer.data = schedule;
    return schedule;
}

void schedule_close(struct schedule *schedule, uv_close_cb closed)
{
    schedule->timer.data = schedule->flow;
    uv_close((uv_handle_t *)&schedule->timer, closed);
}

void schedule_free(struct schedule *schedule)
{
    entries_free(&schedule->entries);
    free(schedule->heap);
    free(schedule);
}

static int on_row(void *arg, const struct journal_schedule_row *row)
{
    add(arg, row->policy, row->every, row->due);
    return 0;
}

int schedule_read(struct schedule *schedule, struct error *error)
{
    return journal_read_schedules(schedule->flow->config.journal, on_row,
                                  &schedule->entries, error);
}

/* The place that the policy had, where its `every` is the same. */
static void take_over(struct schedule *schedule, struct entries *entries,
                      const struct policy *policy, size_t index, int64_t now)
{
    const struct entry *old = find(&schedule->entries, policy->name);
    bool same = old && !strcmp(old->every, policy->every);
    struct entry *entry =
        add(entries, policy->name, policy->every, same ? old->last : now);

    entry->index = index;
    entry->offered = old && old->offered;
    if (!same)
        write_entry(schedule, entry);
}

void schedule_swap(struct schedule *schedule, int64_t now)
{
    const struct set *set = schedule->flow->home->set;
    struct entries entries = {0};

    if (!schedule->started)
        return;
    for (size_t i = 0; i < set->npolicies; i++)
        if (set->policies[i]->every)
            take_over(schedule, &entries, set->policies[i], i, now);
    entries_free(&schedule->entries);
    schedule->entries = entries;
    begin_again(schedule, now);
    if (schedule->driven)
        arm(schedule);
}

void schedule_start(struct schedule *schedule, int64_t now, bool drive)
{
    schedule->started = true;
    schedule->driven = drive;
    schedule->seen = now;
    schedule_swap(schedule, now);
}

void schedule_stop(struct schedule *schedule)
{
    schedule->started = false;
    uv_timer_stop(&schedule->timer);
}
