#include "base/alloc.h"
#include "base/str.h"
#include "model/timeformat_inner.h"
#include "model/timezone.h"

#include <stdlib.h>
#include <time.h>

enum {
    SECOND_MS = 1000,
    MINUTE_MS = 60 * SECOND_MS,
    MS_UNITS = 10000, /* of 100 ns in a millisecond */
};

/* The time at hand, in its zone. */
struct moment {
    struct tm civil;
    int ms;      /* of the second */
    int minutes; /* east of UTC */
    bool utc;    /* because it is UTC, not because it is London's winter */
    size_t from; /* where its text begins */
};

static struct moment moment_of(const struct time_format *format, int64_t ms)
{
    bool utc = format->utc || !format->zone;
    int64_t offset = utc ? 0 : timezone_offset(format->zone, ms);
    int64_t local = ms + offset;
    int64_t rest = (local % SECOND_MS + SECOND_MS) % SECOND_MS;
    time_t seconds = (time_t)((local - rest) / SECOND_MS);
    struct moment moment = {
        .ms = (int)rest, .minutes = (int)(offset / MINUTE_MS), .utc = utc};

    gmtime_r(&seconds, &moment.civil);
    return moment;
}

/* One digit or two. */
static void put_number(struct buf *buf, int value, size_t count)
{
    buf_printf(buf, "%0*d", count < 2 ? 1 : 2, value);
}

static void put_name(struct buf *buf, const char *const *names, int index,
                     size_t count)
{
    enum { SHORT = 3 }; /* letters of an abbreviated name */
    struct str name = str_of(names[index]);

    if (count == SHORT)
        name.len = SHORT;
    buf_add_str(buf, name);
}

static void put_day(struct buf *buf, const struct moment *moment, size_t count)
{
    static const char *const names[] = {"Sunday",    "Monday",   "Tuesday",
                                        "Wednesday", "Thursday", "Friday",
                                        "Saturday"};

    if (count < 3)
        put_number(buf, moment->civil.tm_mday, count);
    else
        put_name(buf, names, moment->civil.tm_wday, count);
}

static void put_month(struct buf *buf, const struct moment *moment,
                      size_t count)
{
    static const char *const names[] = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};

    if (count < 3)
        put_number(buf, moment->civil.tm_mon + 1, count);
    else
        put_name(buf, names, moment->civil.tm_mon, count);
}

static void put_year(struct buf *buf, const struct moment *moment, size_t count)
{
    int year = moment->civil.tm_year + 1900;

    if (count < 3)
        put_number(buf, year % 100, count);
    else
        buf_printf(buf, "%0*d", (int)count, year);
}

static void put_era(struct buf *buf, const struct moment *moment, size_t count)
{
    (void)moment;
    (void)count;
    buf_add_text(buf, "A.D.");
}

static void put_hour(struct buf *buf, const struct moment *moment, size_t count)
{
    put_number(buf, moment->civil.tm_hour, count);
}

static void put_hour12(struct buf *buf, const struct moment *moment,
                       size_t count)
{
    put_number(buf, (moment->civil.tm_hour + 11) % 12 + 1, count);
}

static void put_half(struct buf *buf, const struct moment *moment, size_t count)
{
    buf_add(buf, moment->civil.tm_hour < 12 ? "AM" : "PM", count < 2 ? 1 : 2);
}

static void put_minute(struct buf *buf, const struct moment *moment,
                       size_t count)
{
    put_number(buf, moment->civil.tm_min, count);
}

static void put_second(struct buf *buf, const struct moment *moment,
                       size_t count)
{
    put_number(buf, moment->civil.tm_sec, count);
}

static void put_fraction(struct buf *buf, const struct moment *moment,
                         size_t count)
{
    char *digits = alloc_printf("%0*d", FRACTION_MAX, moment->ms * MS_UNITS);

    buf_add(buf, digits, count);
    free(digits);
}

/* Without zeros at the end; a point that is left without digits goes too. */
static void put_trimmed(struct buf *buf, const struct moment *moment,
                        size_t count)
{
    size_t bare = buf->len;

    put_fraction(buf, moment, count);
    while (buf->len > bare && buf->data[buf->len - 1] == '0')
        buf->len--;
    if (buf->len == bare && bare > moment->from && buf->data[bare - 1] == '.')
        buf->len--;
    buf->data[buf->len] = '\0';
}

static void put_offset(struct buf *buf, const struct moment *moment,
                       size_t count)
{
    int away = abs(moment->minutes);

    buf_add_byte(buf, moment->minutes < 0 ? '-' : '+');
    put_number(buf, away / 60, count);
    if (count > 2)
        buf_printf(buf, ":%02d", away % 60);
}

static void put_kind(struct buf *buf, const struct moment *moment, size_t count)
{
    (void)count;
    if (moment->utc)
        buf_add_byte(buf, 'Z');
    else
        put_offset(buf, moment, 3);
}

static const struct {
    char letter;
    void (*put)(struct buf *buf, const struct moment *moment, size_t count);
} specifiers[] = {
    {'d', put_day},    {'f', put_fraction}, {'F', put_trimmed},
    {'g', put_era},    {'h', put_hour12},   {'H', put_hour},
    {'K', put_kind},   {'m', put_minute},   {'M', put_month},
    {'s', put_second}, {'t', put_half},     {'y', put_year},
    {'z', put_offset},
};

static void put_piece(struct buf *buf, const struct piece *piece,
                      const struct moment *moment)
{
    if (piece->letter == LITERAL)
        buf_add_text(buf, piece->text);
    for (size_t i = 0; i < sizeof specifiers / sizeof *specifiers; i++)
        if (specifiers[i].letter == piece->letter)
            specifiers[i].put(buf, moment, piece->count);
}

void timeformat_put(const struct time_format *format, int64_t ms,
                    struct buf *buf)
{
    struct moment moment = moment_of(format, ms);

    moment.from = buf->len;
    for (size_t i = 0; i < format->len; i++)
        put_piece(buf, &format->pieces[i], &moment);
}
