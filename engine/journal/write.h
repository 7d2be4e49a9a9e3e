#ifndef RIPOSTE_JOURNAL_WRITE_H
#define RIPOSTE_JOURNAL_WRITE_H

#include "journal/approval.h"
#include "journal/budget.h"
#include "journal/db.h"
#include "journal/in_force.h"
#include "journal/journal.h"
#include "journal/lease.h"
#include "journal/past.h"
#include "journal/pause.h"
#include "journal/position.h"
#include "journal/resume.h"

/*
 * A write under way: made by a journal_write function in the loop's thread,
 * applied in the writer's, called back and freed in the loop's.
 * Where the disk was full it is applied again, after a rollback: apply must
 * not rely on what it left in the write.
 */
struct write;
typedef int (*write_apply_fn)(struct db *db, struct write *write,
                              struct error *error);
struct write {
    struct write *next; /* in the queue, or among the committed */
    write_apply_fn apply;
    bool tied;            /* to the next one: one transaction */
    size_t records;       /* how much of a JOURNAL_GROUP it takes */
    journal_done_fn done; /* or NULL */
    void *arg;
    struct piece *pieces; /* owned: what the pointers below point to */
    union {
        struct {
            const char *hash;
            const struct journal_file *files;
            size_t count;
            int64_t created;
        } set;
        struct {
            struct journal_alarm *items; /* the caller's, until done */
            size_t count;
            const struct journal_position *positions;
            size_t npositions;
        } alarms;
        struct journal_match match;
        struct journal_in_force in_force;
        struct journal_pause pause;
        struct journal_schedule_row schedule;
        struct journal_step step; /* also an answer to one */
        struct journal_resolution resolution;
        struct {
            int64_t run;
            unsigned step;
            int64_t due;
        } due;
        struct {
            int64_t run;
            const char *outcome;
            const char *error;
            int64_t time;
        } end;
        struct {
            struct journal_use row;
            int64_t expired;
        } use;
        struct past_search *past;
        struct keep_pass *keep;
        struct journal_approval approval;
        struct journal_decision decision;
        struct {
            int64_t approval;
            unsigned step; /* that used it */
            int64_t time;
        } moved;
        struct {
            int64_t run;
            const char *person;
            const char *name;
            int64_t time;
        } requester;
        struct {
            struct journal_lease row;
            const char *why;
            int64_t time;
        } lease;
        struct {
            struct journal_owner row;
            int64_t time;
        } owner;
        struct {
            const char *kind;
            struct str body;
            int64_t time;
        } note;
    };
};

struct write *write_new(write_apply_fn apply, size_t records,
                        journal_done_fn done, void *arg);
void write_free(struct write *write);
/* Room, and copies, that the write owns. A NULL text stays NULL; an array's
 * items still point to what is the caller's. */
void *write_piece(struct write *write, size_t size);
struct str write_keep(struct write *write, struct str bytes);
const char *write_keep_text(struct write *write, const char *text);
void *write_keep_array(struct write *write, const void *items, size_t count,
                       size_t size);

/* position.c */
int position_apply(struct db *db, const struct journal_position *row,
                   struct error *error);
struct journal_position *position_keep(struct write *write,
                                       const struct journal_position *rows,
                                       size_t count);

/* journal.c: takes the write. */
void journal_queue(struct journal *journal, struct write *write);

#endif
