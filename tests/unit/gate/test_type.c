#include "gate/check.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char name[] = "Value";

static bool fits(enum value_type type, struct str value)
{
    struct param param = {.name = name, .type = type};
    struct error error = {0};
    int code = check_value(&param, value, &error);

    assert_int_equal(code, error.code);
    return code == 0;
}

static void good(enum value_type type, const char *const *values)
{
    for (; *values; values++)
        if (!fits(type, str_of(*values)))
            fail_msg("%s: refused: %s", type_names[type], *values);
}

/* What no typed value may hold, put before, into and behind a good value. */
static void hostile(enum value_type type, const char *value)
{
    static const struct str parts[] = {
        {"\n", 1},    {"\r", 1},       {"\0", 1},   {"\x1b", 1},  {" ", 1},
        {"\t", 1},    {"\x7f", 1},     {";", 1},    {"`id`", 4},  {"$(id)", 5},
        {"|", 1},     {"\"", 1},       {"\xff", 1}, {"\n-rf", 4}, {"<", 1},
        {" -o x", 5}, {"\xc2\x85", 2}, {"\\\"", 2}, {"&&x", 3},   {"*", 1},
    };
    size_t len = strlen(value);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const size_t places[] = {0, len / 2, len};

        for (size_t j = 0; j < 3; j++) {
            char *text = alloc_bytes(len + parts[i].len);
            size_t at = places[j];

            memcpy(text, value, at);
            memcpy(text + at, parts[i].data, parts[i].len);
            memcpy(text + at + parts[i].len, value + at, len - at);
            if (fits(type, (struct str){text, len + parts[i].len}))
                fail_msg("%s: part %zu at %zu of %s was taken",
                         type_names[type], i, at, value);
            free(text);
        }
    }
}

static void bad(enum value_type type, const char *const *values)
{
    for (; *values; values++)
        if (fits(type, str_of(*values)))
            fail_msg("%s: taken: %s", type_names[type], *values);
}

#define GOOD(type, ...) good(type, (const char *const[]){__VA_ARGS__, NULL})
#define BAD(type, ...) bad(type, (const char *const[]){__VA_ARGS__, NULL})

