#ifndef RIPOSTE_JOURNAL_FIND_INNER_H
#define RIPOSTE_JOURNAL_FIND_INNER_H

#include "journal/find.h"
#include "journal/read.h"

/* find.c, for the files that have the rows. */

/* Calls row for every row of a statement. Returns how many there were, or the
 * first negative. */
int64_t find_each(struct journal *journal, const char *sql, struct db_row bound,
                  int (*row)(void *arg, sqlite3_stmt *statement), void *arg,
                  struct error *error);
/* For one integer, into an int64_t. */
int find_integer_row(void *arg, sqlite3_stmt *statement);
/* The same for what a filter lets through. select: without WHERE. */
int find_rows(struct journal *journal, enum journal_kind kind,
              const char *select, const struct journal_filter *filter,
              int (*row)(void *arg, sqlite3_stmt *statement), void *arg,
              struct error *error);
/* Says that there is no row of that number, and whether there was one: numbers
 * are given in order, and the highest is never removed. higher: gives a row
 * where there is a higher one. Returns negative. */
int find_none(struct journal *journal, const char *higher, const char *what,
              int64_t number, const char *list, struct error *error);

#endif
