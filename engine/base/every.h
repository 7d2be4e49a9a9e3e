#ifndef RIPOSTE_BASE_EVERY_H
#define RIPOSTE_BASE_EVERY_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * When something that recurs is due: every so often, or by a cron expression.
 * All in UTC, in milliseconds since 1970; a time before 1970 is not asked for.
 */
struct every {
    int64_t period; /* ms: due at its multiples; 0: by what follows */
    /* Bit n: n is due. Days and months from 1, weekdays from Sunday = 0. */
    uint64_t minutes, hours, days, months, weekdays;
    /* The field begins with '*': then days and weekdays must both hold, else
     * one of them is enough, as in crontab(5). */
    bool any_day, any_weekday;
};

enum {
    EVERY_LEAST = 1000, /* ms: below it to start a program takes as long as to
                           wait for it */
};

/* "1h" (see clock_duration), five fields of crontab(5) ("0 6 * * mon-fri"),
 * or @hourly, @daily, @weekly, @monthly. Returns 0 or ERROR_INVALID; the text
 * names the field that is wrong. A date that never comes is refused. */
int every_parse(struct str text, struct every *every, struct error *error);

/* The first due instant after that time. */
int64_t every_next(const struct every *every, int64_t after);
/* The last one at or before it. */
int64_t every_latest(const struct every *every, int64_t at);

#endif
