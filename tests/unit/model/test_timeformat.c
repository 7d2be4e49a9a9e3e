#include "model/timeformat.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char zone[] = "Eastern Standard Time";

/* The time (RFC 3339) in that zone and pattern. */
static char *text_in(const char *id, const char *pattern, const char *time)
{
    struct time_format *format;
    struct buf text = {0};
    struct error error;
    int64_t ms;

    assert_int_equal(clock_parse(str_of(time), 0, &ms), 0);
    if (timeformat_compile(id, pattern, &format, &error))
        fail_msg("<%s>: %s", pattern, error.text);
    timeformat_put(format, ms, &text);
    timeformat_free(format);
    return buf_take(&text);
}

static void is(const char *id, const char *pattern, const char *time,
               const char *wanted)
{
    char *text = text_in(id, pattern, time);

    if (strcmp(text, wanted) != 0)
        fail_msg("<%s> gives <%s>, not <%s>", pattern, text, wanted);
    free(text);
}

/* Each row is Microsoft's rule for one specifier; the time is a summer's
 * afternoon in New York, 17:05:09.070 UTC. */
static const struct {
    const char *pattern, *text;
} rows[] = {
    {"%d", "3"},
    {"dd", "03"},
    {"ddd", "Wed"},
    {"dddd", "Wednesday"},
    {"dddddd", "Wednesday"},
    {"%f", "0"},
    {"ff", "07"},
    {"fff", "070"},
    {"fffffff", "0700000"},
    {"ss.FFF", "09.07"},
    {"ss.F", "09"},
    {"ss.FFFFFFF", "09.07"},
    {"ss F", "09 "},
    {"ss'.'F", "09"},
    {"%F", ""},
    {"%g", "A.D."},
    {"gg", "A.D."},
    {"ggg", "A.D."},
    {"%h", "1"},
    {"hh", "01"},
    {"hhh", "01"},
    {"%H", "13"},
    {"HH", "13"},
    {"HHHH", "13"},
    {"%K", "-04:00"},
    {"KK", "-04:00-04:00"},
    {"%m", "5"},
    {"mm", "05"},
    {"mmm", "05"},
    {"%M", "7"},
    {"MM", "07"},
    {"MMM", "Jul"},
    {"MMMM", "July"},
    {"MMMMM", "July"},
    {"%s", "9"},
    {"ss", "09"},
    {"%t", "P"},
    {"tt", "PM"},
    {"ttt", "PM"},
    {"%y", "24"},
    {"yy", "24"},
    {"yyy", "2024"},
    {"yyyy", "2024"},
    {"yyyyy", "02024"},
    {"yyyyyyyyyyyyyyyyyyyy", "00000000000000002024"},
    {"%z", "-4"},
    {"zz", "-04"},
    {"zzz", "-04:00"},
    {"zzzzz", "-04:00"},
    {"HH:mm/yy", "13:05/24"},
    {"T Q", "T Q"},
    {"%T", "T"},
    {"\\d\\\\dd", "d\\03"},
    {"'d'\"M\"", "dM"},
    {"'it\\'s' d", "it's 3"},
    {"'a\"b' \"c'd\"", "a\"b c'd"},
    {"''", ""},
    {"%ddd", "303"},
    {"ddd%dd", "Wed33"},
    {"\u2014yy\u00e9", "\u201424\u00e9"},
    {"\\\u20acyy", "\u20ac24"},
    {"MM-dd-yyyy hh:mm:ss", "07-03-2024 01:05:09"},
    {"MMMM dd, yyyy", "July 03, 2024"},
    /* of one letter */
    {"d", "07/03/2024"},
    {"D", "Wednesday, 03 July 2024"},
    {"f", "Wednesday, 03 July 2024 13:05"},
    {"F", "Wednesday, 03 July 2024 13:05:09"},
    {"g", "07/03/2024 13:05"},
    {"G", "07/03/2024 13:05:09"},
    {"m", "July 03"},
    {"M", "July 03"},
    {"o", "2024-07-03T13:05:09.0700000-04:00"},
    {"O", "2024-07-03T13:05:09.0700000-04:00"},
    {"r", "Wed, 03 Jul 2024 17:05:09 GMT"},
    {"R", "Wed, 03 Jul 2024 17:05:09 GMT"},
    {"s", "2024-07-03T13:05:09"},
    {"t", "13:05"},
    {"T", "13:05:09"},
    {"u", "2024-07-03 17:05:09Z"},
    {"U", "Wednesday, 03 July 2024 17:05:09"},
    {"y", "2024 July"},
    {"Y", "2024 July"},
};

