#include "base/buf.h"
#include "model/json.h"
#include "model/json_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
    "{\"a\":{\"b\":[10,{\"c\":20},[30,31]],\"x.y\":1,\"n\":null},"
    "\"a.b\":{\"c\":2},\"l[1]\":3,\"l\":[4],\"\":5,"
    "\"e\":[{\"v\":1},{\"v\":2},{\"w\":9},{\"v\":[3,4]}]}";

static struct json_doc *doc;

static int setup(void **state)
{
    (void)state;
    doc = json_parse(str_of(text), "in", 1, NULL);
    return doc ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    json_free(doc);
    return 0;
}

static void reaches(const char *path, int64_t want)
{
    const struct json *value = json_path(json_root(doc), str_of(path));

    if (!value)
        fail_msg("nothing at %s", path);
    assert_int_equal(value->type, JSON_INT);
    assert_int_equal(value->as.integer, want);
}

static void a_path_goes_down_by_dots_and_numbers(void **state)
{
    (void)state;
    reaches("e[1].v", 1);
    reaches("e[2].v", 2);
    reaches("e[4].v[2]", 4);
    reaches("", 5);
}

static void a_literal_key_wins_at_every_level(void **state)
{
    (void)state;
    reaches("a.x.y", 1);
    reaches("l[1]", 3);
    assert_int_equal(json_path(json_root(doc), str_of("a.b"))->type,
                     JSON_OBJECT);
}

static void null_is_a_value(void **state)
{
    (void)state;
    assert_int_equal(json_path(json_root(doc), str_of("a.n"))->type, JSON_NULL);
}

static void other_paths_reach_nothing(void **state)
{
    static const char *const nowhere[] = {
        "z",      "a.z",    "a.",     ".a",    "a..n",
        "e[0].v", "e[5]",   "e[1]v",  "e[1",   "e[]",
        "e[].v",  "e[-1]",  "e[1.v",  "e.v",   "e[x]",
        "a[1]",   "e[01]x", "l[1].z", "e[1].", "e[99999999999999999999].v",
    };

    (void)state;
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++)
        if (json_path(json_root(doc), str_of(nowhere[i])))
            fail_msg("%s reaches something", nowhere[i]);
    assert_null(json_path(NULL, str_of("a")));
}

struct seen {
    struct buf text;
    size_t left;
};

static bool collect(void *arg, const struct json *value)
{
    struct seen *seen = arg;
    struct json_out out = {.buf = &seen->text};

    json_put_value(&out, value);
    buf_add_byte(&seen->text, ' ');
    return --seen->left > 0;
}

static void collects(const char *path, size_t most, const char *want)
{
    struct seen seen = {.left = most};

    json_each(json_root(doc), str_of(path), collect, &seen);
    assert_string_equal(seen.text.len ? seen.text.data : "", want);
    buf_free(&seen.text);
}

static void empty_brackets_mean_any(void **state)
{
    (void)state;
    collects("e[].v", 99, "1 2 [3,4] ");
    collects("e[].v[]", 99, "3 4 ");
    collects("e[].v", 2, "1 2 ");
    collects("e[].v", 1, "1 ");
    collects("e[2].v", 99, "2 ");
    collects("l[1]", 99, "3 ");
    collects("l[]", 99, "4 ");
    collects("a.z[]", 99, "");
    json_each(NULL, str_of("a"), collect, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_goes_down_by_dots_and_numbers),
        cmocka_unit_test(a_literal_key_wins_at_every_level),
        cmocka_unit_test(null_is_a_value),
        cmocka_unit_test(other_paths_reach_nothing),
        cmocka_unit_test(empty_brackets_mean_any),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