/* A label of n letters, n at most 299. */
static const char *letters(size_t n)
{
    static const char all[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaa";

    assert_true(n < sizeof all);
    return all + sizeof all - 1 - n;
}

static void addresses(void **state)
{
    (void)state;
    GOOD(TYPE_IP, "192.0.2.7", "0.0.0.0", "255.255.255.255", "::", "::1",
         "2001:DB8::1", "::ffff:192.0.2.7");
    BAD(TYPE_IP, "192.0.2", "192.0.2.256", "192.0.2.07", "0x7f.0.0.1",
        "2130706433", "192.0.2.7/32", "[::1]", "fe80::1%eth0", "1::2::3",
        "192.0.2.7.", "host", "-1.2.3.4");
    hostile(TYPE_IP, "192.0.2.7");
    hostile(TYPE_IP, "2001:db8::1");
    GOOD(TYPE_CIDR, "192.0.2.0/24", "192.0.2.7", "0.0.0.0/0", "::/0",
         "2001:db8::/32");
    BAD(TYPE_CIDR, "192.0.2.0/33", "192.0.2.0/", "/24", "192.0.2.0/024",
        "::/129", "192.0.2.0/24/24", "192.0.2.0/-1");
    hostile(TYPE_CIDR, "192.0.2.0/24");
}

static void hosts(void **state)
{
    char *longest = alloc_printf("%s.%s.%s.%s", letters(63), letters(63),
                                 letters(63), letters(61));
    char *with_dot = alloc_printf("%s.", longest);
    char *too_long = alloc_printf("%sa", longest);

    (void)state;
    GOOD(TYPE_HOST, "a", "web-1", "ws_17", "WEB1.example.com", "example.com.",
         "3com.com", "192.0.2.7", "xn--mnchen-3ya.de", "1.2.3.4.in-addr.arpa",
         longest, with_dot, letters(63));
    assert_int_equal(strlen(longest), 253);
    BAD(TYPE_HOST, ".", "..", "a..b", ".a", "-a", "a-", "a.-b", "a-.b",
        "m\xc3\xbcnchen.de", "example.com..", "::1", "a/b", "a:80", "u@host",
        "127.1", "2130706433", "0x7f.1", "0x7f000001", "1.2.3.999",
        "192.0.2.07", "host.0x", "10.0.0.0/8", too_long, letters(64),
        "*.example.com");
    hostile(TYPE_HOST, "web1.example.com");
    free(longest);
    free(with_dot);
    free(too_long);
}

static void users(void **state)
{
    (void)state;
    GOOD(TYPE_USER, "root", "svc-backup", "EXAMPLE\\alice", "a.b@example.com",
         "host$", "j\xc3\xb6rg", "O'Brien", "_apt", "a+b@example.com",
         letters(256));
    BAD(TYPE_USER, "-rf", "+x", "~root", "a/b", "a:b", "a b", "a,b", "..", ".",
        "a..b", "../x", "a;b", "a|b", "a=b", letters(257));
    hostile(TYPE_USER, "alice");
}

static void numbers(void **state)
{
    struct param port = {.name = name,
                         .type = TYPE_PORT,
                         .has_min = true,
                         .min = 1024,
                         .has_max = true,
                         .max = 2048};
    struct param number = {.name = name,
                           .type = TYPE_INT,
                           .has_min = true,
                           .min = -5,
                           .has_max = true,
                           .max = 5};

    (void)state;
    GOOD(TYPE_PORT, "1", "22", "65535");
    BAD(TYPE_PORT, "0", "65536", "-1", "022", "22.0", "+22", "0x16", "2e3",
        "http");
    hostile(TYPE_PORT, "22");
    GOOD(TYPE_INT, "0", "-1", "9223372036854775807", "-9223372036854775808");
    BAD(TYPE_INT, "9223372036854775808", "-9223372036854775809", "00", "-0",
        "-", "--1", "1.5", "1e3", "0x10", "+1", "99999999999999999999999");
    hostile(TYPE_INT, "100");
    assert_int_equal(check_value(&port, str_of("1024"), NULL), 0);
    assert_int_equal(check_value(&port, str_of("2048"), NULL), 0);
    assert_true(check_value(&port, str_of("1023"), NULL) < 0);
    assert_true(check_value(&port, str_of("2049"), NULL) < 0);
    assert_int_equal(check_value(&number, str_of("-5"), NULL), 0);
    assert_int_equal(check_value(&number, str_of("5"), NULL), 0);
    assert_true(check_value(&number, str_of("-6"), NULL) < 0);
    assert_true(check_value(&number, str_of("6"), NULL) < 0);
}

static void hashes(void **state)
{
    static const size_t lengths[] = {32, 40, 56, 64, 96, 128};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        GOOD(TYPE_HASH, letters(lengths[i]));
        BAD(TYPE_HASH, letters(lengths[i] - 1), letters(lengths[i] + 1));
        hostile(TYPE_HASH, letters(lengths[i]));
    }
    GOOD(TYPE_HASH, "D41D8CD98F00B204e9800998ecf8427e");
    BAD(TYPE_HASH, "g41d8cd98f00b204e9800998ecf8427e",
        "0x1d8cd98f00b204e9800998ecf8427e");
}

static void urls(void **state)
{
    (void)state;
    GOOD(TYPE_URL, "http://example.com", "HTTPS://example.com:8443/a?b=c#d",
         "ftp://192.0.2.7/x", "http://[2001:db8::1]:80/",
         "https://user@example.com/", "http://example.com/a|b;c",
         "sftp://example.com", "ftps://example.com/");
    BAD(TYPE_URL, "example.com", "/a/b", "//example.com", "http:/example.com",
        "http://", "http:///a", "javascript:alert(1)", "file:///etc/passwd",
        "data:text/html,x", "http://a b/", "http://-x/", "http://a:0/",
        "http://a:65536/", "http://a:/", "http://[::1/", "http://[1.2.3.4]/",
        "http://2130706433/", "http://m\xc3\xbcnchen.de/", "http://a\\b/",
        "mailto:a@example.com", "-http://example.com", "http://@/",
        "http://example.com@/", "http://[]/");
    hostile(TYPE_URL, "http://example.com");
}

