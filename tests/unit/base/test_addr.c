#include "base/addr.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void shows(const char *text, const char *want)
{
    struct addr addr;
    char got[ADDR_TEXT];

    assert_int_equal(addr_parse_range(str_of(text), &addr), 0);
    addr_format(&addr, got);
    assert_string_equal(got, want);
}

static void addresses_have_one_canonical_text(void **state)
{
    (void)state;
    shows("192.0.2.7", "192.0.2.7");
    shows("::ffff:192.0.2.7", "192.0.2.7");
    shows("::FFFF:c000:207", "192.0.2.7");
    shows("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
    shows("::", "::");
    shows("::1", "::1");
    shows("1::", "1::");
    shows("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
    shows("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
    shows("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    shows("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8");
    shows("0:0:1::", "0:0:1::");
    shows("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void ranges_lose_their_host_bits(void **state)
{
    (void)state;
    shows("10.1.2.3/8", "10.0.0.0/8");
    shows("10.255.255.255/9", "10.128.0.0/9");
    shows("10.1.2.3/32", "10.1.2.3");
    shows("0.0.0.0/0", "0.0.0.0/0");
    shows("::ffff:10.1.2.3/104", "10.0.0.0/8");
    shows("2001:db8::1/32", "2001:db8::/32");
    shows("::1/0", "::/0");
    shows("::1/128", "::1");
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        " ",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.256",
        "1.2.3.4 ",
        " 1.2.3.4",
        "0x1.2.3.4",
        "1",
        "[::1]",
        "fe80::1%eth0",
        "::1::",
        "12345::",
        "1.2.3.4/8",
        "::1/64",
        "localhost",
        "1.2.3.4\n",
        ":",
        "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555",
        "0000:0000:0000:0000:0000:0000:0000:00000000000001",
    };
    static const char *const ranges[] = {
        "1.2.3.4/33",  "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4/08", "::/129",
        "1.2.3.4/8/8", "/8",       "1.2.3.4/ 8", "::/1000",    "1.2.3/8",
    };
    struct addr addr;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(addr_parse(str_of(wrong[i]), &addr), ERROR_INVALID);
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        assert_int_equal(addr_parse_range(str_of(ranges[i]), &addr),
                         ERROR_INVALID);
    assert_int_equal(addr_parse((struct str){"1.2.3.4\0", 8}, &addr),
                     ERROR_INVALID);
}

static bool contains(const char *range, const char *one)
{
    struct addr a, b;

    assert_int_equal(addr_parse_range(str_of(range), &a), 0);
    assert_int_equal(addr_parse_range(str_of(one), &b), 0);
    return addr_contains(&a, &b);
}

static void ranges_contain_by_prefix(void **state)
{
    (void)state;
    assert_true(contains("10.0.0.0/8", "10.255.255.255"));
    assert_false(contains("10.0.0.0/8", "11.0.0.0"));
    assert_true(contains("10.0.0.0/9", "10.127.0.1"));
    assert_false(contains("10.0.0.0/9", "10.128.0.1"));
    assert_true(contains("10.0.0.0/8", "::ffff:10.0.0.1"));
    assert_true(contains("10.0.0.0/8", "10.0.0.0/16"));
    assert_false(contains("10.0.0.0/16", "10.0.0.0/8"));
    assert_true(contains("10.0.0.1", "10.0.0.1"));
    assert_false(contains("10.0.0.1", "10.0.0.2"));
    assert_true(contains("2001:db8::/32", "2001:db8:1::1"));
    assert_false(contains("2001:db8::/32", "2001:db9::1"));
    assert_true(contains("::/0", "192.0.2.1"));
    assert_false(contains("0.0.0.0/0", "::1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_have_one_canonical_text),
        cmocka_unit_test(ranges_lose_their_host_bits),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(ranges_contain_by_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
