#ifndef RIPOSTE_CLI_LISTING_H
#define RIPOSTE_CLI_LISTING_H

#include "cli/command.h"
#include "cli/desk.h"
#include "journal/find.h"
#include "model/json_out.h"

/*
 * What ls prints of the journal: the newest of a kind that a filter lets
 * through, the newest last.
 */
struct listing {
    struct journal *journal;
    struct error *error;
    bool json;
    int64_t now;
    const struct listing_kind *kind;
    struct journal_filter filter;
    struct buf *rows; /* owned */
    size_t len, cap;
    struct json_out out; /* of the row that was begun */
};

/* A row: for people, its line without the end; or (listing->json) an object
 * of that event, whose members go to listing->out. */
struct buf *listing_begin(struct listing *listing, const char *event);
void listing_end(struct listing *listing);

/* What is called so in ls; NULL behind the last. find has the rows of the
 * listing's filter put into it. */
struct listing_kind {
    const char *name;
    enum journal_kind kind;
    int (*find)(struct listing *listing, const struct journal_filter *filter);
};
extern const struct listing_kind listing_kinds[];
extern const struct desk_work listing_work;

/* filter.c: the options of ls, one table for all kinds. ERROR_INVALID where
 * one is none that the kind knows; name: the kind, for that message. */
extern const struct option filter_options[];
int filter_read(const struct args *args, const char *name,
                enum journal_kind kind, struct journal_filter *filter,
                struct error *error);
/* For what is no kind of the journal: none may be given. */
int filter_none(const struct args *args, const char *name, struct error *error);

/* ls_….c */
int ls_alarms(struct listing *listing, const struct journal_filter *filter);
int ls_runs(struct listing *listing, const struct journal_filter *filter);
int ls_steps(struct listing *listing, const struct journal_filter *filter);
int ls_leases(struct listing *listing, const struct journal_filter *filter);
int ls_approvals(struct listing *listing, const struct journal_filter *filter);
int ls_sets(struct listing *listing, const struct journal_filter *filter);

#endif
