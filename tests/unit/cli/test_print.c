#include "cli/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void shell_is(const char *word, size_t len, const char *wanted)
{
    struct buf buf = {0};

    print_shell(&buf, (struct str){word, len});
    assert_string_equal(buf.data, wanted);
    buf_free(&buf);
}
#define SHELL(word, wanted) shell_is(word, sizeof(word) - 1, wanted)

static void a_shell_reads_the_word_back(void **state)
{
    (void)state;
    SHELL("address=192.0.2.7", "address=192.0.2.7");
    SHELL("", "''");
    SHELL("a b", "'a b'");
    SHELL("~root", "'~root'");
    SHELL("!1 $(id) `id` \\", "'!1 $(id) `id` \\'");
    SHELL("it's", "'it'\\''s'");
    SHELL("\xc3\xa9 x", "'\xc3\xa9 x'");
    SHELL("a\nb'\\\x1b[2J", "$'a\\012b\\047\\134\\033[2J'");
    SHELL("\xe2\x80\xae"
          "1",
          "$'\\342\\200\\2561'");
    SHELL("\xff", "$'\\377'");
}

static void plain_is_what_needs_no_escape(void **state)
{
    (void)state;
    assert_true(print_plain(str_of("")));
    assert_true(print_plain(str_of("it's \\x41 \xc3\xa9")));
    assert_false(print_plain(str_of("a\tb")));
    assert_false(print_plain(str_of("a\x7f")));
    assert_false(print_plain(str_of("\xe2\x80\xae")));
    assert_false(print_plain(str_of("\xff")));
    assert_false(print_plain((struct str){"a\0b", 3}));
}

static void front_is(const char *text, size_t most, const char *wanted)
{
    struct buf buf = {0};

    print_front(&buf, str_of(text), most);
    assert_string_equal(buf.data, wanted);
    buf_free(&buf);
}

static void a_front_is_cut_between_characters(void **state)
{
    (void)state;
    front_is("abcd", 4, "abcd");
    front_is("abcde", 4, "abcd…");
    front_is("abc\xc3\xa9", 5, "abc\xc3\xa9");
    front_is("abc\xc3\xa9", 4, "abc…");
    front_is("a\nb", 2, "a\\x0A…");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shell_reads_the_word_back),
        cmocka_unit_test(plain_is_what_needs_no_escape),
        cmocka_unit_test(a_front_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
