#include "base/alloc.h"
#include "model/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct regex *compiled(const char *pattern, int flags)
{
    struct error error = {0};
    struct regex *regex = regex_compile(str_of(pattern), flags, &error);

    if (!regex)
        fail_msg("%s: %s", pattern, error.text);
    return regex;
}

static int matches(const char *pattern, int flags, const char *subject)
{
    struct regex *regex = compiled(pattern, flags);
    int got = regex_match(regex, str_of(subject), 0, NULL);

    regex_free(regex);
    return got;
}

static void it_searches_unless_told_otherwise(void **state)
{
    (void)state;
    assert_int_equal(matches("b+", 0, "abbbc"), 1);
    assert_int_equal(matches("b+", 0, "ac"), 0);
    assert_int_equal(matches("B+", 0, "abc"), 0);
    assert_int_equal(matches("B+", REGEX_NOCASE, "abc"), 1);
    assert_int_equal(matches("", 0, ""), 1);
}

static void whole_means_every_byte(void **state)
{
    static const char ip[] = "\\d+(?:\\.\\d+){3}";

    (void)state;
    assert_int_equal(matches(ip, REGEX_WHOLE, "1.2.3.4"), 1);
    assert_int_equal(matches(ip, REGEX_WHOLE, "1.2.3.4\n"), 0);
    assert_int_equal(matches(ip, REGEX_WHOLE, " 1.2.3.4"), 0);
    assert_int_equal(matches("(?m)^[\\d.]+$", REGEX_WHOLE, "1.2.3.4"), 1);
    assert_int_equal(
        matches("(?m)^[\\d.]+$", REGEX_WHOLE, "1.2.3.4\n; rm -rf /"), 0);
    assert_int_equal(matches("a|ab", REGEX_WHOLE, "ab"), 1);
}

static void groups_point_into_the_subject(void **state)
{
    struct regex *regex = compiled("(?<Login>\\w+)@(\\d+)?(?<SIP>[\\d.]+)?", 0);
    static const char subject[] = "to root@!";
    struct str text;

    (void)state;
    assert_int_equal(regex_groups(regex), 3);
    assert_string_equal(regex_group_name(regex, 1), "Login");
    assert_null(regex_group_name(regex, 2));
    assert_string_equal(regex_group_name(regex, 3), "SIP");
    assert_null(regex_group_name(regex, 4));
    assert_false(regex_group(regex, 0, &text));
    assert_int_equal(regex_match(regex, str_of(subject), 0, NULL), 1);
    assert_true(regex_group(regex, 0, &text));
    assert_true(str_is(text, "root@"));
    assert_true(regex_group(regex, 1, &text));
    assert_ptr_equal(text.data, subject + 3);
    assert_true(str_is(text, "root"));
    assert_false(regex_group(regex, 2, &text));
    assert_false(regex_group(regex, 3, &text));
    assert_false(regex_group(regex, 4, &text));
    assert_int_equal(regex_match(regex, str_of("none"), 0, NULL), 0);
    assert_false(regex_group(regex, 0, &text));
    regex_free(regex);
}

static void it_can_go_on_from_a_byte(void **state)
{
    struct regex *regex = compiled("a.", 0);
    struct str text;

    (void)state;
    assert_int_equal(regex_match(regex, str_of("abac"), 1, NULL), 1);
    regex_group(regex, 0, &text);
    assert_true(str_is(text, "ac"));
    assert_int_equal(regex_match(regex, str_of("abac"), 4, NULL), 0);
    assert_int_equal(regex_match(regex, str_of("abac"), 5, NULL), 0);
    regex_free(regex);
}

static void a_dot_is_a_character_or_a_byte(void **state)
{
    struct regex *text = compiled("x.x", REGEX_WHOLE);
    struct regex *bytes = compiled("x.x", REGEX_WHOLE | REGEX_BYTES);
    struct error error = {0};

    (void)state;
    assert_int_equal(regex_match(text, str_of("x\xc3\xa9x"), 0, NULL), 1);
    assert_int_equal(regex_match(bytes, str_of("x\xc3\xa9x"), 0, NULL), 0);
    assert_int_equal(regex_match(bytes, str_of("x\xffx"), 0, NULL), 1);
    assert_int_equal(regex_match(text, str_of("x\xffx"), 0, &error),
                     ERROR_INVALID);
    assert_string_equal(error.text, "not UTF-8 at byte 1");
    regex_free(text);
    regex_free(bytes);
}

