#ifndef RIPOSTE_MODEL_SYSLOG_INNER_H
#define RIPOSTE_MODEL_SYSLOG_INNER_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* Pieces of a syslog header, eaten from the front of a text; false where the
 * piece is not there: then the text may be eaten in part. In syslog_eat.c. */
struct str syslog_behind(struct str text, size_t from);
bool syslog_begins(struct str text, const char *with);
/* Up to a blank, which is eaten too. */
bool syslog_eat_word(struct str *text, struct str *word);
/* "<134>". */
bool syslog_eat_priority(struct str *text);
/* RFC 5424's structured data and the blank behind it. */
bool syslog_eat_structured(struct str *text);
/* RFC 3164's, also with a year, or one of RFC 3339; and the blank. */
bool syslog_eat_time(struct str *text, struct str *time);

#endif
