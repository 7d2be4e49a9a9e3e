#include "base/clock.h"

#include "../seed.h"
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const int64_t day = 86400000;

static int64_t at(const char *text)
{
    int64_t ms = -1;

    assert_int_equal(clock_parse(str_of(text), 0, &ms), 0);
    return ms;
}

static void durations_have_a_number_and_a_unit(void **state)
{
    int64_t ms;

    (void)state;
    assert_int_equal(clock_duration(str_of("500ms"), &ms), 0);
    assert_int_equal(ms, 500);
    assert_int_equal(clock_duration(str_of("30s"), &ms), 0);
    assert_int_equal(ms, 30000);
    assert_int_equal(clock_duration(str_of("1m"), &ms), 0);
    assert_int_equal(ms, 60000);
    assert_int_equal(clock_duration(str_of("36h"), &ms), 0);
    assert_int_equal(ms, 36 * 3600000);
    assert_int_equal(clock_duration(str_of("7d"), &ms), 0);
    assert_int_equal(ms, 7 * day);
    assert_int_equal(clock_duration(str_of("0s"), &ms), 0);
    assert_int_equal(ms, 0);
}

static void durations_that_are_none_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "1",
        "s",
        "-1s",
        "+1s",
        " 1s",
        "1 s",
        "1s ",
        "1.5h",
        "1w",
        "1S",
        "3651d",
        "99999999999999999999d",
        "87601h",
    };
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(clock_duration(str_of(wrong[i]), &ms), ERROR_INVALID);
    assert_int_equal(clock_duration((struct str){"1s\0", 3}, &ms),
                     ERROR_INVALID);
    assert_int_equal(clock_duration(str_of("3650d"), &ms), 0);
    assert_int_equal(ms, 3650 * day);
    assert_int_equal(clock_duration(str_of("87600h"), &ms), 0);
}

static void times_are_printed_in_utc(void **state)
{
    char text[CLOCK_TEXT];

    (void)state;
    clock_format(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    clock_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    clock_format(1795499421007, text);
    assert_string_equal(text, "2026-11-24T05:50:21.007Z");
    clock_format(951782400000, text);
    assert_string_equal(text, "2000-02-29T00:00:00.000Z");
    clock_format(INT64_MAX, text);
    clock_format(INT64_MIN, text);
}

/* The C library's own calendar is the independent statement. */
static void civil_time_agrees_with_the_c_library(void **state)
{
    unsigned seed = test_seed();

    (void)state;
    print_message("# seed %u\n", seed);
    srandom(seed);
    for (int i = 0; i < 10000; i++) {
        int64_t want = random() * 97 - 60000000000LL, got;
        time_t seconds = (time_t)want;
        struct tm tm;
        char text[CLOCK_TEXT], expected[CLOCK_TEXT];

        gmtime_r(&seconds, &tm);
        assert_int_equal(clock_civil(tm.tm_year + 1900, tm.tm_mon + 1,
                                     tm.tm_mday, tm.tm_hour, tm.tm_min,
                                     tm.tm_sec, &got),
                         0);
        assert_int_equal(got, want * 1000);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
        clock_format(got, text);
        if (tm.tm_year + 1900 > 999)
            assert_string_equal(text, expected);
    }
}

static void days_that_do_not_exist_are_refused(void **state)
{
    int64_t ms;

    (void)state;
    assert_int_equal(clock_civil(2023, 2, 29, 0, 0, 0, &ms), ERROR_INVALID);
    assert_int_equal(clock_civil(2024, 2, 29, 0, 0, 0, &ms), 0);
    assert_int_equal(clock_civil(1900, 2, 29, 0, 0, 0, &ms), ERROR_INVALID);
    assert_int_equal(clock_civil(2026, 13, 1, 0, 0, 0, &ms), ERROR_INVALID);
    assert_int_equal(clock_civil(2026, 0, 1, 0, 0, 0, &ms), ERROR_INVALID);
    assert_int_equal(clock_civil(2026, 1, 0, 0, 0, 0, &ms), ERROR_INVALID);
    assert_int_equal(clock_civil(2026, 4, 31, 0, 0, 0, &ms), ERROR_INVALID);
    assert_int_equal(clock_civil(2026, 1, 1, 24, 0, 0, &ms), ERROR_INVALID);
    assert_int_equal(clock_civil(2026, 1, 1, 0, 60, 0, &ms), ERROR_INVALID);
    assert_int_equal(clock_civil(2026, 1, 1, 0, 0, 61, &ms), ERROR_INVALID);
    assert_int_equal(clock_civil(2016, 12, 31, 23, 59, 60, &ms), 0);
}

static void rfc3339_and_its_neighbours_are_read(void **state)
{
    int64_t want = 1418194546000, ms;

    (void)state;
    assert_int_equal(at("2014-12-10T06:55:46Z"), want);
    assert_int_equal(at("2014-12-10 06:55:46Z"), want);
    assert_int_equal(at("2014-12-10t06:55:46z"), want);
    assert_int_equal(at("2014-12-10T06:55:46"), want);
    assert_int_equal(at("2014-12-10T07:55:46+01:00"), want);
    assert_int_equal(at("2014-12-10T07:55:46+0100"), want);
    assert_int_equal(at("2014-12-10T07:55:46+01"), want);
    assert_int_equal(at("2014-12-10T01:25:46-05:30"), want);
    assert_int_equal(at("2014-12-10T06:55:46.1Z"), want + 100);
    assert_int_equal(at("2014-12-10T06:55:46.123456789Z"), want + 123);
    assert_int_equal(at("2014-12-10T06:55:46,5+00:00"), want + 500);
    assert_int_equal(clock_parse(str_of("2014-12-10T07:55:46"), 3600000, &ms),
                     0);
    assert_int_equal(ms, want);
    assert_int_equal(clock_parse(str_of("2014-12-10T06:55:46Z"), 3600000, &ms),
                     0);
    assert_int_equal(ms, want);
}

static void a_zone_may_be_asked_for(void **state)
{
    int64_t ms;

    (void)state;
    assert_int_equal(
        clock_parse_zoned(str_of("1970-01-01T01:00:00+01:00"), &ms), 0);
    assert_int_equal(ms, 0);
    assert_int_equal(clock_parse_zoned(str_of("1970-01-01T00:00:01Z"), &ms), 0);
    assert_int_equal(ms, 1000);
    assert_int_equal(clock_parse_zoned(str_of("1970-01-01T00:00:01"), &ms),
                     ERROR_INVALID);
    assert_int_equal(clock_parse_zoned(str_of("today"), &ms), ERROR_INVALID);
}

static void other_times_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "2014-12-10",
        "2014-12-10T06:55",
        "2014-12-10T06:55:46Zx",
        "2014-12-10T06:55:46+1",
        "2014-12-10T06:55:46+24:00",
        "2014-12-10T06:55:46+01:60",
        "2014-12-10T06:55:46 +01:00",
        "2014-12-10T06:55:46.Z",
        "2014-13-10T06:55:46Z",
        "14-12-10T06:55:46Z",
        "2014-02-30T06:55:46Z",
        "2014-12-10T25:55:46Z",
        "-014-12-10T06:55:46Z",
    };
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(clock_parse(str_of(wrong[i]), 0, &ms), ERROR_INVALID);
}

