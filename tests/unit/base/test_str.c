#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void pieces_compare_by_bytes(void **state)
{
    (void)state;
    assert_true(str_is(str_of("abc"), "abc"));
    assert_false(str_is(str_of("abc"), "ab"));
    assert_false(str_is(str_of("abc"), "abd"));
    assert_true(str_same(str_of(NULL), str_of("")));
    assert_true(str_same((struct str){NULL, 0}, str_of("")));
    assert_false(str_same((struct str){"a\0b", 3}, (struct str){"a\0c", 3}));
    assert_true(str_same_nocase(str_of("SIP"), str_of("sip")));
    assert_false(str_same_nocase(str_of("SIP"), str_of("sipx")));
    assert_false(str_same_nocase(str_of("[x]"), str_of("{x}")));
}

static void trimming_takes_blanks_off_both_ends(void **state)
{
    (void)state;
    assert_true(str_is(str_trim(str_of(" \t\r\na b \n")), "a b"));
    assert_int_equal(str_trim(str_of(" \n ")).len, 0);
    assert_int_equal(str_trim(str_of("")).len, 0);
    assert_true(str_is(str_trim(str_of("\xc2\xa0")), "\xc2\xa0"));
}

static void copies_end_with_a_nul(void **state)
{
    char *copy = str_copy((struct str){"abcdef", 3});

    (void)state;
    assert_string_equal(copy, "abc");
    free(copy);
}

static void utf8_is_that_of_the_standard(void **state)
{
    static const char *const good[] = {
        "",
        "a",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2z",
        "\xe0\x9f\xbf",
        "\xe0\xa0",
        "\xe0\xa0z",
        "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "ok\xfe",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(str_utf8(str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(str_utf8(str_of(bad[i])));
    assert_true(str_utf8((struct str){"a\0b", 3}));
}

static void slugs_are_words_joined(void **state)
{
    static const char *const cases[][2] = {
        {"Host IP To Quarantine", "host_ip_to_quarantine"},
        {"  A--b (c)! ", "a_b_c"},
        {"\xc3\x9c"
         "ber",
         "ber"},
        {"---", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *slug = str_slug(cases[i][0]);

        assert_string_equal(slug, cases[i][1]);
        free(slug);
    }
}

static void the_nearest_is_near_enough(void **state)
{
    static const char *const known[] = {"time_field", "time_format", "zone"};
    char huge[300];

    (void)state;
    assert_string_equal(str_nearest("time_feld", known, 3), "time_field");
    assert_string_equal(str_nearest("TIMEFORMAT", known, 3), "time_format");
    assert_string_equal(str_nearest("zoen", known, 3), "zone");
    assert_null(str_nearest("entirely", known, 3));
    assert_null(str_nearest("zone", known, 0));
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    assert_null(str_nearest(huge, known, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_compare_by_bytes),
        cmocka_unit_test(trimming_takes_blanks_off_both_ends),
        cmocka_unit_test(copies_end_with_a_nul),
        cmocka_unit_test(utf8_is_that_of_the_standard),
        cmocka_unit_test(slugs_are_words_joined),
        cmocka_unit_test(the_nearest_is_near_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
