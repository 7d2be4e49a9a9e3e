#include "model/timezone.h"

#include "base/clock.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Minutes east of UTC at that time (RFC 3339). */
static void is(const char *id, const char *time, int minutes)
{
    struct zone *zone;
    struct error error;
    int64_t ms;

    assert_int_equal(clock_parse(str_of(time), 0, &ms), 0);
    if (timezone_open(id, &zone, &error))
        fail_msg("%s", error.text);
    assert_int_equal(timezone_offset(zone, ms), minutes * 60000);
    timezone_free(zone);
}

static void test_ids(void **state)
{
    (void)state;
    is("Eastern Standard Time", "2024-01-01T00:00:00Z", -300);
    is("America/New_York", "2024-01-01T00:00:00Z", -300);
    is("US/Eastern", "2024-07-01T00:00:00Z", -240);
    is("eastern standard time", "2024-07-01T00:00:00Z", -240);
    is("europe/berlin", "2024-07-01T00:00:00Z", 120);
    is("India Standard Time", "2024-07-01T00:00:00Z", 330);
    is("Nepal Standard Time", "2024-07-01T00:00:00Z", 345);
    is("UTC-11", "2024-07-01T00:00:00Z", -660);
    is("Dateline Standard Time", "2024-07-01T00:00:00Z", -720);
}

/* The second before and the second of a change. */
static void test_changes(void **state)
{
    (void)state;
    is("Eastern Standard Time", "2024-03-10T06:59:59.999Z", -300);
    is("Eastern Standard Time", "2024-03-10T07:00:00Z", -240);
    is("Eastern Standard Time", "2024-11-03T05:59:59.999Z", -240);
    is("Eastern Standard Time", "2024-11-03T06:00:00Z", -300);
    is("AUS Eastern Standard Time", "2024-04-06T15:59:59Z", 660);
    is("AUS Eastern Standard Time", "2024-04-06T16:00:00Z", 600);
    is("AUS Eastern Standard Time", "2024-10-05T15:59:59Z", 600);
    is("AUS Eastern Standard Time", "2024-10-05T16:00:00Z", 660);
    /* Half an hour of summer time. */
    is("Lord Howe Standard Time", "2024-04-06T14:59:59Z", 660);
    is("Lord Howe Standard Time", "2024-04-06T15:00:00Z", 630);
    /* Before 1970, and before there were zones in whole minutes. */
    is("America/New_York", "1942-07-01T00:00:00Z", -240);
    is("America/New_York", "1960-01-01T00:00:00Z", -300);
}

static void test_utc(void **state)
{
    static const char *const ids[] = {"UTC", "utc", "Etc/UTC", "Zulu",
                                      "Etc/Zulu"};
    struct zone *zone;

    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        assert_int_equal(timezone_open(ids[i], &zone, NULL), 0);
        assert_null(zone);
    }
    assert_int_equal(timezone_offset(NULL, 0), 0);
    timezone_free(NULL);
}

static void unknown(const char *id, const char *text)
{
    struct zone *zone;
    struct error error = {0};

    assert_int_equal(timezone_open(id, &zone, &error), ERROR_NOT_FOUND);
    assert_null(zone);
    assert_string_equal(error.text, text);
}

static void test_unknown(void **state)
{
    char longest[301] = {0};

    (void)state;
    unknown("Estern Standard Time",
            "no time zone \"Estern Standard Time\", of Windows or of IANA; "
            "did you mean \"Eastern Standard Time\"?");
    unknown("America/New York",
            "no time zone \"America/New York\", of Windows or of IANA; did "
            "you mean \"America/New_York\"?");
    unknown("", "no time zone \"\", of Windows or of IANA");
    unknown("GMT+25:00:99x", "no time zone \"GMT+25:00:99x\", of Windows or "
                             "of IANA");
    /* What ICU would make a zone of, but nobody has a table for. */
    unknown("GMT+05:17", "no time zone \"GMT+05:17\", of Windows or of IANA; "
                         "did you mean \"GMT+0\"?");
    unknown("\u00e9", "no time zone \"\u00e9\", of Windows or of IANA");
    memset(longest, 'E', sizeof longest - 1);
    assert_int_equal(timezone_open(longest, &(struct zone *){NULL}, NULL),
                     ERROR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_utc),
        cmocka_unit_test(test_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
