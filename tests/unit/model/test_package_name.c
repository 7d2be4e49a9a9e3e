#include "model/package_inner.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int check(const char *name)
{
    struct error error = {0};
    int status = names_check(str_of(name), "p.lpi", &error);

    if (status) {
        assert_string_equal(error.where, "p.lpi");
        assert_true(strlen(error.text) > 0);
    }
    return status;
}

static void good_names(void **state)
{
    static const char *const names[] = {
        "Plugin",
        "Plugin/bin/a b.ps1",
        "Plugin/bin/\xc3\xa4",
        "a/b/c",
        ".hidden",
        "...a",
        "a..b/c..d",
        "-rf",
        "console",
        "com10",
        "lpt",
        " a",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(check(names[i]), 0);
}

static void bad_names(void **state)
{
    static const char *const names[] = {
        "",          "/",      "/etc/passwd", "..",     "../a",      "a/../b",
        "a/..",      ".",      "./a",         "a/./b",  "a//b",      "a/",
        "a\\b",      "C:a",    "a\nb",        "a\x1b",  "a\x7f",     "a\xff",
        "a\xc0\xaf", "a\x01b", "//a",         "a/b//c", "...",       "a./b",
        "a /b",      "a/b ",   "a?",          "a*b",    "a|b",       "<a",
        "a>",        "a\"b",   "nul",         "CON/a",  "a/aux.txt", "Com1.c",
        "lpt9",      "nul .x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(check(names[i]), ERROR_INVALID);
}

static void lengths(void **state)
{
    char name[PACKAGE_NAME_MAX + 2];

    (void)state;
    memset(name, 'a', sizeof name);
    name[PACKAGE_NAME_MAX] = '\0';
    assert_int_equal(check(name), 0);
    name[PACKAGE_NAME_MAX] = 'a';
    name[PACKAGE_NAME_MAX + 1] = '\0';
    assert_int_equal(check(name), ERROR_LIMIT);
}

static void depths(void **state)
{
    struct buf name = {0};

    (void)state;
    for (int i = 0; i < PACKAGE_DEPTH_MAX; i++)
        buf_add_text(&name, "d/");
    buf_add_text(&name, "f");
    assert_int_equal(check(name.data), 0);
    buf_add_text(&name, "/g");
    assert_int_equal(check(name.data), ERROR_LIMIT);
    buf_free(&name);
}

static int claim(struct names *names, const char *name, bool folder)
{
    bool fresh;

    return names_claim(names, str_of(name), folder, &fresh, "p.lpi", NULL);
}

static void clashes(void **state)
{
    struct names *names = names_new();

    (void)state;
    assert_int_equal(claim(names, "Plugin", true), 0);
    assert_int_equal(claim(names, "Plugin", true), 0);
    assert_int_equal(claim(names, "plugin", true), ERROR_INVALID);
    assert_int_equal(claim(names, "Plugin", false), ERROR_INVALID);
    assert_int_equal(claim(names, "a", false), 0);
    assert_int_equal(claim(names, "a", false), ERROR_INVALID);
    assert_int_equal(claim(names, "a", true), ERROR_INVALID);
    assert_int_equal(claim(names, "A", false), ERROR_INVALID);
    /* A with diaeresis, large and small. */
    assert_int_equal(claim(names, "\xc3\x84", false), 0);
    assert_int_equal(claim(names, "\xc3\xa4", false), ERROR_INVALID);
    /* The same a with diaeresis, as a letter and a mark. */
    assert_int_equal(claim(names, "a\xcc\x88", false), ERROR_INVALID);
    /* Long and sharp s, the Kelvin sign, a joiner of no width. */
    assert_int_equal(claim(names, "s", false), 0);
    assert_int_equal(claim(names, "\xc5\xbf", false), ERROR_INVALID);
    assert_int_equal(claim(names, "\xc3\x9f", false), 0);
    assert_int_equal(claim(names, "SS", false), ERROR_INVALID);
    assert_int_equal(claim(names, "k", false), 0);
    assert_int_equal(claim(names, "\xe2\x84\xaa", false), ERROR_INVALID);
    assert_int_equal(claim(names, "k\xe2\x80\x8d", false), ERROR_INVALID);
    names_free(names);
}

/* What becomes longest: a ligature of a whole sentence, 66 times. */
static void folds_the_longest(void **state)
{
    struct names *names = names_new();
    struct buf name = {0};

    (void)state;
    while (name.len + 3 <= PACKAGE_NAME_MAX)
        buf_add_text(&name, "\xef\xb7\xba");
    assert_int_equal(claim(names, name.data, false), 0);
    assert_int_equal(claim(names, name.data, false), ERROR_INVALID);
    buf_free(&name);
    names_free(names);
}

static void counts(void **state)
{
    struct names *names = names_new();
    char *name;

    (void)state;
    for (int i = 0; i < PACKAGE_ENTRIES_MAX; i++) {
        name = alloc_printf("%d", i);
        assert_int_equal(claim(names, name, false), 0);
        free(name);
    }
    assert_int_equal(claim(names, "more", false), ERROR_LIMIT);
    assert_int_equal(claim(names, "7", false), ERROR_INVALID);
    names_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_names),        cmocka_unit_test(bad_names),
        cmocka_unit_test(lengths),           cmocka_unit_test(depths),
        cmocka_unit_test(clashes),           cmocka_unit_test(counts),
        cmocka_unit_test(folds_the_longest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
