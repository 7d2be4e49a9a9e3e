#include "base/ranges.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct addr addr(const char *text)
{
    struct addr range;

    assert_int_equal(addr_parse_range(str_of(text), &range), 0);
    return range;
}

static void put(struct ranges *ranges, const char *range, void *value)
{
    struct addr key = addr(range);

    ranges_put(ranges, &key, value);
}

static const void *take_any(void *arg, const void *value)
{
    ++*(int *)arg;
    return value;
}

static const void *take_none(void *arg, const void *value)
{
    (void)value;
    ++*(int *)arg;
    return NULL;
}

static const void *around(struct ranges *ranges, const char *text)
{
    struct addr at = addr(text);
    int seen = 0;

    return ranges_around(ranges, &at, take_any, &seen);
}

static const void *across(struct ranges *ranges, const char *first,
                          const char *last, ranges_fn each, int *seen)
{
    struct addr low = addr(first), high = addr(last);

    *seen = 0;
    return ranges_across(ranges, &low, &high, each, seen);
}

static void the_widest_that_holds_it_comes_first(void **state)
{
    struct ranges *ranges = ranges_new();
    int wide, narrow;

    (void)state;
    put(ranges, "10.0.0.0/8", &wide);
    put(ranges, "10.1.2.0/24", &narrow);
    assert_ptr_equal(around(ranges, "10.1.2.3"), &wide);
    assert_ptr_equal(around(ranges, "10.1.0.0/16"), &wide);
    assert_null(around(ranges, "11.0.0.0"));
    assert_null(around(ranges, "0.0.0.0/0"));
    ranges_free(ranges);
}

static void a_range_has_one_value(void **state)
{
    struct ranges *ranges = ranges_new();
    struct addr key = addr("10.0.0.0/8");
    int one, other;

    (void)state;
    assert_null(ranges_get(ranges, &key));
    put(ranges, "10.0.0.0/8", &one);
    put(ranges, "10.9.9.9/8", &other);
    assert_ptr_equal(ranges_get(ranges, &key), &other);
    ranges_free(ranges);
}

static void across_finds_what_begins_between_and_what_reaches_in(void **state)
{
    struct ranges *ranges = ranges_new();
    int a, b, seen;

    (void)state;
    put(ranges, "10.0.0.0/24", &a);
    put(ranges, "10.0.2.7", &b);
    ranges_seal(ranges);
    assert_ptr_equal(across(ranges, "10.0.0.9", "10.0.0.10", take_any, &seen),
                     &a);
    assert_ptr_equal(across(ranges, "10.0.1.0", "10.0.2.7", take_any, &seen),
                     &b);
    assert_ptr_equal(across(ranges, "10.0.2.7", "10.0.2.7", take_any, &seen),
                     &b);
    assert_null(across(ranges, "10.0.1.0", "10.0.2.6", take_any, &seen));
    assert_null(across(ranges, "10.0.2.8", "10.9.0.0", take_any, &seen));
    assert_null(across(ranges, "0.0.0.0", "255.255.255.255", take_none, &seen));
    assert_int_equal(seen, 2);
    ranges_free(ranges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_widest_that_holds_it_comes_first),
        cmocka_unit_test(a_range_has_one_value),
        cmocka_unit_test(across_finds_what_begins_between_and_what_reaches_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
