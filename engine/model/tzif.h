#ifndef RIPOSTE_MODEL_TZIF_H
#define RIPOSTE_MODEL_TZIF_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * A zone's offsets out of the machine's tzdata, which is kept newer than the
 * rules within ICU: TZif of version 2 and later (RFC 9636), as its list of
 * changes says. Rules that go on behind the last change (a footer with summer
 * time) are not read: nothing is said of those times, nor of those before the
 * first change, and ICU goes on.
 */
struct tzif;

/* The zone of that IANA id below /usr/share/zoneinfo, or NULL where there is
 * none or it is not as it should be. */
struct tzif *tzif_open(const char *id);
/* The bytes of such a file; NULL where they are none. */
struct tzif *tzif_parse(struct str bytes);
void tzif_free(struct tzif *zone); /* NULL is fine */

/* How far the zone is east of UTC at that time, both in ms. False where the
 * file does not say. */
bool tzif_offset(const struct tzif *zone, int64_t ms, int64_t *offset);

#endif
