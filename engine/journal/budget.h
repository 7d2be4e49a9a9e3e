#ifndef RIPOSTE_JOURNAL_BUDGET_H
#define RIPOSTE_JOURNAL_BUDGET_H

#include "journal/journal.h"

/*
 * What budgets are counted from: one row for every remediation that was
 * started, whatever budgets there were then. Written in the transaction of
 * the step's intent (journal_hold).
 */
struct journal_use {
    int64_t run;
    unsigned step;
    unsigned attempt; /* 1; one more each time that a person had it asked
                         again, since it may have started before */
    int64_t time;
    const char *plugin;
    const char *action;
    const char *policy; /* NULL: a manual run */
    const char *target; /* canonical, or NULL */
    struct str counts;  /* JSON array: the budgets that it counts for, how far
                           each of them is used up; empty: none. For the audit
                           alone. */
};

/* Uses at that time and later, the earliest first; before the first write
 * only. */
int journal_read_uses(struct journal *journal, int64_t since,
                      int (*each)(void *arg, const struct journal_use *row),
                      void *arg, struct error *error);

/* An attempt that is there already is left as it is. Rows before the time
 * `expired` go. */
void journal_write_use(struct journal *journal, const struct journal_use *use,
                       int64_t expired);
/* Its latest attempt was not started after all. */
void journal_write_unused(struct journal *journal, int64_t run, unsigned step,
                          int64_t time);

#endif
