#include "base/clock.h"
#include "base/error.h"
#include "model/source_inner.h"

#include <string.h>
#include <strings.h>

/*
 * Times by a pattern of Java's SimpleDateFormat: y M d H h k m s S a E z Z X,
 * text in quotes, and any other character as itself. Names are English. What
 * has no month, day, hour and minute is no time.
 */

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

struct reader {
    struct str text;
    int year, month, day, hour, minute, second, ms; /* -1: not read */
    int afternoon;                                  /* 0, 1; -1: not read */
    int64_t zone_ms;
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void skip(struct reader *in, size_t count)
{
    in->text.data += count;
    in->text.len -= count;
}

/* As many digits as there are, from least to most; *count of them. */
static int eat_number(struct reader *in, int least, int most, int *count)
{
    int value = 0;

    for (*count = 0; *count < most && in->text.len && digit(*in->text.data);
         ++*count) {
        value = value * 10 + (*in->text.data - '0');
        skip(in, 1);
    }
    return *count < least ? -1 : value;
}

static bool eat_name(struct reader *in, const char *name, size_t len)
{
    if (in->text.len < len || strncasecmp(in->text.data, name, len) != 0)
        return false;
    skip(in, len);
    return true;
}

/* Its number in the list; whole, or the first three letters. */
static int eat_listed(struct reader *in, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (eat_name(in, names[i], strlen(names[i])) ||
            eat_name(in, names[i], 3))
            return i;
    return -1;
}

static int eat_month(struct reader *in)
{
    static const char *const names[] = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December",
    };

    return eat_listed(in, names, 12);
}

static bool eat_weekday(struct reader *in)
{
    static const char *const names[] = {
        "Monday", "Tuesday",  "Wednesday", "Thursday",
        "Friday", "Saturday", "Sunday",
    };

    return eat_listed(in, names, 7) >= 0;
}

/* +01:00, +0100 or +01. */
static bool eat_offset(struct reader *in)
{
    int sign, hours, minutes, count;

    if (!in->text.len || !strchr("+-", *in->text.data) || !*in->text.data)
        return false;
    sign = *in->text.data == '-' ? -1 : 1;
    skip(in, 1);
    hours = eat_number(in, 1, 2, &count);
    eat_name(in, ":", 1);
    minutes = eat_number(in, 0, 2, &count);
    if (hours < 0 || hours > 23 || minutes > 59 || count == 1)
        return false;
    in->zone_ms = sign * ((int64_t)hours * HOUR + (int64_t)minutes * MINUTE);
    return true;
}

/* The names that RFC 5322 knows, and Europe's that mean one thing only. */
static bool eat_zone(struct reader *in)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = {
        {"UTC", 0},  {"GMT", 0},  {"EST", -5}, {"EDT", -4}, {"CST", -6},
        {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7},
        {"CEST", 2}, {"CET", 1},  {"EEST", 3}, {"EET", 2},  {"WEST", 1},
        {"WET", 0},  {"UT", 0},   {"Z", 0},
    };

    if (eat_offset(in))
        return true;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        if (!eat_name(in, zones[i].name, strlen(zones[i].name)))
            continue;
        in->zone_ms = (int64_t)zones[i].hours * HOUR;
        if (zones[i].hours == 0 && in->text.len &&
            strchr("+-", *in->text.data) && *in->text.data)
            return eat_offset(in);
        return !in->text.len || !letter(*in->text.data);
    }
    return false;
}

/* Digits of a second's fraction; those beyond the third are dropped. */
static int eat_fraction(struct reader *in)
{
    int scale = 100, ms = 0;

    if (!in->text.len || !digit(*in->text.data))
        return -1;
    for (; in->text.len && digit(*in->text.data); skip(in, 1), scale /= 10)
        ms += (*in->text.data - '0') * scale;
    return ms;
}

/* width: how often the letter stands there; packed: a letter follows at
 * once, so that only the width says where the number ends. */
static int eat_field(struct reader *in, int width, bool packed)
{
    int most = packed ? width : 2, count;

    while (in->text.len && *in->text.data == ' ')
        skip(in, 1);
    return eat_number(in, packed ? width : 1, most, &count);
}

