#ifndef RIPOSTE_JOURNAL_PAUSE_H
#define RIPOSTE_JOURNAL_PAUSE_H

#include "journal/journal.h"

/*
 * Policies start no remediation by themselves: since when, and who said so. It
 * outlives the engine, as whoever asked for it does not look at engines.
 */
struct journal_pause {
    const char *person; /* their name */
    const char *note;   /* why; or NULL */
    int64_t since;
};

/* Begins with that row, which takes the place of an earlier one; ends. Both
 * are records of the audit. */
void journal_write_pause(struct journal *journal,
                         const struct journal_pause *pause);
void journal_write_resume(struct journal *journal, const char *person,
                          const char *note, int64_t time);

/* Calls back where there is one. */
int journal_read_pause(struct journal *journal,
                       int (*each)(void *arg, const struct journal_pause *row),
                       void *arg, struct error *error);

#endif
