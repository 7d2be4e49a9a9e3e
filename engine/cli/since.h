#ifndef RIPOSTE_CLI_SINCE_H
#define RIPOSTE_CLI_SINCE_H

#include "base/error.h"

#include <stdint.h>

/* What --since takes: a time, or how long ago it was. NULL: INT64_MIN. */
int since_parse(const char *text, int64_t *time, struct error *error);

#endif
