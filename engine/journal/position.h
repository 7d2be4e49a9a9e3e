#ifndef RIPOSTE_JOURNAL_POSITION_H
#define RIPOSTE_JOURNAL_POSITION_H

#include "journal/journal.h"

/*
 * How far followed files were read. A file is known by what it stays when it
 * is renamed.
 */
struct journal_position {
    const char *path;   /* that is followed */
    const char *source; /* as which: a source's name, or "auto" */
    int64_t inode;
    int64_t born;       /* ns since 1970, or 0: the file system does not say */
    int64_t offset;     /* of the first byte that was not read; below 0: the
                           row goes */
    int64_t line;       /* of that byte */
    const char *digest; /* of its first record, or "" */
    const char *chosen; /* the source that auto chose, or "" */
};

/* The same as journal_write_alarms, and how far that brought the files; one
 * transaction. The positions are copied. The audit has nothing of them. */
void journal_write_read(struct journal *journal, struct journal_alarm *alarms,
                        size_t count, const struct journal_position *positions,
                        size_t npositions, journal_done_fn done, void *arg);

/* All of them, by path. */
int journal_read_positions(struct journal *journal,
                           int (*each)(void *arg,
                                       const struct journal_position *row),
                           void *arg, struct error *error);

#endif
