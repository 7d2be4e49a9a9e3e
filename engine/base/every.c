#include "base/every.h"

#include "base/clock.h"
#include "base/cron.h"

#include <assert.h>
#include <stdlib.h>

enum {
    MINUTE = 60 * 1000,
    DAY_MINUTES = 24 * 60,
    CYCLE_DAYS = 146097, /* 400 years: then dates and weekdays come again */
};

int every_parse(struct str text, struct every *every, struct error *error)
{
    *every = (struct every){0};
    if (clock_duration(text, &every->period))
        return cron_parse(text, every, error);
    if (every->period < EVERY_LEAST)
        return error_set(error, ERROR_INVALID,
                         "a period is at least %d s: what is due more often "
                         "would still be starting",
                         EVERY_LEAST / 1000);
    return 0;
}

static bool has(uint64_t set, int n)
{
    return set >> n & 1;
}

static bool day_due(const struct every *every, int64_t day)
{
    int weekday = (int)((day % 7 + 7 + 4) % 7); /* 1970 began on a Thursday */
    int64_t year;
    int month, of_month;
    bool by_day, by_weekday;

    clock_day(day, &year, &month, &of_month);
    by_day = has(every->days, of_month);
    by_weekday = has(every->weekdays, weekday);
    if (!has(every->months, month))
        return false;
    return every->any_day || every->any_weekday ? by_day && by_weekday
                                                : by_day || by_weekday;
}

/* The due minute nearest to that one, itself included, way: 1 or -1. */
static int64_t search(const struct every *every, int64_t minute, int way)
{
    int64_t day = minute / DAY_MINUTES;
    int at = (int)(minute % DAY_MINUTES);

    for (int i = 0; i <= CYCLE_DAYS; i++, day += way) {
        for (; day_due(every, day) && at >= 0 && at < DAY_MINUTES; at += way)
            if (has(every->hours, at / 60) && has(every->minutes, at % 60))
                return day * DAY_MINUTES + at;
        at = way > 0 ? 0 : DAY_MINUTES - 1;
    }
    abort(); /* cron_parse refuses what never comes */
}

int64_t every_next(const struct every *every, int64_t after)
{
    assert(after >= 0);
    if (every->period)
        return (after / every->period + 1) * every->period;
    return search(every, after / MINUTE + 1, 1) * MINUTE;
}

int64_t every_latest(const struct every *every, int64_t at)
{
    assert(at >= 0);
    if (every->period)
        return at / every->period * every->period;
    return search(every, at / MINUTE, -1) * MINUTE;
}