static int64_t syslog_at(const char *text, const char *now)
{
    int64_t ms = -1;

    assert_int_equal(clock_parse_syslog(str_of(text), 0, at(now), &ms), 0);
    return ms;
}

static void syslog_takes_the_latest_year_at_most_a_day_ahead(void **state)
{
    (void)state;
    assert_int_equal(syslog_at("Nov 24 05:50:21", "2026-11-24T05:50:21Z"),
                     at("2026-11-24T05:50:21Z"));
    assert_int_equal(syslog_at("Nov 25 05:50:21", "2026-11-24T05:50:21Z"),
                     at("2026-11-25T05:50:21Z"));
    assert_int_equal(syslog_at("Nov 25 05:50:22", "2026-11-24T05:50:21Z"),
                     at("2025-11-25T05:50:22Z"));
    assert_int_equal(syslog_at("Jan  1 00:00:01", "2026-12-31T23:59:59Z"),
                     at("2027-01-01T00:00:01Z"));
    assert_int_equal(syslog_at("Jan  1 00:00:01", "2026-12-30T23:59:59Z"),
                     at("2026-01-01T00:00:01Z"));
    assert_int_equal(syslog_at("Feb 29 12:00:00", "2027-03-01T00:00:00Z"),
                     at("2024-02-29T12:00:00Z"));
    assert_int_equal(syslog_at("Feb 29 12:00:00", "1904-02-01T00:00:00Z"),
                     at("1896-02-29T12:00:00Z"));
}

static void syslog_days_may_have_one_digit(void **state)
{
    static const char *const wrong[] = {
        "",
        "Dec",
        "Dec 10",
        "Dez 10 06:55:46",
        "Dec 32 06:55:46",
        "Dec 10 06:55:46 ",
        "dec 10 06:55:46",
        "Dec 10 6:55:46",
        "Feb 30 00:00:00",
        "Dec   1 06:55:46",
    };
    int64_t want = at("2025-12-01T06:55:46Z"), ms;

    (void)state;
    assert_int_equal(syslog_at("Dec  1 06:55:46", "2026-11-24T00:00:00Z"),
                     want);
    assert_int_equal(syslog_at("Dec 1 06:55:46", "2026-11-24T00:00:00Z"), want);
    assert_int_equal(syslog_at("Dec 01 06:55:46", "2026-11-24T00:00:00Z"),
                     want);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(clock_parse_syslog(str_of(wrong[i]), 0, 0, &ms),
                         ERROR_INVALID);
}

static void syslog_years_are_found_in_the_zone(void **state)
{
    int64_t now = at("2026-12-30T23:30:00Z"), ms;

    (void)state;
    assert_int_equal(
        clock_parse_syslog(str_of("Jan  1 00:10:00"), 3600000, now, &ms), 0);
    assert_int_equal(ms, at("2026-12-31T23:10:00Z"));
}

static void now_is_after_this_was_written(void **state)
{
    (void)state;
    assert_true(clock_now() > at("2023-01-01T00:00:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_a_number_and_a_unit),
        cmocka_unit_test(durations_that_are_none_are_refused),
        cmocka_unit_test(times_are_printed_in_utc),
        cmocka_unit_test(civil_time_agrees_with_the_c_library),
        cmocka_unit_test(days_that_do_not_exist_are_refused),
        cmocka_unit_test(rfc3339_and_its_neighbours_are_read),
        cmocka_unit_test(a_zone_may_be_asked_for),
        cmocka_unit_test(other_times_are_refused),
        cmocka_unit_test(syslog_takes_the_latest_year_at_most_a_day_ahead),
        cmocka_unit_test(syslog_days_may_have_one_digit),
        cmocka_unit_test(syslog_years_are_found_in_the_zone),
        cmocka_unit_test(now_is_after_this_was_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
