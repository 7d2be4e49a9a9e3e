#ifndef RIPOSTE_BASE_CLOCK_H
#define RIPOSTE_BASE_CLOCK_H

#include "base/str.h"

#include <stdint.h>

/*
 * Times are milliseconds since 1970-01-01 UTC in an int64_t; durations are
 * milliseconds. Only clock_now reads a clock.
 */

int64_t clock_now(void); /* the wall clock */

/* A duration of the site's files and policies: a whole number and one of
 * ms, s, m, h, d: "500ms", "30s", "1m", "36h", "7d". At most 3650d.
 * Returns 0 or ERROR_INVALID. */
int clock_duration(struct str text, int64_t *ms);

/* RFC 3339 in UTC with milliseconds: "2026-11-24T05:50:21.000Z". */
enum { CLOCK_TEXT = 32 };
void clock_format(int64_t ms, char text[CLOCK_TEXT]);

/* Civil time to milliseconds (proleptic Gregorian, UTC): month and day from
 * 1. Returns ERROR_INVALID for a day that does not exist. */
int clock_civil(int year, int month, int day, int hour, int minute, int second,
                int64_t *ms);

/* The date of a day, counted from 1970-01-01 (proleptic Gregorian); month and
 * day from 1. */
void clock_day(int64_t days, int64_t *year, int *month, int *day);

/* RFC 3339 and what is near it: date and time parted by 'T' or a blank, any
 * number of fraction digits, zone 'Z', '+01:00', '+0100', '+01' or none
 * (taken as zone_ms east of UTC). Returns 0 or ERROR_INVALID. */
int clock_parse(struct str text, int64_t zone_ms, int64_t *ms);

/* A time without a year: the latest year that puts it at most a day after
 * now. Month and day from 1. Returns ERROR_INVALID where no year has it. */
struct clock_date {
    int month, day, hour, minute, second;
};
int clock_recent(const struct clock_date *date, int64_t zone_ms, int64_t now,
                 int64_t *ms);

/* The same, where the text itself names its zone; else ERROR_INVALID. */
int clock_parse_zoned(struct str text, int64_t *ms);

/* Until when something holds: RFC 3339 with its zone, or a date, which counts
 * to its end in UTC. Returns 0 or ERROR_INVALID. */
int clock_until(struct str text, int64_t *ms);

/* RFC 3164 section 4.1.2: "Dec 10 06:55:46", the day maybe with a blank
 * before it; the year as clock_recent has it. */
int clock_parse_syslog(struct str text, int64_t zone_ms, int64_t now,
                       int64_t *ms);

#endif
