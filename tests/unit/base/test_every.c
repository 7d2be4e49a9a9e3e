#include "base/every.h"

#include "../seed.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE = 60 * 1000, DAY = 24 * 60 * MINUTE };

static int64_t at(const char *text)
{
    int64_t ms = -1;

    assert_int_equal(clock_parse(str_of(text), 0, &ms), 0);
    return ms;
}

static struct every parsed(const char *text)
{
    struct every every;
    struct error error = {0};

    if (every_parse(str_of(text), &every, &error))
        fail_msg("%s: %s", text, error.text);
    return every;
}

static void refused(const char *text, const char *words)
{
    struct every every;
    struct error error = {0};

    assert_int_equal(every_parse(str_of(text), &every, &error), ERROR_INVALID);
    if (!strstr(error.text, words))
        fail_msg("%s: %s\nnot: %s", text, error.text, words);
}

static void next_is(const char *text, const char *after, const char *want)
{
    struct every every = parsed(text);
    char got[CLOCK_TEXT], wanted[CLOCK_TEXT];

    clock_format(every_next(&every, at(after)), got);
    clock_format(at(want), wanted);
    assert_string_equal(got, wanted);
}

static void latest_is(const char *text, const char *when, const char *want)
{
    struct every every = parsed(text);
    char got[CLOCK_TEXT], wanted[CLOCK_TEXT];

    clock_format(every_latest(&every, at(when)), got);
    clock_format(at(want), wanted);
    assert_string_equal(got, wanted);
}

static void a_period_is_due_at_its_multiples(void **state)
{
    (void)state;
    next_is("1h", "2026-11-24T05:50:21Z", "2026-11-24T06:00:00Z");
    next_is("1h", "2026-11-24T06:00:00Z", "2026-11-24T07:00:00Z");
    latest_is("1h", "2026-11-24T06:00:00Z", "2026-11-24T06:00:00Z");
    latest_is("1h", "2026-11-24T06:59:59.999Z", "2026-11-24T06:00:00Z");
    next_is("7d", "1970-01-01T00:00:00Z", "1970-01-08T00:00:00Z");
    next_is("1500ms", "1970-01-01T00:00:02Z", "1970-01-01T00:00:03Z");
}

static void the_least_period(void **state)
{
    (void)state;
    assert_int_equal(parsed("1s").period, EVERY_LEAST);
    assert_int_equal(parsed("1000ms").period, EVERY_LEAST);
    refused("999ms", "at least 1 s");
    refused("0s", "at least 1 s");
}

static void fields_of_crontab(void **state)
{
    (void)state;
    next_is("*/5 * * * *", "2026-11-24T05:50:21Z", "2026-11-24T05:55:00Z");
    next_is("*/5 * * * *", "2026-11-24T05:55:00Z", "2026-11-24T06:00:00Z");
    next_is("0 6 * * mon-fri", "2026-11-27T06:00:00Z", "2026-11-30T06:00:00Z");
    next_is("30 1,13 * JAN,jul *", "2026-07-31T13:30:00Z",
            "2027-01-01T01:30:00Z");
    next_is("10-20/5 3 * * *", "2026-11-24T03:10:00Z", "2026-11-24T03:15:00Z");
    latest_is("0 0 * * 7", "2026-11-24T00:00:00Z", "2026-11-22T00:00:00Z");
    latest_is("0 0 * * 5-7", "2026-11-21T12:00:00Z", "2026-11-21T00:00:00Z");
    next_is(" 0\t0  1 * * ", "2026-11-24T00:00:00Z", "2026-12-01T00:00:00Z");
}

