#include "base/clock.h"
#include "model/source_inner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t at(const char *text)
{
    int64_t ms = 0;

    assert_int_equal(clock_parse(str_of(text), 0, &ms), 0);
    return ms;
}

enum { HOUR = 3600 * 1000 };

/* Times without a zone are an hour east. */
static void reads(const char *pattern, const char *text, const char *want)
{
    int64_t ms = 0;

    if (source_pattern_time(str_of(pattern), str_of(text), HOUR,
                            at("2026-11-24T12:00:00Z"), &ms))
        fail_msg("%s: %s", pattern, text);
    if (ms != at(want)) {
        char got[CLOCK_TEXT];

        clock_format(ms, got);
        fail_msg("%s: %s is %s, not %s", pattern, text, got, want);
    }
}

static void refuses(const char *pattern, const char *text)
{
    int64_t ms;

    if (!source_pattern_time(str_of(pattern), str_of(text), 0, 0, &ms))
        fail_msg("%s: %s is read", pattern, text);
}

static void suggested_patterns_are_read(void **state)
{
    (void)state;
    reads("MMM dd yyyy HH:mm:ss", "Jun 06 2015 16:07:36",
          "2015-06-06T15:07:36Z");
    reads("MMM dd yyyy HH:mm:ss.SSS", "Jun 06 2015 16:07:36.300",
          "2015-06-06T15:07:36.3Z");
    reads("MMM dd yyyy HH:mm:ss.SSS z", "Jun 06 2015 02:07:36.300 GMT",
          "2015-06-06T02:07:36.3Z");
    reads("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2026-11-24T06:55:46.5-05:00",
          "2026-11-24T11:55:46.5Z");
    reads("yyyyMMddHHmmss", "20261124065546", "2026-11-24T05:55:46Z");
    reads("EEE, d MMMM yyyy hh:mm a", "Tue, 4 November 2026 12:05 PM",
          "2026-11-04T11:05:00Z");
    reads("M/d/yy h:mm:ss a", "1/2/26 12:05:09 am", "2026-01-01T23:05:09Z");
    reads("dd/MM/yyyy kk:mm:ss", "24/11/2026 24:00:01", "2026-11-23T23:00:01Z");
    reads("yyyy.MM.dd 'at' HH 'o''clock' mm", "2026.11.24 at 6 o'clock 30",
          "2026-11-24T05:30:00Z");
    reads("MMM dd HH:mm:ss", "Dec 10 06:55:46", "2025-12-10T05:55:46Z");
    reads("MMM dd HH:mm:ss.SSS z", "Nov  4 06:55:46.25 UTC",
          "2026-11-04T06:55:46.25Z");
}

static void zones_are_offsets_or_names(void **state)
{
    static const struct {
        const char *zone, *want;
    } cases[] = {
        {"UTC", "2026-11-24T12:00:00Z"},
        {"Z", "2026-11-24T12:00:00Z"},
        {"UT", "2026-11-24T12:00:00Z"},
        {"EST", "2026-11-24T17:00:00Z"},
        {"PDT", "2026-11-24T19:00:00Z"},
        {"CET", "2026-11-24T11:00:00Z"},
        {"CEST", "2026-11-24T10:00:00Z"},
        {"+0130", "2026-11-24T10:30:00Z"},
        {"-03", "2026-11-24T15:00:00Z"},
        {"+05:45", "2026-11-24T06:15:00Z"},
        {"GMT+02:00", "2026-11-24T10:00:00Z"},
        {"GMT-8", "2026-11-24T20:00:00Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64] = "2026-11-24 12:00:00 ";
        struct str zone = str_of(cases[i].zone);

        for (size_t j = 0; j <= zone.len; j++)
            text[20 + j] = j < zone.len ? zone.data[j] : '\0';
        reads("yyyy-MM-dd HH:mm:ss z", text, cases[i].want);
    }
    refuses("yyyy-MM-dd HH:mm:ss z", "2026-11-24 12:00:00 BST");
    refuses("yyyy-MM-dd HH:mm:ss z", "2026-11-24 12:00:00 UTCX");
    refuses("yyyy-MM-dd HH:mm:ss z", "2026-11-24 12:00:00 +24:00");
    refuses("yyyy-MM-dd HH:mm:ss z", "2026-11-24 12:00:00 +01:0");
    refuses("yyyy-MM-dd HH:mm:ss z", "2026-11-24 12:00:00 ");
}

static void what_is_not_so_is_refused(void **state)
{
    (void)state;
    refuses("MMM dd yyyy HH:mm:ss", "Jun 31 2015 16:07:36");
    refuses("MMM dd yyyy HH:mm:ss", "Jun 06 2015 16:07:36x");
    refuses("MMM dd yyyy HH:mm:ss", "Jun 06 2015 16:07");
    refuses("MMM dd yyyy HH:mm:ss", "Juin 06 2015 16:07:36");
    refuses("MMM dd yyyy HH:mm:ss", "");
    refuses("", "");
    refuses("yyyy-MM-dd", "2026-11-24");
    refuses("HH:mm:ss", "12:00:00");
    refuses("yyyy-DDD HH:mm:ss", "2026-100 12:00:00");
    refuses("yyyy-MM-dd hh:mm:ss a", "2026-11-24 13:00:00 PM");
    refuses("yyyy-MM-dd hh:mm:ss a", "2026-11-24 00:00:00 AM");
    refuses("yyyy-MM-dd HH:mm:ss 'x", "2026-11-24 12:00:00 x");
    refuses("yyy-MM-dd HH:mm:ss", "126-11-24 12:00:00");
    refuses("yyyy-MM-dd HH:mm:ss", "99999-11-24 12:00:00");
    refuses("MMM dd HH:mm:ss", "Feb 30 12:00:00");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggested_patterns_are_read),
        cmocka_unit_test(zones_are_offsets_or_names),
        cmocka_unit_test(what_is_not_so_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
