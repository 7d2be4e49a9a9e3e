#ifndef RIPOSTE_CLI_SINCE_H
#define RIPOSTE_CLI_SINCE_H

#include "base/error.h"

#include <stdint.h>

/* What --since takes: a time, a date, which counts from its beginning in UTC,
 * or how long ago it was. NULL: INT64_MIN. */
int since_parse(const char *text, int64_t *time, struct error *error);
/* --until: the same, but a date counts to its end. NULL: INT64_MAX. */
int until_parse(const char *text, int64_t *time, struct error *error);

#endif
