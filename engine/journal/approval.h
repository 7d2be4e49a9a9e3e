#ifndef RIPOSTE_JOURNAL_APPROVAL_H
#define RIPOSTE_JOURNAL_APPROVAL_H

#include "journal/find.h"

/*
 * Approvals: what a person has to decide, who decided what, and what came of
 * it. An approval is for one request of one step, and counts once. The tables
 * themselves refuse a second decision of the same person, one of whoever
 * asked, and a second use; such a write is fatal, so whoever decides looks
 * first.
 */

/* States, in this order or a shorter one: open → approved → used, open →
 * denied, open → expired. */
#define JOURNAL_OPEN "open"
#define JOURNAL_APPROVED "approved"
#define JOURNAL_DENIED "denied"
#define JOURNAL_EXPIRED "expired" /* nobody answered in time */
#define JOURNAL_USED "used"

struct journal_approval {
    int64_t approval;
    int64_t run;
    unsigned step;      /* that waits for it */
    struct str request; /* of the action, JSON; empty: a mere question */
    struct str argv;    /* JSON, secrets as ***; empty: none */
    const char *target; /* canonical, or NULL */
    const char *set;
    struct str rules;    /* JSON array of texts: what it answers */
    struct str question; /* for people; any bytes */
    struct str levels;   /* JSON array of {"group","quorum"}, in order */
    int64_t opened;
    int64_t expires;
    /* Only where it is read. */
    const char *state;
    const char *kind;    /* of its step: "approve" or "action" */
    const char *policy;  /* NULL: a manual run */
    const char *alarm;   /* its id, or NULL */
    const char *outcome; /* of its run; NULL: it is open */
    unsigned used;       /* the step that used it; 0: none */
    const char *status;  /* of that step, or NULL */
    const char *requester, *requester_name; /* who asked, or NULL */
};

struct journal_decision {
    int64_t approval;
    unsigned level;
    bool yes;
    const char *person; /* who decided: the same for the same person, always */
    const char *name;   /* the same for people */
    const char *caller; /* whose process it was, where it is another */
    const char *note;   /* or NULL */
    int64_t time;
    const char *state; /* of the approval from now on; not read */
};

/* ---- reading, at start ------------------------------------------------ */

/* The next free number, or negative. */
int64_t journal_read_next_approval(struct journal *journal);

/* By number: those of open runs, or (open_runs false) all from `first` on. */
int journal_read_approvals(struct journal *journal, bool open_runs,
                           int64_t first,
                           int (*each)(void *arg,
                                       const struct journal_approval *row),
                           void *arg, struct error *error);
/* See find.h. Then: all of a run, by number. */
int journal_find_approvals(struct journal *journal,
                           const struct journal_filter *filter,
                           int (*each)(void *arg,
                                       const struct journal_approval *row),
                           void *arg, struct error *error);
int journal_read_approvals_of(struct journal *journal, int64_t run,
                              int (*each)(void *arg,
                                          const struct journal_approval *row),
                              void *arg, struct error *error);
/* That one; ERROR_NOT_FOUND where there is none. */
int journal_read_approval(struct journal *journal, int64_t approval,
                          int (*each)(void *arg,
                                      const struct journal_approval *row),
                          void *arg, struct error *error);
/* By time. */
int journal_read_decisions(struct journal *journal, int64_t approval,
                           int (*each)(void *arg,
                                       const struct journal_decision *row),
                           void *arg, struct error *error);

/* ---- writing ---------------------------------------------------------- */

/* Opened, in the transaction of its step. */
void journal_write_approval(struct journal *journal,
                            const struct journal_approval *row);
void journal_write_decision(struct journal *journal,
                            const struct journal_decision *row);
/* Nobody answered in time. */
void journal_write_expired(struct journal *journal, int64_t approval,
                           int64_t time);
/* That step used it, in the transaction of its intent. */
void journal_write_used(struct journal *journal, int64_t approval,
                        unsigned step, int64_t time);
/* Who asked for a manual run, in the transaction of that. */
void journal_write_requester(struct journal *journal, int64_t run,
                             const char *person, const char *name,
                             int64_t time);

#endif