static void a_day_of_either_kind_is_enough(void **state)
{
    (void)state;
    next_is("0 0 13 * fri", "2026-11-24T00:00:00Z", "2026-11-27T00:00:00Z");
    next_is("0 0 13 * fri", "2026-12-12T00:00:00Z", "2026-12-13T00:00:00Z");
    /* As cron has it, a field that begins with '*' does not count as one. */
    next_is("0 0 */2 * fri", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z");
}

static void shorthands(void **state)
{
    (void)state;
    next_is("@hourly", "2026-11-24T05:50:21Z", "2026-11-24T06:00:00Z");
    next_is("@daily", "2026-11-24T05:50:21Z", "2026-11-25T00:00:00Z");
    next_is("@weekly", "2026-11-24T05:50:21Z", "2026-11-29T00:00:00Z");
    next_is("@monthly", "2026-11-24T05:50:21Z", "2026-12-01T00:00:00Z");
    refused("@reboot", "@monthly");
}

static void leap_days(void **state)
{
    (void)state;
    next_is("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z");
    next_is("0 0 29 2 *", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00Z");
    latest_is("0 0 29 2 *", "2103-01-01T00:00:00Z", "2096-02-29T00:00:00Z");
    next_is("0 0 29 2 */6", "2028-03-01T00:00:00Z", "2032-02-29T00:00:00Z");
}

static void dates_that_never_come(void **state)
{
    (void)state;
    refused("0 0 30 2 *", "none of its days");
    refused("0 0 31 2,4,6,9,11 *", "none of its days");
    parsed("0 0 31 2,4,6,9,10 *");
    /* Its Mondays come. */
    next_is("0 0 31 2 mon", "2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z");
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    refused("", "neither a duration");
    refused("* * * *", "five fields");
    refused("* * * * * *", "five fields");
    refused("hourly", "five fields");
    refused("60 * * * *", "minute: a number from 0 to 59");
    refused("* 24 * * *", "hour: a number from 0 to 23");
    refused("* * 0 * *", "day of month: a number from 1 to 31");
    refused("* * 32 * *", "day of month");
    refused("* * * 13 *", "month: a number from 1 to 12 or a name");
    refused("* * * foo *", "month");
    refused("* * * january *", "month");
    refused("* * * * 8", "day of week");
    refused("1, * * * *", "minute");
    refused(",1 * * * *", "minute");
    refused("-1 * * * *", "minute");
    refused("1- * * * *", "minute");
    refused("5/10 * * * *", "minute");
    refused("99999999999 * * * *", "minute");
    refused("20-10 * * * *", "ends before it begins");
    refused("* * * * sat-mon", "ends before it begins");
    refused("*/0 * * * *", "step is from 1 to 60");
    refused("*/61 * * * *", "step is from 1 to 60");
    refused("*/ * * * *", "step is from 1 to 60");
    refused("10-20/12 * * * *", "step is from 1 to 11");
    refused("a b c d e", "minute");
    refused("*\xff * * * *", "minute");
}

/* ---- against a statement of its own ------------------------------------ */

/* One field: a list of from, to, step. */
struct guess {
    char text[64];
    bool due[64];
    bool star;
};

static int below(int n)
{
    return rand() % n;
}

static struct guess guessed(int min, int max)
{
    struct guess guess = {0};
    int parts = 1 + below(2);

    guess.star = below(3) == 0;
    if (guess.star) {
        int step = below(2) ? 1 : 1 + below((max == 7 ? 6 : max) - min + 1);

        snprintf(guess.text, sizeof guess.text, "*/%d", step);
        for (int n = min; n <= (max == 7 ? 6 : max); n += step)
            guess.due[n] = true;
        return guess;
    }
    for (int i = 0; i < parts; i++) {
        size_t len = strlen(guess.text);
        int from = min + below(max - min + 1);
        int to = from + below(max - from + 1);
        int step = 1 + below(to - from + 1);

        snprintf(guess.text + len, sizeof guess.text - len, "%s%d-%d/%d",
                 i ? "," : "", from, to, step);
        for (int n = from; n <= to; n += step)
            guess.due[max == 7 ? n % 7 : n] = true;
    }
    return guess;
}

/* By the C library's calendar, minute by minute. */
static bool due(const struct guess guesses[5], int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    bool day, weekday;

    gmtime_r(&seconds, &tm);
    day = guesses[2].due[tm.tm_mday];
    weekday = guesses[4].due[tm.tm_wday];
    if (!guesses[0].due[tm.tm_min] || !guesses[1].due[tm.tm_hour] ||
        !guesses[3].due[tm.tm_mon + 1])
        return false;
    return guesses[2].star || guesses[4].star ? day && weekday : day || weekday;
}

static void compare(const struct every *every, const struct guess guesses[5],
                    const char *text)
{
    int64_t from = (20000 + (int64_t)below(20000)) * DAY + below(DAY);
    int64_t next = every_next(every, from);
    int64_t end = from + 3 * (int64_t)DAY;
    int64_t minute = from - from % MINUTE + MINUTE;

    while (minute < end && !due(guesses, minute))
        minute += MINUTE;
    if (minute < end ? next != minute : next < end || !due(guesses, next))
        fail_msg("\"%s\" after %lld: %lld", text, (long long)from,
                 (long long)next);
    /* Nothing is due between the latest and the next one. */
    assert_int_equal(every_latest(every, next), next);
    assert_true(every_latest(every, next - 1) <= from);
    assert_int_equal(every_next(every, every_latest(every, from)), next);
    assert_true(due(guesses, every_latest(every, from)));
}

static void random_expressions(void **state)
{
    unsigned seed = test_seed();

    (void)state;
    print_message("# SEED=%u\n", seed);
    srand(seed);
    for (int i = 0; i < 2000; i++) {
        struct guess guesses[5] = {guessed(0, 59), guessed(0, 23),
                                   guessed(1, 31), guessed(1, 12),
                                   guessed(0, 7)};
        struct every every;
        char text[400];

        snprintf(text, sizeof text, "%s %s %s %s %s", guesses[0].text,
                 guesses[1].text, guesses[2].text, guesses[3].text,
                 guesses[4].text);
        if (!every_parse(str_of(text), &every, NULL))
            compare(&every, guesses, text);
        else if (guesses[2].due[1] || guesses[3].due[1])
            fail_msg("%s is refused", text); /* every day comes in January */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_period_is_due_at_its_multiples),
        cmocka_unit_test(the_least_period),
        cmocka_unit_test(fields_of_crontab),
        cmocka_unit_test(a_day_of_either_kind_is_enough),
        cmocka_unit_test(shorthands),
        cmocka_unit_test(leap_days),
        cmocka_unit_test(dates_that_never_come),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(random_expressions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