static int eat_year(struct reader *in, int width, bool packed)
{
    int count, year = eat_number(in, 2, packed ? width : 4, &count);

    if (count == 2 && year >= 0)
        return 2000 + year;
    return count == 4 ? year : -1;
}

/* Where a letter's number goes, or NULL. */
static int *place_of(struct reader *in, char c)
{
    switch (c) {
    case 'M':
        return &in->month;
    case 'd':
        return &in->day;
    case 'H':
    case 'h':
    case 'k':
        return &in->hour;
    case 'm':
        return &in->minute;
    case 's':
        return &in->second;
    default:
        return NULL;
    }
}

static bool eat_half(struct reader *in)
{
    in->afternoon = eat_name(in, "PM", 2) ? 1 : eat_name(in, "AM", 2) ? 0 : -1;
    return in->afternoon >= 0;
}

static bool eat_letter(struct reader *in, char c, int width, bool packed)
{
    int *place = place_of(in, c);

    if (c == 'M' && width > 2)
        return (in->month = eat_month(in) + 1) > 0;
    if (place)
        return (*place = eat_field(in, width, packed)) >= 0;
    switch (c) {
    case 'y':
        return (in->year = eat_year(in, width, packed)) >= 0;
    case 'S':
        return (in->ms = eat_fraction(in)) >= 0;
    case 'a':
        return eat_half(in);
    case 'E':
        return eat_weekday(in);
    case 'z':
    case 'Z':
    case 'X':
        return eat_zone(in);
    default:
        return false;
    }
}

/* A quoted piece of the pattern; two quotes are one, in it and by themselves.
 * *at is on the first quote and comes to stand behind the last. */
static bool eat_quoted(struct reader *in, struct str pattern, size_t *at)
{
    size_t i = *at + 1;

    if (i < pattern.len && pattern.data[i] == '\'') {
        *at = i + 1;
        return eat_name(in, "'", 1);
    }
    for (; i < pattern.len; i++) {
        if (pattern.data[i] == '\'' &&
            (i + 1 == pattern.len || pattern.data[i + 1] != '\'')) {
            *at = i + 1;
            return true;
        }
        if (pattern.data[i] == '\'')
            i++;
        if (!eat_name(in, pattern.data + i, 1))
            return false;
    }
    return false;
}

static bool follow(struct reader *in, struct str pattern)
{
    size_t i = 0;

    while (i < pattern.len) {
        char c = pattern.data[i];
        size_t end = i;

        if (c == '\'') {
            if (!eat_quoted(in, pattern, &i))
                return false;
            continue;
        }
        if (!letter(c)) {
            if (!eat_name(in, &c, 1))
                return false;
            i++;
            continue;
        }
        while (end < pattern.len && pattern.data[end] == c)
            end++;
        if (!eat_letter(in, c, (int)(end - i),
                        end < pattern.len && letter(pattern.data[end])))
            return false;
        i = end;
    }
    return !in->text.len;
}

/* h counts from 12 to 11, k from 24 to 23. */
static bool settle_hour(struct reader *in)
{
    if (in->afternoon >= 0) {
        if (in->hour < 1 || in->hour > 12)
            return false;
        in->hour = in->hour % 12 + (in->afternoon ? 12 : 0);
    }
    if (in->hour == 24)
        in->hour = 0;
    return in->hour >= 0;
}

int source_pattern_time(struct str pattern, struct str text, int64_t zone_ms,
                        int64_t now, int64_t *ms)
{
    struct reader in = {
        .text = text,
        .year = -1,
        .month = -1,
        .day = -1,
        .hour = -1,
        .minute = -1,
        .afternoon = -1,
        .zone_ms = zone_ms,
    };
    struct clock_date date;

    if (!follow(&in, pattern) || !settle_hour(&in) || in.month < 1 ||
        in.day < 1 || in.minute < 0)
        return ERROR_INVALID;
    date = (struct clock_date){in.month, in.day, in.hour, in.minute, in.second};
    if (in.year < 0) {
        if (clock_recent(&date, in.zone_ms, now, ms))
            return ERROR_INVALID;
        *ms += in.ms;
        return 0;
    }
    if (clock_civil(in.year, in.month, in.day, in.hour, in.minute, in.second,
                    ms))
        return ERROR_INVALID;
    *ms += in.ms - in.zone_ms;
    return 0;
}
