#include "flow/due.h"

#include "../seed.h"
#include "base/alloc.h"
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 200 };

/* What is to happen, and what has. */
struct plan {
    uv_loop_t loop;
    struct dues *dues;
    struct item {
        struct due due;
        struct plan *plan;
        bool again; /* when it rings it is added once more, at once */
        bool stops; /* when it rings the dues are stopped */
        unsigned rung;
    } items[COUNT];
    struct item *order[2 * COUNT]; /* that have rung */
    size_t rung;
    bool closed;
};

static void on_ring(struct due *due)
{
    struct item *item = (struct item *)(void *)due;
    struct plan *plan = item->plan;

    assert_int_equal(due->place, 0);
    item->rung++;
    plan->order[plan->rung++] = item;
    if (item->again) {
        item->again = false;
        dues_add(plan->dues, due, due->when);
    }
    if (item->stops)
        dues_stop(plan->dues);
}

static void on_closed(void *arg)
{
    ((struct plan *)arg)->closed = true;
}

static int setup(void **state)
{
    struct plan *plan = ALLOC(struct plan);

    uv_loop_init(&plan->loop);
    plan->dues = dues_new(&plan->loop);
    for (size_t i = 0; i < COUNT; i++) {
        plan->items[i].plan = plan;
        plan->items[i].due.ring = on_ring;
    }
    *state = plan;
    return 0;
}

static int teardown(void **state)
{
    struct plan *plan = *state;

    dues_close(plan->dues, on_closed, plan);
    uv_run(&plan->loop, UV_RUN_DEFAULT);
    assert_true(plan->closed);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(plan->items[i].due.place, 0);
    assert_int_equal(uv_loop_close(&plan->loop), 0);
    free(plan);
    return 0;
}

static void add(struct plan *plan, size_t item, int64_t when)
{
    dues_add(plan->dues, &plan->items[item].due, when);
}

/* Everything that is due rings; the loop ends when nothing is left. */
static void work(struct plan *plan)
{
    uv_run(&plan->loop, UV_RUN_DEFAULT);
}

static void they_ring_in_the_order_of_their_times(void **state)
{
    struct plan *plan = *state;
    unsigned seed = test_seed();
    int64_t base = clock_now() - COUNT;

    print_message("# SEED=%u\n", seed);
    for (size_t i = 0; i < COUNT; i++)
        add(plan, i, base + rand_r(&seed) % COUNT);
    for (size_t i = 0; i < COUNT; i += 3)
        dues_remove(plan->dues, &plan->items[i].due);
    work(plan);
    assert_int_equal(plan->rung, COUNT - (COUNT + 2) / 3);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(plan->items[i].rung, i % 3 != 0);
    for (size_t i = 1; i < plan->rung; i++)
        assert_true(plan->order[i - 1]->due.when <= plan->order[i]->due.when);
}

static void a_later_one_waits_for_its_time(void **state)
{
    struct plan *plan = *state;
    int64_t when = clock_now() + 50;

    add(plan, 0, when);
    work(plan);
    assert_int_equal(plan->items[0].rung, 1);
    assert_true(clock_now() >= when);
}

static void removing_what_is_not_in_there_does_nothing(void **state)
{
    struct plan *plan = *state;

    dues_remove(plan->dues, &plan->items[0].due);
    add(plan, 0, 0);
    dues_remove(plan->dues, &plan->items[0].due);
    dues_remove(plan->dues, &plan->items[0].due);
    work(plan);
    assert_int_equal(plan->rung, 0);
    add(plan, 0, 0);
    work(plan);
    assert_int_equal(plan->rung, 1);
}

static void one_that_rings_may_add_itself_again(void **state)
{
    struct plan *plan = *state;

    plan->items[0].again = true;
    add(plan, 0, 1);
    add(plan, 1, 2);
    work(plan);
    assert_int_equal(plan->items[0].rung, 2);
    assert_int_equal(plan->items[1].rung, 1);
}

static void once_stopped_nothing_rings(void **state)
{
    struct plan *plan = *state;

    plan->items[0].stops = true;
    add(plan, 0, 1);
    add(plan, 1, 2);
    work(plan);
    add(plan, 2, 0);
    work(plan);
    assert_int_equal(plan->rung, 1);
    assert_int_equal(plan->items[2].due.place, 0);
    dues_remove(plan->dues, &plan->items[1].due);
}

#define DUE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DUE_TEST(they_ring_in_the_order_of_their_times),
        DUE_TEST(a_later_one_waits_for_its_time),
        DUE_TEST(removing_what_is_not_in_there_does_nothing),
        DUE_TEST(one_that_rings_may_add_itself_again),
        DUE_TEST(once_stopped_nothing_rings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
