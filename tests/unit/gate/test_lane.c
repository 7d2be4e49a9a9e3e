#include "gate/lane.h"

#include "../seed.h"
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static char plugin_name[] = "Plugin", other_name[] = "Other";
static struct plugin plugin = {.name = plugin_name};
static struct plugin other = {.name = other_name};

static struct action action_of(struct plugin *owner, char *name,
                               unsigned concurrency)
{
    return (struct action){
        .plugin = owner, .name = name, .concurrency = concurrency};
}

/* Somebody who goes through the lanes. */
struct visitor {
    struct ticket ticket;
    struct lanes *lanes;
    bool entered;
    bool leaves;           /* as soon as it has entered */
    unsigned *order, rank; /* when it entered */
};

static void enter(void *arg)
{
    struct visitor *visitor = arg;

    assert_false(visitor->entered);
    visitor->entered = true;
    if (visitor->order)
        visitor->rank = (*visitor->order)++;
    if (visitor->leaves)
        lane_leave(visitor->lanes, &visitor->ticket);
}

static void comes(struct visitor *visitor, struct lanes *lanes,
                  const struct action *action, const char *target)
{
    visitor->lanes = lanes;
    lane_enter(lanes, &visitor->ticket, action, target, enter, visitor);
}

static void leaves(struct visitor *visitor)
{
    lane_leave(visitor->lanes, &visitor->ticket);
}

static void one_hung_action_delays_no_other(void **state)
{
    struct lanes *lanes = lanes_new(0);
    struct action hung = action_of(&plugin, (char[]){"hung"}, 8);
    struct action quick = action_of(&plugin, (char[]){"quick"}, 8);
    struct visitor stuck[100] = {0}, fast = {0};

    (void)state;
    for (size_t i = 0; i < 100; i++)
        comes(&stuck[i], lanes, &hung, NULL);
    assert_int_equal(lanes_inside(lanes), 8);
    assert_int_equal(lanes_waiting(lanes), 92);
    comes(&fast, lanes, &quick, NULL);
    assert_true(fast.entered);
    leaves(&fast);
    for (size_t i = 0; i < 100; i++) {
        assert_true(stuck[i].entered);
        leaves(&stuck[i]);
    }
    assert_int_equal(lanes_inside(lanes), 0);
    lanes_free(lanes);
}

static void one_target_takes_one_at_a_time(void **state)
{
    struct lanes *lanes = lanes_new(0);
    struct action block = action_of(&plugin, (char[]){"block"}, 8);
    struct action unblock = action_of(&plugin, (char[]){"unblock"}, 8);
    struct action foreign = action_of(&other, (char[]){"block"}, 8);
    struct visitor first = {0}, undo = {0}, again = {0}, next = {0}, far = {0};

    (void)state;
    comes(&first, lanes, &block, "192.0.2.1");
    comes(&undo, lanes, &unblock, "192.0.2.1");
    comes(&again, lanes, &block, "192.0.2.1");
    comes(&next, lanes, &block, "192.0.2.2");
    comes(&far, lanes, &foreign, "192.0.2.1");
    assert_true(first.entered && next.entered && far.entered);
    assert_false(undo.entered || again.entered);
    leaves(&first);
    assert_true(undo.entered);
    assert_false(again.entered);
    leaves(&undo);
    assert_true(again.entered);
    leaves(&again);
    leaves(&next);
    leaves(&far);
    lanes_free(lanes);
}

/* What an earlier engine left running is inside, however full it is there. */
static void what_is_held_counts(void **state)
{
    struct lanes *lanes = lanes_new(2);
    struct action action = action_of(&plugin, (char[]){"act"}, 2);
    struct visitor held[3] = {0}, next = {0};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        held[i].lanes = lanes;
        lane_hold(lanes, &held[i].ticket, &action, i ? NULL : "a");
    }
    assert_int_equal(lanes_inside(lanes), 3);
    comes(&next, lanes, &action, "a");
    leaves(&held[0]);
    assert_false(next.entered);
    leaves(&held[1]);
    assert_true(next.entered);
    leaves(&held[2]);
    leaves(&next);
    lanes_free(lanes);
}

static void the_total_is_a_limit(void **state)
{
    struct lanes *lanes = lanes_new(3);
    struct action a = action_of(&plugin, (char[]){"a"}, 2);
    struct action b = action_of(&plugin, (char[]){"b"}, 2);
    struct visitor visitors[4] = {0};
    unsigned order = 0;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        visitors[i].order = &order;
        comes(&visitors[i], lanes, i % 2 ? &b : &a, NULL);
    }
    assert_int_equal(lanes_inside(lanes), 3);
    assert_false(visitors[3].entered);
    leaves(&visitors[0]);
    assert_true(visitors[3].entered);
    for (size_t i = 1; i < 4; i++)
        leaves(&visitors[i]);
    lanes_free(lanes);
}

/* Each leaves as soon as it has entered: no stack, and in their order. */
static void many_leave_at_once(void **state)
{
    enum { MANY = 100000 };
    struct lanes *lanes = lanes_new(1);
    struct action action = action_of(&plugin, (char[]){"a"}, 1);
    struct visitor *visitors = alloc_zeroed(MANY, sizeof *visitors);
    struct visitor first = {0};
    unsigned order = 0;

    (void)state;
    comes(&first, lanes, &action, "t");
    for (unsigned i = 0; i < MANY; i++) {
        visitors[i].leaves = true;
        visitors[i].order = &order;
        comes(&visitors[i], lanes, &action, "t");
    }
    assert_int_equal(order, 0);
    leaves(&first);
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(visitors[i].rank, i);
    assert_int_equal(order, MANY);
    assert_int_equal(lanes_inside(lanes) + lanes_waiting(lanes), 0);
    lanes_free(lanes);
    free(visitors);
}

