#ifndef RIPOSTE_JOURNAL_FORGOTTEN_H
#define RIPOSTE_JOURNAL_FORGOTTEN_H

#include "journal/db.h"

/*
 * Alarms that retention removed: half of each one's id, and a digest over its
 * source and bytes, so that one that comes again is known. 24 bytes an alarm.
 */
int forgotten_add(struct db *db, const char *id, const char *source,
                  struct str raw, struct error *error);
/* 0: it was none; 1: it was, and *same says whether with these bytes. */
int forgotten_find(struct db *db, const char *id, const char *source,
                   struct str raw, bool *same, struct error *error);
/* Is there one whose id begins so? 1, 0, or negative. */
int forgotten_begins(struct db *db, const char *prefix, struct error *error);
/* Is there any? Into db->forgotten, at the opening. */
int forgotten_open(struct db *db, struct error *error);

#endif
