#include "base/error.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void reads(const struct error *error, const char *want)
{
    char *text = error_format(error);

    assert_string_equal(text, want);
    free(text);
}

static void an_error_says_what_and_where(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(error_at(&error, ERROR_LIMIT, "a.lua", 3, 9, "no %d", 7),
                     ERROR_LIMIT);
    assert_int_equal(error.code, ERROR_LIMIT);
    reads(&error, "a.lua:3:9: no 7");
    error_at(&error, ERROR_INVALID, "a.lua", 3, 0, "x");
    reads(&error, "a.lua:3: x");
    error_at(&error, ERROR_INVALID, "a.lua", 0, 5, "x");
    reads(&error, "a.lua: x");
    error_set(&error, ERROR_SYSTEM, "y");
    reads(&error, "y");
    error_at(&error, ERROR_INVALID, NULL, 4, 0, "z");
    reads(&error, "z");
}

static void a_place_is_given_once(void **state)
{
    struct error error;

    (void)state;
    error_set(&error, ERROR_BUSY, "held");
    assert_int_equal(error_place(&error, "lock", 2), ERROR_BUSY);
    reads(&error, "lock:2: held");
    error_place(&error, "other", 9);
    reads(&error, "lock:2: held");
}

static void nobody_has_to_listen(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERROR_BUSY, "x"), ERROR_BUSY);
    assert_int_equal(error_at(NULL, ERROR_LIMIT, "a", 1, 1, "x"), ERROR_LIMIT);
    assert_true(error_place(NULL, "a", 1) < 0);
}

static void long_texts_are_cut(void **state)
{
    struct error error;
    char text[3000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    error_at(&error, ERROR_INVALID, text, 1, 0, "%s", text);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_int_equal(strlen(error.where), sizeof error.where - 1);
}

static void texts_are_cut_between_characters(void **state)
{
    struct error error;
    char text[2000];

    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 4 < sizeof text; i += 3)
            memcpy(text + i, "\xe2\x82\xac", 4);
        error_set(&error, ERROR_INVALID, "%s", text);
        assert_true(str_utf8(str_of(error.text)));
        assert_true(strlen(error.text) > sizeof error.text - 6);
    }
}

static void problems_are_counted(void **state)
{
    struct problems problems = {0};
    struct error error;

    (void)state;
    error_set(&error, ERROR_INVALID, "x");
    for (int i = 0; i < 20; i++)
        problems_add(&problems, &error, i % 2);
    assert_int_equal(problems.len, 20);
    assert_int_equal(problems.errors, 10);
    assert_string_equal(problems.items[19].error.text, "x");
    problems_free(&problems);
    assert_int_equal(problems.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_says_what_and_where),
        cmocka_unit_test(a_place_is_given_once),
        cmocka_unit_test(nobody_has_to_listen),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(texts_are_cut_between_characters),
        cmocka_unit_test(problems_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
