#include "gate/weigh.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "gate/pending.h"

#include <stdlib.h>
#include <string.h>

/* A need that is being put together. */
struct needed {
    struct gate_need *need;
    struct buf why;
    size_t cap;
};

struct budget_what weigh_what(const struct gate_ask *ask,
                              const struct judged *judged)
{
    return (struct budget_what){ask->request->action, ask->policy,
                                judged->target};
}

static bool is_answered(const struct gate_ask *ask, const char *rule)
{
    for (size_t i = 0; ask->answered && i < ask->answered->len; i++)
        if (!strcmp(ask->answered->items[i], rule))
            return true;
    return false;
}

static bool same_group(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : !a && !b;
}

/* A level that is there already is passed once. */
static void add_level(struct needed *needed, const char *group, unsigned quorum)
{
    struct gate_need *need = needed->need;
    struct guards_level *level;

    for (size_t i = 0; i < need->nlevels; i++) {
        level = &need->levels[i];
        if (!same_group(level->group, group))
            continue;
        level->quorum = level->quorum > quorum ? level->quorum : quorum;
        return;
    }
    need->levels = alloc_grown(need->levels, need->nlevels, &needed->cap,
                               sizeof *need->levels);
    need->levels[need->nlevels++] =
        (struct guards_level){alloc_text(group), quorum};
}

static void add_rule(struct needed *needed, const char *rule, int64_t within,
                     const char *tail, const char *reason)
{
    struct gate_need *need = needed->need;

    words_add(&need->rules, rule);
    if (!need->within || within < need->within)
        need->within = within;
    buf_printf(&needed->why, "%s%s%s%s%s",
               needed->why.len ? "; " : "a person has to agree: ", rule, tail,
               reason ? ": " : "", reason ? reason : "");
}

static const char *refuse(const struct guards *guards,
                          const struct guards_budget *budget,
                          const struct judged *judged, struct error *error)
{
    error_at(error, ERROR_LIMIT, guards->where, budget->line, 0,
             "%s, and they are used up%s%s", budget->text,
             judged->target ? "; target " : "",
             judged->target ? judged->target : "");
    return RULE_BUDGET;
}

/* The first budget that refuses, or NULL. */
static const char *weigh_budgets(struct budgets *budgets,
                                 const struct guards *guards,
                                 const struct gate_ask *ask,
                                 const struct judged *judged,
                                 struct needed *needed, struct error *error)
{
    struct budget_what what = weigh_what(ask, judged);
    const struct guards_budget *budget;
    int64_t now = clock_now();
    size_t place = 0;

    while ((budget = budgets_broken(budgets, &what, now, &place))) {
        if (budget->refuse)
            return refuse(guards, budget, judged, error);
        if (is_answered(ask, budget->text))
            continue;
        add_rule(needed, budget->text, GUARDS_WITHIN_MS,
                 ", and they are used up", NULL);
        add_level(needed, budget->group, 1);
    }
    return NULL;
}

static void weigh_approve(const struct guards *guards,
                          const struct gate_ask *ask, struct needed *needed)
{
    for (size_t i = 0; i < guards->napproves; i++) {
        const struct guards_approve *approve = &guards->approves[i];

        if (!guards_concern(&approve->scope, ask->request->action,
                            ask->policy) ||
            is_answered(ask, approve->text))
            continue;
        add_rule(needed, approve->text, approve->within, "", approve->reason);
        for (size_t j = 0; j < approve->nlevels; j++)
            add_level(needed, approve->levels[j].group,
                      approve->levels[j].quorum);
    }
}

bool weigh_paused(const struct gate *gate, const struct gate_ask *ask)
{
    return gate->pause && ask->policy && ask->way == GATE_ASKED &&
           ask->request->action->kind == ACTION_REMEDIATION &&
           !is_answered(ask, gate->pause);
}

static const char *weigh_guards(const struct gate *gate,
                                const struct gate_ask *ask,
                                const struct judged *judged,
                                struct needed *needed, struct error *error)
{
    const char *rule = NULL;

    if (ask->request->action->kind == ACTION_REMEDIATION &&
        !budgets_counted(gate->budgets, ask->run, ask->step))
        rule = weigh_budgets(gate->budgets, gate->guards, ask, judged, needed,
                             error);
    if (!rule)
        weigh_approve(gate->guards, ask, needed);
    return rule;
}

const char *weigh(const struct gate *gate, const struct gate_ask *ask,
                  const struct judged *judged, struct gate_need *need,
                  struct error *error)
{
    struct needed needed = {.need = need};
    const char *rule = NULL;

    /* Who has it asked again has decided about it. */
    if (ask->way != GATE_ASKED || ask->attempt > 1)
        return NULL;
    if (gate->guards)
        rule = weigh_guards(gate, ask, judged, &needed, error);
    if (!rule && weigh_paused(gate, ask)) {
        add_rule(&needed, gate->pause, GUARDS_WITHIN_MS, "", NULL);
        add_level(&needed, NULL, 1);
    }
    if (!rule && need->rules.len)
        need->why = buf_take(&needed.why);
    buf_free(&needed.why);
    return rule;
}
