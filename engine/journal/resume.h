#ifndef RIPOSTE_JOURNAL_RESUME_H
#define RIPOSTE_JOURNAL_RESUME_H

#include "journal/journal.h"

/*
 * What becomes of steps that an earlier process left: sent once more, or,
 * where nobody knows how they ended, settled by a person.
 */

/* An intent without an answer is to be sent again, by that incarnation. */
void journal_write_again(struct journal *journal, int64_t run, unsigned step,
                         uint64_t incarnation, int64_t time,
                         journal_done_fn done, void *arg);

/* What a person says of an Unknown step, whose run is parked. With an answer
 * the step has that; without one it counts as asked, with nothing sent, and
 * one more attempt, so that its run asks anew. The run is open again once no
 * step of it is Unknown; or it ends as aborted. */
struct journal_resolution {
    int64_t run;
    unsigned step;
    const char *decision; /* for the audit */
    struct str answer;    /* empty: it is to be asked again, or aborted */
    const char *status;   /* of the answer */
    bool abort;
    int64_t uid;        /* whose decision it is */
    const char *person; /* their name, or NULL */
    const char *note;   /* or NULL */
    int64_t time;
};
void journal_write_resolution(struct journal *journal,
                              const struct journal_resolution *resolution,
                              journal_done_fn done, void *arg);

/* The one alarm whose id begins so: ERROR_NOT_FOUND where there is none, or
 * more than one. Before the first write only. */
int journal_read_alarm(struct journal *journal, const char *prefix,
                       int (*each)(void *arg,
                                   const struct journal_alarm_row *row),
                       void *arg, struct error *error);

#endif