static void test_specifiers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        is(zone, rows[i].pattern, "2024-07-03T17:05:09.070Z", rows[i].text);
}

static void test_hours(void **state)
{
    (void)state;
    is(NULL, "hh tt H", "2024-01-01T00:30:00Z", "12 AM 0");
    is(NULL, "hh t H", "2024-01-01T12:30:00Z", "12 P 12");
    is(NULL, "hh tt H", "2024-01-01T23:59:59Z", "11 PM 23");
}

static void test_years(void **state)
{
    (void)state;
    is(NULL, "y yy yyy yyyy", "1907-01-02T00:00:00Z", "7 07 1907 1907");
    is(NULL, "y yy yyy yyyy", "0042-01-02T00:00:00Z", "42 42 042 0042");
    is(NULL, "ddd, dd MMM yyyy", "1969-12-31T23:59:59.999Z",
       "Wed, 31 Dec 1969");
    is(NULL, "ss.fff", "1969-12-31T23:59:59.999Z", "59.999");
}

/* Without a pattern: RFC 3339 with the zone's offset. */
static void test_none(void **state)
{
    (void)state;
    is(NULL, NULL, "2024-07-03T17:05:09.070Z", "2024-07-03T17:05:09.070Z");
    is("UTC", NULL, "2024-07-03T17:05:09.070Z", "2024-07-03T17:05:09.070Z");
    is(zone, NULL, "2024-07-03T17:05:09.070Z", "2024-07-03T13:05:09.070-04:00");
    is(zone, "", "2024-07-03T17:05:09.070Z", "");
}

/* Only UTC itself is Z; a zone that is level with it has an offset. */
static void test_kind(void **state)
{
    (void)state;
    is("GMT Standard Time", "%K", "2024-01-03T17:05:09Z", "+00:00");
    is("GMT Standard Time", "%K", "2024-07-03T17:05:09Z", "+01:00");
    is("utc", "%K", "2024-07-03T17:05:09Z", "Z");
    is("Etc/UTC", "zzz", "2024-07-03T17:05:09Z", "+00:00");
    is("India Standard Time", "zzz %z", "2024-07-03T17:05:09Z", "+05:30 +5");
    is("Newfoundland Standard Time", "zzz zz", "2024-01-03T17:05:09Z",
       "-03:30 -03");
}

static void refused(const char *id, const char *pattern, const char *why)
{
    struct time_format *format;
    struct error error = {0};

    assert_true(timeformat_compile(id, pattern, &format, &error) < 0);
    assert_null(format);
    if (!strstr(error.text, why))
        fail_msg("<%s>: %s", pattern, error.text);
}

static void test_refused(void **state)
{
    static const char *const letters[] = {"a", "b", "K", "h", "H",  "z", "/",
                                          ":", "1", " ", "'", "\\", "%"};

    (void)state;
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        refused(NULL, letters[i], "one character alone");
    refused(NULL, "\u00e9", "and \"\u00e9\" is none");
    refused(NULL, "yyyy 'x", "the quotation mark ' is never closed");
    refused(NULL, "yyyy \"x'", "the quotation mark \" is never closed");
    refused(NULL, "'x\\'", "never closed");
    refused(NULL, "'x\\", "never closed");
    refused(NULL, "%'x'", "never closed");
    refused(NULL, "yy\\", "the last character is a backslash");
    refused(NULL, "%\\d", "the last character is a backslash");
    refused(NULL, "yy%", "no specifier behind %");
    refused(NULL, "%%", "no specifier behind %");
    refused(NULL, "yyyy ffffffff", "8 times f");
    refused(NULL, "yyyy FFFFFFFF", "8 times F");
    refused("Estern Standard Time", "yyyy",
            "did you mean \"Eastern Standard Time\"?");
}

static void test_limit(void **state)
{
    char *pattern = alloc_zeroed(TIMEFORMAT_MAX + 2, 1);
    char *text;

    (void)state;
    memset(pattern, 'y', TIMEFORMAT_MAX);
    text = text_in(NULL, pattern, "2024-07-03T17:05:09Z");
    assert_int_equal(strlen(text), TIMEFORMAT_MAX);
    free(text);
    pattern[TIMEFORMAT_MAX] = 'y';
    refused(NULL, pattern, "1025 bytes, more than 1024");
    free(pattern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specifiers), cmocka_unit_test(test_hours),
        cmocka_unit_test(test_years),      cmocka_unit_test(test_none),
        cmocka_unit_test(test_kind),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