static void emails(void **state)
{
    char *longest = alloc_printf("%s@%s.%s.%s", letters(64), letters(63),
                                 letters(63), letters(61));
    char *too_long = alloc_printf("%sa", longest);
    char *long_local = alloc_printf("%s@example.com", letters(65));

    (void)state;
    assert_int_equal(strlen(longest), 254);
    GOOD(TYPE_EMAIL, "a@example.com", "a.b+c@example.com", "o'brien@x.org",
         longest);
    BAD(TYPE_EMAIL, "a", "@example.com", "a@", "a@b@c", ".a@example.com",
        "a.@example.com", "a..b@example.com", "\"a b\"@example.com",
        "a@[192.0.2.7]", "a@-x", "A <a@example.com>", "a@example.com,b@x.org",
        too_long, long_local);
    /* '|', '&', '*' and '`' stand in real local parts; no shell sees them. */
    BAD(TYPE_EMAIL, "a@example.com\n", "a\n@example.com", "a@example.com;",
        "a@example.com|x", "a b@example.com", "a\"@example.com");
    free(longest);
    free(too_long);
    free(long_local);
}

static void paths(void **state)
{
    char *longest = alloc_zeroed(4098, 1);

    (void)state;
    memset(longest, 'a', 4096);
    GOOD(TYPE_PATH, "/tmp/x", "C:\\Temp\\a b.exe", "relative/x", "..x", "x..",
         "/a/...", "\\\\server\\share", ".", "/tmp/$(id)", longest);
    longest[4096] = 'a';
    BAD(TYPE_PATH, "..", "../x", "/tmp/../etc/shadow", "x/..", "a\\..\\b",
        "/tmp/a\nb", "/tmp/\x1b[2J", "/tmp/\xc2\x9b", longest);
    assert_false(fits(TYPE_PATH, (struct str){"/etc\0x", 6}));
    free(longest);
}

static void choices(void **state)
{
    char *values[] = {"low", "High"};
    struct param param = {
        .name = name, .type = TYPE_ENUM, .values = {.items = values, .len = 2}};

    (void)state;
    assert_int_equal(check_value(&param, str_of("low"), NULL), 0);
    assert_int_equal(check_value(&param, str_of("High"), NULL), 0);
    assert_true(check_value(&param, str_of("high"), NULL) < 0);
    assert_true(check_value(&param, str_of("low\n"), NULL) < 0);
    assert_true(check_value(&param, str_of("lo"), NULL) < 0);
    GOOD(TYPE_FLAG, "true", "false", "True", "1", "0", "yes", "NO");
    BAD(TYPE_FLAG, "2", "y", "on", "t", "tru", "true ");
    hostile(TYPE_FLAG, "true");
}

static void texts(void **state)
{
    struct param param = {.name = name,
                          .type = TYPE_TEXT,
                          .has_min = true,
                          .min = 2,
                          .has_max = true,
                          .max = 3};

    (void)state;
    GOOD(TYPE_TEXT, "a\nb", "$(reboot)", "\xff\xfe", " ");
    GOOD(TYPE_UNTYPED, "a\nb", "$(reboot)", "\xff\xfe", " ");
    assert_false(fits(TYPE_TEXT, (struct str){"a\0b", 3}));
    assert_false(fits(TYPE_UNTYPED, (struct str){"a\0b", 3}));
    assert_int_equal(check_value(&param, str_of("ab"), NULL), 0);
    assert_int_equal(check_value(&param, str_of("abc"), NULL), 0);
    assert_true(check_value(&param, str_of("a"), NULL) < 0);
    assert_true(check_value(&param, str_of("abcd"), NULL) < 0);
}

static void empty_fits_every_type(void **state)
{
    (void)state;
    for (int type = 0; type < TYPE_COUNT; type++)
        assert_true(fits((enum value_type)type, str_of("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(hosts),
        cmocka_unit_test(users),
        cmocka_unit_test(numbers),
        cmocka_unit_test(hashes),
        cmocka_unit_test(urls),
        cmocka_unit_test(emails),
        cmocka_unit_test(paths),
        cmocka_unit_test(choices),
        cmocka_unit_test(texts),
        cmocka_unit_test(empty_fits_every_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
