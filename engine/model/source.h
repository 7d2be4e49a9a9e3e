#ifndef RIPOSTE_MODEL_SOURCE_H
#define RIPOSTE_MODEL_SOURCE_H

#include "model/alarm.h"

/*
 * A source says how one kind of input becomes alarms. It is compiled from a
 * data file (docs/sources.md lists the keys; the table is in source_keys.c).
 */
struct source;

/* How the records of an input are cut: see framing.h. */
enum source_format { SOURCE_LINES, SOURCE_JSON };

struct source *source_compile(const struct json *data, const char *where,
                              struct error *error);
void source_free(struct source *source);
const char *source_name(const struct source *source);
enum source_format source_format(const struct source *source);

/* What a record of a source looks like: a line of text that patterns match, a
 * JSON object, a line with the mark of CEF or LEEF. Bits of a set. */
enum source_form {
    FORM_TEXT = 1,
    FORM_OBJECT = 2,
    FORM_MARKED = 4,
    FORM_ANY = FORM_TEXT | FORM_OBJECT | FORM_MARKED,
};
enum source_form source_form(const struct source *source);

/* Decodes one record. now: for times without a year, or without any time.
 * Returns 1 and an alarm (without an id yet, see alarm_identify), 0 where
 * no pattern of the source matches (skipped), or a negative error: refused. */
int source_decode(const struct source *source, struct str record, int64_t now,
                  struct alarm **alarm, struct error *error);

/* Does the source say when an event was, also where it comes at once? */
bool source_dates(const struct source *source);

/* How well a record fits: 0 not at all; the highest of all sources wins
 * under --source auto. */
int source_fits(const struct source *source, struct str record);

/* Where a field of an alarm of that source came from: the path as the data
 * file writes it, or empty: a group of a pattern, a constant, the record's
 * own key. */
struct str source_origin(const struct source *source, const struct alarm *alarm,
                         struct str name);

#endif
