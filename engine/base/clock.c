#include "base/clock.h"

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
    DURATION_DAYS_MAX = 3650, /* ten years: nobody waits for longer */
};

int64_t clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000000;
}

/* Text that is eaten from the front. */
struct reader {
    const char *at;
    const char *end;
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool eat(struct reader *in, char c)
{
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

/* Exactly count digits as a number, or -1. */
static int eat_digits(struct reader *in, int count)
{
    int value = 0;

    if (in->end - in->at < count)
        return -1;
    for (int i = 0; i < count; i++, in->at++) {
        if (!digit(*in->at))
            return -1;
        value = value * 10 + (*in->at - '0');
    }
    return value;
}

int clock_duration(struct str text, int64_t *ms)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {
        {"ms", 1}, {"s", SECOND}, {"m", MINUTE}, {"h", HOUR}, {"d", DAY},
    };
    const int64_t most = (int64_t)DURATION_DAYS_MAX * DAY;
    struct str unit = text;
    int64_t count = 0;

    for (; unit.len && digit(*unit.data); unit.data++, unit.len--) {
        count = count * 10 + (*unit.data - '0');
        if (count > most)
            return ERROR_INVALID;
    }
    if (unit.len == text.len)
        return ERROR_INVALID;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!str_is(unit, units[i].name))
            continue;
        if (count > most / units[i].ms)
            return ERROR_INVALID;
        *ms = count * units[i].ms;
        return 0;
    }
    return ERROR_INVALID;
}

/* Days from 1970-01-01 to the given day; the year begins in March here, so
 * that the leap day is its last. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year =
        (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

void clock_day(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = yoe + era * 400 + (*month <= 2);
}

void clock_format(int64_t ms, char text[CLOCK_TEXT])
{
    int64_t days = ms / DAY - (ms % DAY < 0);
    int left = (int)((ms % DAY + DAY) % DAY);
    int64_t year;
    int month, day;

    clock_day(days, &year, &month, &day);
    snprintf(text, CLOCK_TEXT, "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ",
             (long long)year, month, day, left / HOUR, left / MINUTE % 60,
             left / SECOND % 60, left % SECOND);
}

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return lengths[month - 1] + (month == 2 && leap);
}

/* Second 60 is a leap second (RFC 3339 section 5.7): the same instant as the
 * next minute's second 0, as POSIX time has it. */
int clock_civil(int year, int month, int day, int hour, int minute, int second,
                int64_t *ms)
{
    if (month < 1 || month > 12 || day < 1 || day > month_length(year, month) ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 60)
        return ERROR_INVALID;
    *ms = days_of(year, month, day) * DAY + (int64_t)hour * HOUR +
          (int64_t)minute * MINUTE + (int64_t)second * SECOND;
    return 0;
}

/* Milliseconds of a fraction; digits beyond the third are dropped. */
static int eat_fraction(struct reader *in, int *ms)
{
    int scale = 100;

    *ms = 0;
    if (!eat(in, '.') && !eat(in, ','))
        return 0;
    if (in->at == in->end || !digit(*in->at))
        return ERROR_INVALID;
    for (; in->at < in->end && digit(*in->at); in->at++, scale /= 10)
        *ms += (*in->at - '0') * scale;
    return 0;
}

/* The zone up to the end of the text, in ms east of UTC. */
static int eat_zone(struct reader *in, int64_t *zone_ms)
{
    int hours, minutes = 0;
    int sign;

    if (in->at == in->end)
        return 0;
    if (eat(in, 'Z') || eat(in, 'z')) {
        *zone_ms = 0;
        return in->at == in->end ? 0 : ERROR_INVALID;
    }
    sign = eat(in, '-') ? -1 : eat(in, '+') ? 1 : 0;
    hours = eat_digits(in, 2);
    if (!sign || hours < 0 || hours > 23)
        return ERROR_INVALID;
    if (in->at < in->end) {
        eat(in, ':');
        minutes = eat_digits(in, 2);
    }
    if (minutes < 0 || minutes > 59 || in->at != in->end)
        return ERROR_INVALID;
    *zone_ms = sign * ((int64_t)hours * HOUR + (int64_t)minutes * MINUTE);
    return 0;
}

