#include "gate/budget.h"

#include "base/alloc.h"
#include "gate/budget_count.h"
#include "model/json_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_MS (INT64_C(1000) * 60 * 60 * 24 * GUARDS_WINDOW_DAYS_MAX)

enum { STEP_KEY = 48 }; /* two numbers, a point, NUL */

/* One remediation, from its reservation until no budget can count it. */
struct budget_use {
    struct budget_use *prev, *next; /* of the reserved, or the begun */
    char *plugin, *action;          /* owned */
    char *policy, *target;          /* owned, or NULL */
    bool begun;
    bool held; /* somebody may give it back yet */
    int64_t run;
    unsigned step;
    int64_t time;
};

struct uses {
    struct budget_use *head, *tail;
};

struct budgets {
    struct uses reserved;
    struct uses begun;     /* the earliest first */
    struct table *by_step; /* the begun: of each step the latest attempt */
    struct count *counts;  /* owned: one a rule, in the rules' order */
    size_t ncounts;
};

static void push(struct uses *uses, struct budget_use *use)
{
    use->prev = uses->tail;
    use->next = NULL;
    if (uses->tail)
        uses->tail->next = use;
    else
        uses->head = use;
    uses->tail = use;
}

static void cut(struct uses *uses, struct budget_use *use)
{
    if (use->prev)
        use->prev->next = use->next;
    else
        uses->head = use->next;
    if (use->next)
        use->next->prev = use->prev;
    else
        uses->tail = use->prev;
}

static struct budget_use *use_new(const char *plugin, const char *action,
                                  const char *policy, const char *target)
{
    struct budget_use *use = ALLOC(struct budget_use);

    use->plugin = alloc_text(plugin);
    use->action = alloc_text(action);
    use->policy = alloc_text(policy);
    use->target = alloc_text(target);
    return use;
}

/* It is in no list. */
static void use_free(struct budget_use *use)
{
    free(use->plugin);
    free(use->action);
    free(use->policy);
    free(use->target);
    free(use);
}

static struct count_what what_of(const struct budget_use *use)
{
    return (struct count_what){use->plugin, use->action, use->policy,
                               use->target};
}

/* ---- the budgets ------------------------------------------------------- */

struct budgets *budgets_new(void)
{
    struct budgets *budgets = ALLOC(struct budgets);

    budgets->by_step = table_new();
    return budgets;
}

static void forget_counts(struct budgets *budgets)
{
    for (size_t i = 0; i < budgets->ncounts; i++)
        count_clear(&budgets->counts[i]);
    free(budgets->counts);
    budgets->counts = NULL;
    budgets->ncounts = 0;
}

static void uses_free(struct uses *uses)
{
    struct budget_use *use, *next;

    for (use = uses->head; use; use = next) {
        next = use->next;
        use_free(use);
    }
    *uses = (struct uses){0};
}

void budgets_free(struct budgets *budgets)
{
    forget_counts(budgets);
    uses_free(&budgets->reserved);
    uses_free(&budgets->begun);
    table_free(budgets->by_step);
    free(budgets);
}

int64_t budgets_expired(int64_t now)
{
    return now - KEPT_MS;
}

static void step_key(int64_t run, unsigned step, char key[STEP_KEY])
{
    snprintf(key, STEP_KEY, "%" PRId64 ".%u", run, step);
}

static void file(struct budgets *budgets, struct budget_use *use, int64_t run,
                 unsigned step, int64_t time)
{
    char key[STEP_KEY];

    step_key(run, step, key);
    use->begun = true;
    use->run = run;
    use->step = step;
    use->time = time;
    push(&budgets->begun, use);
    table_put(budgets->by_step, str_of(key), use);
}

static void unfile(struct budgets *budgets, struct budget_use *use)
{
    char key[STEP_KEY];

    step_key(use->run, use->step, key);
    cut(&budgets->begun, use);
    if (table_get(budgets->by_step, str_of(key)) == use)
        table_remove(budgets->by_step, str_of(key));
}

bool budgets_counted(const struct budgets *budgets, int64_t run, unsigned step)
{
    char key[STEP_KEY];

    step_key(run, step, key);
    return table_get(budgets->by_step, str_of(key)) != NULL;
}

struct budget_use *budgets_take_up(struct budgets *budgets, int64_t run,
                                   unsigned step)
{
    char key[STEP_KEY];
    struct budget_use *use;

    step_key(run, step, key);
    use = table_get(budgets->by_step, str_of(key));
    if (use)
        use->held = true;
    return use;
}

void budgets_load(struct budgets *budgets, const struct journal_use *use)
{
    file(budgets, use_new(use->plugin, use->action, use->policy, use->target),
         use->run, use->step, use->time);
}

/* ---- rules ------------------------------------------------------------- */

