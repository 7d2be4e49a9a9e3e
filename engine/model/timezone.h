#ifndef RIPOSTE_MODEL_TIMEZONE_H
#define RIPOSTE_MODEL_TIMEZONE_H

#include "base/error.h"

#include <stdint.h>

/*
 * Time zones as a TimeFormat names them: by Windows id ("Eastern Standard
 * Time"; CLDR's table says which IANA zone that is) or by IANA id
 * ("America/New_York"). The table is ICU's. The
 * rules are the machine's (tzif.h), which its updates keep new; ICU's, that
 * age with it, are for what those do not say.
 *
 * A zone holds a calendar that timezone_offset moves, so one zone is for one
 * thread. The first one that a process opens costs some 3 ms (ICU maps its
 * data), each further one 2 us and each offset half a microsecond.
 */
struct zone;

/* Opens a zone by its id, letters of either case. *zone NULL stands for UTC.
 * Returns 0, or ERROR_NOT_FOUND and the nearest id where there is one. */
int timezone_open(const char *id, struct zone **zone, struct error *error);
void timezone_free(struct zone *zone); /* NULL is fine */

/* How far the zone is east of UTC at that time, in ms, summer time among it;
 * NULL: 0. */
int64_t timezone_offset(struct zone *zone, int64_t ms);

/* ICU's version. Returns 0. */
int timezone_library(const char **version, struct error *error);
/* The version of ICU's rules, "2024a"; ERROR_SYSTEM where ICU cannot find its
 * data. */
int timezone_rules(const char **version, struct error *error);

#endif
