#include "flow/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LEASES = 10000, PARTS = 10 };

static void a_pause_is_never_shorter_and_a_quarter_longer_at_most(void **state)
{
    static const int64_t every[] = {1000, 1001, 600000, 2678400000};

    (void)state;
    for (size_t i = 0; i < sizeof every / sizeof *every; i++)
        for (int64_t lease = 1; lease < LEASES; lease++) {
            int64_t pause = lease_pause(lease, every[i]);

            assert_true(pause >= every[i]);
            assert_true(pause <= every[i] + every[i] / LEASE_SPREAD);
            assert_int_equal(pause, lease_pause(lease, every[i]));
        }
}

/* Leases that were numbered one after the other. */
static void leases_that_begin_together_part(void **state)
{
    const int64_t every = 600000, spread = every / LEASE_SPREAD;
    size_t found[PARTS] = {0};

    (void)state;
    for (int64_t lease = 1; lease <= LEASES; lease++)
        found[(lease_pause(lease, every) - every) * PARTS / (spread + 1)]++;
    for (size_t i = 0; i < PARTS; i++)
        assert_in_range(found[i], LEASES / PARTS / 2, LEASES / PARTS * 2);
}

static void an_undo_is_retried_at_longer_and_longer_pauses(void **state)
{
    (void)state;
    assert_int_equal(lease_retry_after(1), LEASE_RETRY_FIRST);
    assert_int_equal(lease_retry_after(2),
                     LEASE_RETRY_FIRST * LEASE_RETRY_FACTOR);
    for (int64_t n = 1; n < 100; n++)
        assert_true(lease_retry_after(n) <= LEASE_RETRY_MAX);
    assert_int_equal(lease_retry_after(100), LEASE_RETRY_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pause_is_never_shorter_and_a_quarter_longer_at_most),
        cmocka_unit_test(leases_that_begin_together_part),
        cmocka_unit_test(an_undo_is_retried_at_longer_and_longer_pauses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
