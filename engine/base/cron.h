#ifndef RIPOSTE_BASE_CRON_H
#define RIPOSTE_BASE_CRON_H

#include "base/every.h"

/* The five fields of a cron expression, or a name for them: for every_parse.
 * Fills all but the period. Returns 0 or ERROR_INVALID. */
int cron_parse(struct str text, struct every *every, struct error *error);

#endif
