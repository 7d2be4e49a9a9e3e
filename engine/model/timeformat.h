#ifndef RIPOSTE_MODEL_TIMEFORMAT_H
#define RIPOSTE_MODEL_TIMEFORMAT_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

/*
 * What a manifest's TimeFormat asks for: a zone and a .NET date and time
 * format string, compiled once, when the plugin is loaded.
 *
 * The rules are those of Microsoft's pages "Custom date and time format
 * strings" and "Standard date and time format strings" (learn.microsoft.com,
 * dotnet/standard/base-types), for a DateTimeOffset in the invariant culture:
 * English names, AM and PM, ':' and '/', era "A.D.". One deviates: K is Z
 * where the zone is UTC, as for a DateTime of that kind, and U is allowed.
 */
struct time_format;

/* Bytes of a format string; the longest one of a real plugin has 19. It also
 * bounds the text that comes out (dddd: 4 bytes in, at most 9 out). */
enum { TIMEFORMAT_MAX = 1024 };

/* zone: as timezone_open takes it, NULL for UTC. pattern: NULL for RFC 3339
 * with milliseconds and the zone's offset. Returns 0, or the code of an error
 * that says what .NET would refuse, or which zone is not known. */
int timeformat_compile(const char *zone, const char *pattern,
                       struct time_format **format, struct error *error);
void timeformat_free(struct time_format *format); /* NULL is fine */

/* Adds a time, in ms since 1970 UTC, as text. */
void timeformat_put(const struct time_format *format, int64_t ms,
                    struct buf *buf);

#endif
