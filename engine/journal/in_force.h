#ifndef RIPOSTE_JOURNAL_IN_FORCE_H
#define RIPOSTE_JOURNAL_IN_FORCE_H

#include "journal/journal.h"

/*
 * Which set was in force for which alarm. An alarm that no policy is for has
 * no run that would tell; so what is written is where a set begins: with the
 * first alarm that is not matched yet.
 */
struct journal_in_force {
    const char *set;
    struct str only; /* JSON array of the policies that may run, or empty */
    int64_t since;
    /* Only where it is read. */
    int64_t first; /* alarm: its place among all */
    int64_t until; /* when another one was; 0: it is the last */
};

/* Alarms that are matched from now on are matched by that set, which the
 * journal has. Nothing is written where it is in force already. */
void journal_write_in_force(struct journal *journal,
                            const struct journal_in_force *row);

/* The set that was in force when an alarm was matched; ERROR_NOT_FOUND where
 * an older journal did not note it. Before the first write only. */
int journal_read_in_force(struct journal *journal, const char *alarm,
                          int (*each)(void *arg,
                                      const struct journal_in_force *row),
                          void *arg, struct error *error);

/* What thresholds said of an alarm, by policy. */
int journal_read_counted(struct journal *journal, const char *alarm,
                         int (*each)(void *arg,
                                     const struct journal_counted *row),
                         void *arg, struct error *error);

#endif
