#ifndef RIPOSTE_GATE_BUDGET_H
#define RIPOSTE_GATE_BUDGET_H

#include "gate/guards_inner.h"
#include "journal/budget.h"

/*
 * How often remediations were started, and may be. A use is reserved when an
 * action is taken, so that however many are taken at once no more start than
 * may; it counts from the moment it begins, or is given back. Asking costs
 * the same however much was counted.
 *
 * A use is kept for GUARDS_WINDOW_DAYS_MAX days, whatever budgets there are,
 * so that budgets that change, or come, know what was done before.
 */
struct budgets;
struct budget_use; /* the budgets' */

struct budgets *budgets_new(void);
void budgets_free(struct budgets *budgets);

/* What an earlier process started. */
void budgets_load(struct budgets *budgets, const struct journal_use *use);
/* The rules in force, or NULL. They must live until others are set. */
void budgets_set(struct budgets *budgets, const struct guards *guards,
                 int64_t now);

/* What an action would use. Nothing is copied until it is reserved. */
struct budget_what {
    const struct action *action;
    const char *policy;
    const char *target;
};
/* The first rule from *place (0 at first) on that it would break now, or
 * NULL; *place is then behind it. */
const struct guards_budget *budgets_broken(struct budgets *budgets,
                                           const struct budget_what *what,
                                           int64_t now, size_t *place);

/* Was that step counted before? Then it is not counted again. */
bool budgets_counted(const struct budgets *budgets, int64_t run, unsigned step);

struct budget_use *budgets_reserve(struct budgets *budgets,
                                   const struct budget_what *what);
/* It starts now. row has its run, step and attempt, and becomes what is to be
 * journalled; its texts live as long as the use; *counts holds those of the
 * row. */
void budgets_begin(struct budgets *budgets, struct budget_use *use, int64_t now,
                   struct buf *counts, struct journal_use *row);
/* The use of a step's latest attempt, which an earlier process began, or NULL.
 * It is kept until it is given back or left. */
struct budget_use *budgets_take_up(struct budgets *budgets, int64_t run,
                                   unsigned step);
/* Nothing started. The use is gone. */
void budgets_give_back(struct budgets *budgets, struct budget_use *use);
/* It has begun, and the caller does not need it any more. */
void budgets_leave(struct budget_use *use);

/* The time before which a use counts for nothing. */
int64_t budgets_expired(int64_t now);

#endif