static void whoever_gives_up_is_not_called(void **state)
{
    struct lanes *lanes = lanes_new(1);
    struct action action = action_of(&plugin, (char[]){"a"}, 1);
    struct visitor in = {0}, target = {0}, place = {0}, total = {0}, last = {0};
    struct action b = action_of(&plugin, (char[]){"b"}, 1);

    (void)state;
    comes(&in, lanes, &action, "t");
    comes(&target, lanes, &action, "t");
    comes(&place, lanes, &action, NULL);
    comes(&total, lanes, &b, NULL);
    comes(&last, lanes, &b, NULL);
    assert_int_equal(lanes_waiting(lanes), 4);
    leaves(&target);
    leaves(&place);
    leaves(&total);
    assert_int_equal(lanes_waiting(lanes), 1);
    leaves(&in);
    assert_false(target.entered || place.entered || total.entered);
    assert_true(last.entered);
    leaves(&last);
    lanes_free(lanes);
}

static void a_reload_may_change_the_places(void **state)
{
    struct lanes *lanes = lanes_new(0);
    struct action old = action_of(&plugin, (char[]){"a"}, 1);
    struct action new = action_of(&plugin, (char[]){"a"}, 3);
    struct action newest = action_of(&plugin, (char[]){"a"}, 1);
    struct visitor one = {0}, two = {0}, three = {0}, four = {0};

    (void)state;
    comes(&one, lanes, &old, NULL);
    comes(&two, lanes, &old, NULL);
    assert_false(two.entered);
    comes(&three, lanes, &new, NULL);
    assert_true(two.entered && three.entered);
    comes(&four, lanes, &newest, NULL);
    leaves(&one);
    leaves(&two);
    assert_false(four.entered);
    leaves(&three);
    assert_true(four.entered);
    leaves(&four);
    lanes_free(lanes);
}

/* ---- random visits: no limit is passed, nobody is forgotten ------------- */

enum { ACTIONS = 5, TARGETS = 6, VISITORS = 60, ROUNDS = 20000, TOTAL = 7 };

struct visit {
    struct visitor visitor;
    bool here;
    int action, target; /* target TARGETS: none */
    unsigned came;
};

static void check_limits(const struct visit *visits,
                         const struct action *actions,
                         const struct lanes *lanes)
{
    unsigned inside = 0, waiting = 0, by_action[ACTIONS] = {0};
    unsigned by_target[TARGETS + 1] = {0};

    for (size_t i = 0; i < VISITORS; i++) {
        if (!visits[i].here)
            continue;
        if (!visits[i].visitor.entered) {
            waiting++;
            continue;
        }
        inside++;
        by_action[visits[i].action]++;
        by_target[visits[i].target]++;
    }
    assert_int_equal(lanes_inside(lanes), inside);
    assert_int_equal(lanes_waiting(lanes), waiting);
    assert_true(inside <= TOTAL);
    assert_true(inside > 0 || waiting == 0);
    for (size_t i = 0; i < ACTIONS; i++)
        assert_true(by_action[i] <= actions[i].concurrency);
    for (size_t i = 0; i < TARGETS; i++)
        assert_true(by_target[i] <= 1);
}

/* Equal in action and target: first come, first served. */
static void check_order(const struct visit *visits)
{
    for (size_t i = 0; i < VISITORS; i++)
        for (size_t j = 0; j < VISITORS; j++)
            if (visits[i].here && visits[j].here &&
                visits[i].action == visits[j].action &&
                visits[i].target == visits[j].target &&
                visits[i].came < visits[j].came)
                assert_true(visits[i].visitor.entered ||
                            !visits[j].visitor.entered);
}

static void no_limit_is_ever_passed(void **state)
{
    unsigned seed = test_seed();
    struct lanes *lanes = lanes_new(TOTAL);
    struct visit *visits = alloc_zeroed(VISITORS, sizeof *visits);
    struct action actions[ACTIONS];
    char names[ACTIONS][2], target[8];

    (void)state;
    print_message("seed %u\n", seed);
    for (int i = 0; i < ACTIONS; i++) {
        names[i][0] = (char)('a' + i);
        names[i][1] = '\0';
        actions[i] = action_of(&plugin, names[i], 1 + (unsigned)i % 3);
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct visit *visit = &visits[rand_r(&seed) % VISITORS];

        if (visit->here) {
            visit->here = false;
            leaves(&visit->visitor);
        } else {
            *visit = (struct visit){.here = true, .came = round};
            visit->action = rand_r(&seed) % ACTIONS;
            visit->target = rand_r(&seed) % (TARGETS + 1);
            snprintf(target, sizeof target, "t%d", visit->target);
            comes(&visit->visitor, lanes, &actions[visit->action],
                  visit->target < TARGETS ? target : NULL);
        }
        check_limits(visits, actions, lanes);
        check_order(visits);
    }
    for (size_t i = 0; i < VISITORS; i++)
        if (visits[i].here)
            leaves(&visits[i].visitor);
    assert_int_equal(lanes_inside(lanes) + lanes_waiting(lanes), 0);
    lanes_free(lanes);
    free(visits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_hung_action_delays_no_other),
        cmocka_unit_test(one_target_takes_one_at_a_time),
        cmocka_unit_test(what_is_held_counts),
        cmocka_unit_test(the_total_is_a_limit),
        cmocka_unit_test(many_leave_at_once),
        cmocka_unit_test(whoever_gives_up_is_not_called),
        cmocka_unit_test(a_reload_may_change_the_places),
        cmocka_unit_test(no_limit_is_ever_passed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
