#ifndef RIPOSTE_JOURNAL_REPLAY_H
#define RIPOSTE_JOURNAL_REPLAY_H

#include "journal/journal.h"

/*
 * Runs with all that belongs to them, one after another, for whoever lets them
 * happen again. However many there are, no more than one is in memory. As for
 * journal_read: before the first write only.
 */
struct journal_replay_row {
    struct journal_run_row run;
    const char *outcome; /* NULL: it is open */
    const char *error;   /* or NULL */
};

struct journal_replay {
    int64_t first, last; /* runs by number, both included */
    int64_t since;       /* started then or later */
    const char *policy;  /* of that policy alone; or NULL */
    /* A run; its steps, in order; its end. What they are given lives during
     * the call. A negative return ends the reading and is returned. */
    int (*run)(void *arg, const struct journal_replay_row *row);
    int (*step)(void *arg, const struct journal_step_row *row);
    int (*end)(void *arg);
    void *arg;
};
/* Returns how many runs there were, or negative. */
int64_t journal_read_replay(struct journal *journal,
                            const struct journal_replay *what,
                            struct error *error);

/* The policies that have runs, by name. A negative return ends the reading and
 * is returned. */
int journal_read_policies(struct journal *journal,
                          int (*each)(void *arg, const char *name), void *arg,
                          struct error *error);

#endif