/* Rules go by names; a remediation is what is counted at all. */
static bool concerns(const struct count *count, const struct count_what *what)
{
    const struct guards_scope *scope = &count->rule->scope;

    return guards_name(scope, what->plugin, what->action, what->policy);
}

/* Calls for the counters that count it. */
static void each_count(struct budgets *budgets, const struct count_what *what,
                       void (*call)(struct count *, const struct count_what *))
{
    for (size_t i = 0; i < budgets->ncounts; i++)
        if (concerns(&budgets->counts[i], what))
            call(&budgets->counts[i], what);
}

static void count_use(struct budgets *budgets, const struct budget_use *use)
{
    struct count_what what = what_of(use);

    for (size_t i = 0; i < budgets->ncounts; i++)
        if (concerns(&budgets->counts[i], &what))
            count_add(&budgets->counts[i], &what, use->time);
}

void budgets_set(struct budgets *budgets, const struct guards *guards,
                 int64_t now)
{
    size_t count = guards ? guards->nbudgets : 0;

    forget_counts(budgets);
    budgets->counts = alloc_zeroed(count + 1, sizeof *budgets->counts);
    budgets->ncounts = count;
    for (size_t i = 0; i < count; i++)
        count_init(&budgets->counts[i], &guards->budgets[i]);
    for (struct budget_use *use = budgets->begun.head; use; use = use->next)
        count_use(budgets, use);
    for (struct budget_use *use = budgets->reserved.head; use;
         use = use->next) {
        struct count_what what = what_of(use);

        each_count(budgets, &what, count_reserve);
    }
    for (size_t i = 0; i < count; i++)
        count_sweep(&budgets->counts[i], now);
}

static struct count_what named(const struct budget_what *what)
{
    return (struct count_what){what->action->plugin->name, what->action->name,
                               what->policy, what->target};
}

const struct guards_budget *budgets_broken(struct budgets *budgets,
                                           const struct budget_what *what,
                                           int64_t now, size_t *place)
{
    struct count_what names = named(what);

    for (; *place < budgets->ncounts; ++*place) {
        struct count *count = &budgets->counts[*place];

        if (!concerns(count, &names) ||
            count_used(count, &names, now) < count->rule->count)
            continue;
        ++*place;
        return count->rule;
    }
    return NULL;
}

/* ---- uses -------------------------------------------------------------- */

struct budget_use *budgets_reserve(struct budgets *budgets,
                                   const struct budget_what *what)
{
    struct count_what names = named(what);
    struct budget_use *use =
        use_new(names.plugin, names.action, names.policy, names.target);

    use->held = true;
    push(&budgets->reserved, use);
    each_count(budgets, &names, count_reserve);
    return use;
}

/* What no window reaches back to. */
static void forget(struct budgets *budgets, int64_t now)
{
    struct budget_use *use = budgets->begun.head;

    while (use && !use->held && use->time < budgets_expired(now)) {
        struct budget_use *next = use->next;

        unfile(budgets, use);
        use_free(use);
        use = next;
    }
}

static void write_counts(struct budgets *budgets, const struct count_what *what,
                         int64_t now, struct buf *buf)
{
    struct json_out out = {.buf = buf};

    json_open(&out, '[');
    for (size_t i = 0; i < budgets->ncounts; i++) {
        struct count *count = &budgets->counts[i];
        int64_t used =
            concerns(count, what) ? count_used(count, what, now) : -1;

        if (used < 0)
            continue;
        json_open(&out, '{');
        json_text(&out, "rule", count->rule->text);
        json_int(&out, "used", used);
        json_close(&out, '}');
    }
    json_close(&out, ']');
}

void budgets_begin(struct budgets *budgets, struct budget_use *use, int64_t now,
                   struct buf *counts, struct journal_use *row)
{
    struct count_what what = what_of(use);

    each_count(budgets, &what, count_unreserve);
    cut(&budgets->reserved, use);
    file(budgets, use, row->run, row->step, now);
    count_use(budgets, use);
    write_counts(budgets, &what, now, counts);
    for (size_t i = 0; i < budgets->ncounts; i++)
        count_sweep(&budgets->counts[i], now);
    row->time = now;
    row->plugin = use->plugin;
    row->action = use->action;
    row->policy = use->policy;
    row->target = use->target;
    row->counts = buf_str(counts);
    forget(budgets, now);
}

void budgets_give_back(struct budgets *budgets, struct budget_use *use)
{
    struct count_what what = what_of(use);

    if (use->begun) {
        unfile(budgets, use);
        for (size_t i = 0; i < budgets->ncounts; i++)
            if (concerns(&budgets->counts[i], &what))
                count_take_away(&budgets->counts[i], &what, use->time);
    } else {
        cut(&budgets->reserved, use);
        each_count(budgets, &what, count_unreserve);
    }
    use_free(use);
}

void budgets_leave(struct budget_use *use)
{
    use->held = false;
}
