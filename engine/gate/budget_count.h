#ifndef RIPOSTE_GATE_BUDGET_COUNT_H
#define RIPOSTE_GATE_BUDGET_COUNT_H

#include "base/table.h"
#include "gate/budget.h"

/*
 * The counters of one budget: one for each key (a target, say) that it counts
 * separately. What falls out of the window is forgotten when it is looked at.
 */
struct count {
    const struct guards_budget *rule;
    struct table *counters; /* owned: by key */
    size_t swept;           /* how many there were after the last sweep */
};

/* What is counted. */
struct count_what {
    const char *plugin, *action;
    const char *policy, *target; /* or NULL */
};

void count_init(struct count *count, const struct guards_budget *rule);
void count_clear(struct count *count);

/* How many uses the window holds, reserved ones too; -1: this budget does not
 * count such a thing. */
int64_t count_used(struct count *count, const struct count_what *what,
                   int64_t now);
void count_reserve(struct count *count, const struct count_what *what);
void count_unreserve(struct count *count, const struct count_what *what);
void count_add(struct count *count, const struct count_what *what,
               int64_t time);
void count_take_away(struct count *count, const struct count_what *what,
                     int64_t time);
/* Forgets the counters that count nothing, where many have come since. */
void count_sweep(struct count *count, int64_t now);

#endif
