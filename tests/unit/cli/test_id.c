#include "cli/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_number_is_its_letter_and_digits(void **state)
{
    static const char *const wrong[] = {
        "",    "l",   "4",   "r4",   "l0",
        "l04", "l4 ", "l-4", "l4.1", "l1234567890123456789",
    };
    int64_t number;

    (void)state;
    assert_true(id_number("l4", 'l', &number));
    assert_int_equal(number, 4);
    assert_true(id_number("l123456789012345678", 'l', &number));
    assert_int_equal(number, INT64_C(123456789012345678));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(id_number(wrong[i], 'l', &number));
}

static void a_step_is_a_run_and_its_number(void **state)
{
    static const char *const wrong[] = {
        "",
        "r",
        "r17",
        "r17.",
        "r17.0",
        "r.3",
        "r17.03",
        "r17.3 ",
        "l17.3",
        "r17.3.1",
        "r0.3",
        "r17,3",
        "r17.1234567890",
    };
    unsigned step;
    int64_t run;

    (void)state;
    assert_true(id_step("r17.3", &run, &step));
    assert_int_equal(run, 17);
    assert_int_equal(step, 3);
    assert_true(id_step("r1.123456789", &run, &step));
    assert_int_equal(step, 123456789);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(id_step(wrong[i], &run, &step));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_its_letter_and_digits),
        cmocka_unit_test(a_step_is_a_run_and_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