static void what_costs_too_much_is_said_to(void **state)
{
    static const char *const costly[] = {"(a+)+$", "(a|a)*$", "(a+a+)+[bc]"};
    struct error error = {0};

    (void)state;
    for (size_t i = 0; i < sizeof costly / sizeof *costly; i++) {
        struct regex *regex = compiled(costly[i], REGEX_WHOLE);

        assert_int_equal(
            regex_match(regex,
                        str_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), 0,
                        &error),
            ERROR_LIMIT);
        assert_non_null(strstr(error.text, "too costly"));
        regex_free(regex);
    }
}

static void a_costly_match_leaves_no_groups(void **state)
{
    struct regex *regex = compiled("(a+)+$", REGEX_WHOLE);
    struct str text;

    (void)state;
    assert_int_equal(regex_match(regex, str_of("aaa"), 0, NULL), 1);
    regex_match(regex, str_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), 0,
                NULL);
    assert_false(regex_group(regex, 1, &text));
    regex_free(regex);
}

static void wrong_patterns_say_where(void **state)
{
    struct error error = {0};

    (void)state;
    assert_null(regex_compile(str_of("ab(c"), 0, &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_string_equal(error.text, "regular expression, byte 4: missing "
                                    "closing parenthesis");
    assert_null(regex_compile(str_of("a\\Cb"), 0, &error));
    assert_null(regex_compile(str_of("a\xff"), 0, &error));
    assert_null(regex_compile(str_of("(?<a>x)(?<a>y)"), 0, &error));
}

static void patterns_end_at_4_kib(void **state)
{
    struct error error = {0};
    char *text = alloc_bytes(4097);
    struct regex *regex;

    (void)state;
    memset(text, 'a', 4097);
    regex = regex_compile((struct str){text, 4096}, 0, &error);
    assert_non_null(regex);
    regex_free(regex);
    assert_null(regex_compile((struct str){text, 4097}, 0, &error));
    assert_int_equal(error.code, ERROR_LIMIT);
    free(text);
}

static void parentheses_end_at_50(void **state)
{
    char text[110];

    (void)state;
    for (size_t depth = 50; depth <= 51; depth++) {
        struct regex *regex;

        memset(text, '(', depth);
        memset(text + depth, ')', depth);
        regex = regex_compile((struct str){text, 2 * depth}, 0, NULL);
        assert_int_equal(regex != NULL, depth == 50);
        regex_free(regex);
    }
}

static void subjects_end_at_a_mebibyte(void **state)
{
    struct regex *regex = compiled("^a", 0);
    size_t len = 1 << 20;
    char *text = alloc_bytes(len + 1);

    (void)state;
    memset(text, 'a', len + 1);
    assert_int_equal(regex_match(regex, (struct str){text, len}, 0, NULL), 1);
    assert_int_equal(regex_match(regex, (struct str){text, len + 1}, 0, NULL),
                     ERROR_LIMIT);
    regex_free(regex);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_searches_unless_told_otherwise),
        cmocka_unit_test(whole_means_every_byte),
        cmocka_unit_test(groups_point_into_the_subject),
        cmocka_unit_test(it_can_go_on_from_a_byte),
        cmocka_unit_test(a_dot_is_a_character_or_a_byte),
        cmocka_unit_test(what_costs_too_much_is_said_to),
        cmocka_unit_test(a_costly_match_leaves_no_groups),
        cmocka_unit_test(wrong_patterns_say_where),
        cmocka_unit_test(patterns_end_at_4_kib),
        cmocka_unit_test(parentheses_end_at_50),
        cmocka_unit_test(subjects_end_at_a_mebibyte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
