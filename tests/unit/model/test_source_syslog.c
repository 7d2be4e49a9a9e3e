#include "model/source_inner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void has(const char *line, const char *time, const char *host)
{
    struct syslog syslog;

    if (!source_syslog(str_of(line), "CEF:", &syslog))
        fail_msg("%s", line);
    assert_true(str_is(syslog.time, time));
    assert_true(str_is(syslog.host, host));
    assert_true(str_is(syslog.message, "0|"));
}

static void has_not(const char *line)
{
    struct syslog syslog;

    if (source_syslog(str_of(line), "CEF:", &syslog))
        fail_msg("%s", line);
}

static void headers_are_taken_off(void **state)
{
    (void)state;
    has("CEF:0|", "", "");
    has("<13>CEF:0|", "", "");
    has("Jan 18 11:07:53 h CEF:0|", "Jan 18 11:07:53", "h");
    has("<13>Jan  8 11:07:53 192.0.2.1 CEF:0|", "Jan  8 11:07:53", "192.0.2.1");
    has("<134>Jan 18 2026 11:07:53 h CEF:0|", "Jan 18 2026 11:07:53", "h");
    has("2026-01-18T11:07:53.5+01:00 h CEF:0|", "2026-01-18T11:07:53.5+01:00",
        "h");
    has("Jan 18 11:07:53 h tag[7]: CEF:0|", "Jan 18 11:07:53", "h");
    has("<13>1 2026-01-18T11:07:53Z h CEF:0|", "2026-01-18T11:07:53Z", "h");
    has("<13>1 2026-01-18T11:07:53Z h app 7 id - CEF:0|",
        "2026-01-18T11:07:53Z", "h");
    has("<13>1 - - - - - - \xef\xbb\xbf"
        "CEF:0|",
        "", "");
    has("<13>1 - h a p m [x@1 k=\"a ] \\\" \\] b\"][y@2] CEF:0|", "", "h");
}

static void the_mark_elsewhere_is_text(void **state)
{
    (void)state;
    has_not("");
    has_not("0|");
    has_not(" CEF:0|");
    has_not("h CEF:0|");
    has_not("<>CEF:0|");
    has_not("<1234>CEF:0|");
    has_not("<13CEF:0|");
    has_not("Jan 18 11:07:53 CEF:0|");
    has_not("Jan 38 11:07:53 h CEF:0|");
    has_not("Jan 18 11:07:53 h tag CEF:0|");
    has_not("Jan 18 11:07:53 h sshd[1]: Invalid user CEF:0|");
    has_not("1 2026-01-18T11:07:53Z h app 7 id - CEF:0|");
    has_not("<13>1 - h a p m [x CEF:0|");
    has_not("<13>1 - h a p m [x k=\"] CEF:0|");
    has_not("<13>1 - h a p m x CEF:0|");
    has_not("<13>1 - h a p m [x] user CEF:0|");
    has_not("<13>1 - h a p m [x]");
    has_not("<13>1 -");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_taken_off),
        cmocka_unit_test(the_mark_elsewhere_is_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