/* HH:MM:SS; each is -1 where it is missing, which clock_civil refuses. */
static void eat_clock(struct reader *in, int hms[3])
{
    hms[0] = eat_digits(in, 2);
    hms[1] = eat(in, ':') ? eat_digits(in, 2) : -1;
    hms[2] = eat(in, ':') ? eat_digits(in, 2) : -1;
}

int clock_parse(struct str text, int64_t zone_ms, int64_t *ms)
{
    struct reader in = {text.data, text.data + text.len};
    int year, month, day, fraction, hms[3];
    int64_t local;

    year = eat_digits(&in, 4);
    month = eat(&in, '-') ? eat_digits(&in, 2) : -1;
    day = eat(&in, '-') ? eat_digits(&in, 2) : -1;
    if (year < 0 || (!eat(&in, 'T') && !eat(&in, 't') && !eat(&in, ' ')))
        return ERROR_INVALID;
    eat_clock(&in, hms);
    if (clock_civil(year, month, day, hms[0], hms[1], hms[2], &local) ||
        eat_fraction(&in, &fraction) || eat_zone(&in, &zone_ms))
        return ERROR_INVALID;
    *ms = local + fraction - zone_ms;
    return 0;
}

/* What names its zone is the same time wherever it is read. */
int clock_parse_zoned(struct str text, int64_t *ms)
{
    int64_t elsewhere;

    return clock_parse(text, 0, ms) || clock_parse(text, HOUR, &elsewhere) ||
                   *ms != elsewhere
               ? ERROR_INVALID
               : 0;
}

int clock_until(struct str text, int64_t *ms)
{
    struct reader in = {text.data, text.data + text.len};
    int year = eat_digits(&in, 4);
    int month = eat(&in, '-') ? eat_digits(&in, 2) : -1;
    int day = eat(&in, '-') ? eat_digits(&in, 2) : -1;

    if (year < 0 || in.at != in.end)
        return clock_parse_zoned(text, ms);
    if (clock_civil(year, month, day, 0, 0, 0, ms))
        return ERROR_INVALID;
    *ms += DAY;
    return 0;
}

static int eat_month(struct reader *in)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    if (in->end - in->at < 3)
        return -1;
    for (int i = 0; i < 12; i++)
        if (!memcmp(in->at, names + (size_t)3 * (size_t)i, 3)) {
            in->at += 3;
            return i + 1;
        }
    return -1;
}

int clock_recent(const struct clock_date *date, int64_t zone_ms, int64_t now,
                 int64_t *ms)
{
    int this_month, this_day;
    int64_t year, local;

    clock_day((now + DAY + zone_ms) / DAY, &year, &this_month, &this_day);
    /* 29 February may be up to eight years back (1896 to 1904). */
    for (int back = 0; back <= 8; back++) {
        if (!clock_civil((int)year - back, date->month, date->day, date->hour,
                         date->minute, date->second, &local) &&
            local - zone_ms <= now + DAY) {
            *ms = local - zone_ms;
            return 0;
        }
    }
    return ERROR_INVALID;
}

int clock_parse_syslog(struct str text, int64_t zone_ms, int64_t now,
                       int64_t *ms)
{
    struct reader in = {text.data, text.data + text.len};
    struct clock_date date;
    int hms[3];

    date.month = eat_month(&in);
    if (date.month < 0 || !eat(&in, ' '))
        return ERROR_INVALID;
    date.day = eat(&in, ' ') || in.end - in.at < 2 || !digit(in.at[1])
                   ? eat_digits(&in, 1)
                   : eat_digits(&in, 2);
    if (!eat(&in, ' '))
        return ERROR_INVALID;
    eat_clock(&in, hms);
    if (in.at != in.end)
        return ERROR_INVALID;
    date.hour = hms[0];
    date.minute = hms[1];
    date.second = hms[2];
    return clock_recent(&date, zone_ms, now, ms);
}
