#ifndef RIPOSTE_JOURNAL_READ_H
#define RIPOSTE_JOURNAL_READ_H

#include "journal/db.h"
#include "journal/journal.h"

/* read.c: for journal_open. */
int read_next_run(struct db *db, int64_t *run, struct error *error);
int read_id(struct db *db, char id[JOURNAL_ID], struct error *error);

/* journal.c: the connection, before the first write. */
struct db *journal_db(struct journal *journal);

#endif
