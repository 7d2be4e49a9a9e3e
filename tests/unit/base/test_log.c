#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void safe_is(const char *text, size_t len, const char *want)
{
    char *got = log_safe((struct str){text, len});

    assert_string_equal(got, want);
    free(got);
}

#define SAFE(text, want) safe_is(text, sizeof(text) - 1, want)

static void plain_text_stays(void **state)
{
    (void)state;
    SAFE("", "");
    SAFE("user root \\x41 from 1.2.3.4", "user root \\x41 from 1.2.3.4");
    SAFE("Zürich 東京 😀", "Zürich 東京 😀");
}

static void what_plays_with_a_terminal_is_escaped(void **state)
{
    (void)state;
    SAFE("a\x1b[2Jb\r\n\t\0c", "a\\x1B[2Jb\\x0D\\x0A\\x09\\x00c");
    SAFE("\x7f", "\\x7F");
    SAFE("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0",
         "\\u{0080}\\u{009B}\\u{009F}\xc2\xa0");
    SAFE("\xe2\x80\xae"
         "exe",
         "\\u{202E}exe");
    SAFE("\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
         "\\u{2066}\\u{2069}\xe2\x81\xaa");
    SAFE("\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}");
    SAFE("\xd8\x9c\xef\xbb\xbf", "\\u{061C}\\u{FEFF}");
}

static void bytes_that_are_no_utf8_are_escaped(void **state)
{
    (void)state;
    SAFE("a\xff\xfe", "a\\xFF\\xFE");
    SAFE("\xc0\xaf", "\\xC0\\xAF");
    SAFE("\xed\xa0\x80", "\\xED\\xA0\\x80");
    SAFE("\xe2\x80", "\\xE2\\x80");
    SAFE("\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80");
}

/* Runs say with stderr in a file and gives what was written there. */
static char *heard(void (*say)(void))
{
    static char text[4096];
    FILE *file = tmpfile();
    int old = dup(STDERR_FILENO);
    size_t len;

    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    say();
    dup2(old, STDERR_FILENO);
    close(old);
    rewind(file);
    len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static void say_line(void)
{
    log_line("%d alarms of \x1b[31m%s", 3, "evil\n");
}

static void say_error(void)
{
    struct error error;

    error_at(&error, ERROR_INVALID, "a.lua", 3, 4, "unknown key \"tme\"");
    log_error(&error);
}

static void say_warning(void)
{
    struct problem problem = {.warning = 1};

    error_at(&problem.error, ERROR_INVALID, "a.xml", 0, 0, "no script");
    log_problem(&problem);
}

static void a_message_is_one_line(void **state)
{
    (void)state;
    assert_string_equal(heard(say_line),
                        "riposte: 3 alarms of \\x1B[31mevil\\x0A\n");
    assert_string_equal(heard(say_error),
                        "riposte: error: a.lua:3:4: unknown key \"tme\"\n");
    assert_string_equal(heard(say_warning),
                        "riposte: warning: a.xml: no script\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(what_plays_with_a_terminal_is_escaped),
        cmocka_unit_test(bytes_that_are_no_utf8_are_escaped),
        cmocka_unit_test(a_message_is_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
