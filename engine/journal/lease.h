#ifndef RIPOSTE_JOURNAL_LEASE_H
#define RIPOSTE_JOURNAL_LEASE_H

#include "journal/find.h"

/*
 * Remediations in force, and who holds them. A lease is written in the
 * transaction of its step's intent (journal_hold), so that from then on its
 * undo is owed.
 */
struct journal_lease {
    int64_t lease;
    const char *plugin;
    const char *action;
    const char *target; /* canonical, or NULL */
    const char *same;   /* equal for equal parameters: a hash */
    struct str params;  /* JSON object: as the action was given them */
    const char *set;    /* in which it was asked for */
    int64_t started;
    const char *state;    /* see gate/lease.h */
    int64_t attempts;     /* undos that failed, since somebody held it last */
    int64_t retry;        /* when the next one is to come; 0: with its expiry */
    const char *verified; /* what its Verify said last, or NULL */
    int64_t checked;      /* and when; 0: never */
    const char *error;    /* why its undo failed, or NULL */
    int64_t ended;        /* 0: it is not */
    bool quiet;           /* an event started it: see gate_ask */
    const char *policy;   /* that asked for it last, or NULL */
    int64_t drifted;      /* since when it is gone; 0: it is not */
    int64_t restore;      /* the run that puts that right; 0: none */
    const char *restored; /* how far that is, see gate/lease.h; or NULL */
};

/* Somebody who holds a lease: a step; or, run 0 and as step the lease's
 * number, a person. */
struct journal_owner {
    int64_t lease;
    int64_t run;
    int64_t step;
    int64_t until; /* 0: until it is ended */
};

/* Before the first write only. By number; ended ones only where all are
 * wanted. */
int journal_read_leases(struct journal *journal, bool all,
                        int (*each)(void *arg, const struct journal_lease *row),
                        void *arg, struct error *error);
/* Of those that are not ended. */
int journal_read_owners(struct journal *journal,
                        int (*each)(void *arg, const struct journal_owner *row),
                        void *arg, struct error *error);
/* See find.h. Then: that one (ERROR_NOT_FOUND where there is none), and who
 * holds it. */
int journal_find_leases(struct journal *journal,
                        const struct journal_filter *filter,
                        int (*each)(void *arg, const struct journal_lease *row),
                        void *arg, struct error *error);
int journal_read_lease(struct journal *journal, int64_t lease,
                       int (*each)(void *arg, const struct journal_lease *row),
                       void *arg, struct error *error);
int journal_read_owners_of(struct journal *journal, int64_t lease,
                           int (*each)(void *arg,
                                       const struct journal_owner *row),
                           void *arg, struct error *error);
/* The next free number. */
int journal_read_next_lease(struct journal *journal, int64_t *next,
                            struct error *error);

/* What is new about it takes the old row's place. why: for the audit. */
void journal_write_lease(struct journal *journal,
                         const struct journal_lease *row, const char *why,
                         int64_t time);
/* The same for an owner. until negative: it holds it no more. */
void journal_write_owner(struct journal *journal,
                         const struct journal_owner *row, int64_t time);

#endif
