#ifndef RIPOSTE_JOURNAL_WRITE_H
#define RIPOSTE_JOURNAL_WRITE_H

#include "journal/db.h"
#include "journal/journal.h"

/*
 * A write under way: made by a journal_write function in the loop's thread,
 * applied in the writer's, called back and freed in the loop's.
 */
struct write {
    struct write *next; /* in the queue, or among the committed */
    int (*apply)(struct db *db, struct write *write, struct error *error);
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
        } alarms;
        struct journal_match match;
        struct journal_schedule_row schedule;
        struct journal_step step; /* also an answer to one */
        struct {
            int64_t run;
            const char *outcome;
            const char *error;
            int64_t time;
        } end;
    };
};

void write_free(struct write *write);

/* journal.c: takes the write. */
void journal_queue(struct journal *journal, struct write *write);

#endif
