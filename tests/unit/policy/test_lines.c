#include "policy/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char text[] = "-- return { a = 1 }\n"
                           "local s = [[ return {\n"
                           "a = 2 ]] .. 'return \\' {'\n"
                           "local function f() return { a = 3 } end\n"
                           "if f then f() elseif s then f() end\n"
                           "repeat local x = 1 until true\n"
                           "return {\n"
                           "  a = f { 1, 2 },\n"
                           "  'one', --[[ , { ]]\n"
                           "  b = {\n"
                           "    c = function() return { a = 1, b = 2 } end,\n"
                           "    ['d e'] = 'two',\n"
                           "  },\n"
                           "  { 4,\n"
                           "    5; 6 },\n"
                           "  [s] = 1, e = 1e-3 - 2, g = a == 1,\n"
                           "  h = -1 }\n";

static unsigned line_of(const struct lines_table *table, const char *name)
{
    const struct lines_table *below;

    return lines_find(table, str_of(name), 0, &below);
}

static void finds_keys_and_items(void **state)
{
    struct lines *lines = lines_of(str_of(text));
    const struct lines_table *root = lines_root(lines), *below, *list;

    (void)state;
    assert_int_equal(lines_return(lines), 7);
    assert_int_equal(line_of(root, "a"), 8);
    assert_int_equal(line_of(root, "e"), 16);
    assert_int_equal(line_of(root, "g"), 16);
    assert_int_equal(line_of(root, "h"), 17);
    assert_int_equal(line_of(root, "c"), 0);
    assert_int_equal(lines_find(root, (struct str){0}, 1, &below), 9);
    assert_null(below);
    assert_int_equal(lines_find(root, str_of("b"), 0, &below), 10);
    assert_int_equal(line_of(below, "c"), 11);
    assert_int_equal(line_of(below, "d e"), 12);
    assert_int_equal(line_of(below, "a"), 0);
    assert_int_equal(lines_find(root, (struct str){0}, 2, &list), 14);
    assert_int_equal(lines_find(list, (struct str){0}, 1, &below), 14);
    assert_int_equal(lines_find(list, (struct str){0}, 3, &below), 15);
    lines_free(lines);
}

static void is_content_without_a_table(void **state)
{
    struct lines *lines = lines_of(str_of("local t = {}\nreturn t"));

    (void)state;
    assert_int_equal(lines_return(lines), 2);
    assert_null(lines_root(lines));
    lines_free(lines);
    lines = lines_of(str_of(""));
    assert_int_equal(lines_return(lines), 0);
    lines_free(lines);
}

/* Every prefix and every text with one byte gone must end, and hurt nobody. */
static void survives_any_text(void **state)
{
    char cut[sizeof text];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++) {
        lines_free(lines_of((struct str){text, i}));
        memcpy(cut, text, i);
        memcpy(cut + i, text + i + 1, sizeof text - i - 1);
        lines_free(lines_of((struct str){cut, sizeof text - 2}));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_keys_and_items),
        cmocka_unit_test(is_content_without_a_table),
        cmocka_unit_test(survives_any_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
