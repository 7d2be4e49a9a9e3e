#ifndef RIPOSTE_JOURNAL_PAST_H
#define RIPOSTE_JOURNAL_PAST_H

#include "journal/journal.h"

/*
 * Earlier alarms by the value of a field. Each alarm has a row for every field
 * that the site indexes (journal_alarm.keys), written with it.
 *
 * A search reads in slices behind waiting commits, so that a key of a million
 * alarms holds nobody up: at most 5 ms each, and 256 rows between two looks at
 * the clock.
 */
enum {
    JOURNAL_PAST_MAX = 100, /* alarms that are given; the rest is counted */
};

/* What a field's value is found by: value in its canonical spelling. */
void journal_key_of(const char *field, struct str value,
                    struct journal_key *key);

/* Alarms with that key that are earlier than one of the journal's, by at most
 * `within` ms; of those of one time the ones that were accepted before it. */
struct past_search;
struct past_search *past_search_new(const struct journal_key *key,
                                    const char *alarm, int64_t within);
void past_search_free(struct past_search *search); /* NULL is fine */

/* Reads the next slice. The search is the journal's until done. */
void journal_past_slice(struct journal *journal, struct past_search *search,
                        journal_done_fn done, void *arg);
/* What the slice brought: the newest first. Lives until the next one. */
const struct journal_alarm_row *past_search_rows(const struct past_search *,
                                                 size_t *count);
/* There is no further slice: how many there are is known. */
bool past_search_over(const struct past_search *search);
int64_t past_search_total(const struct past_search *search);

#endif
