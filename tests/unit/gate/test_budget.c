#include "gate/budget.h"

#include "base/alloc.h"
#include "base/buf.h"

#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR (60 * 60 * INT64_C(1000))

/* A table of rules, as the gate has it, and one plugin with an action. */
struct stand {
    struct guards guards;
    struct guards_budget rules[4];
    struct budgets *budgets;
    struct plugin plugin;
    struct action action;
    unsigned step;
};

static void open_with(struct stand *stand, const struct guards_budget *rules,
                      size_t count)
{
    memset(stand, 0, sizeof *stand);
    memcpy(stand->rules, rules, count * sizeof *rules);
    stand->plugin.name = "P";
    stand->action = (struct action){
        .plugin = &stand->plugin, .name = "A", .kind = ACTION_REMEDIATION};
    stand->guards.budgets = stand->rules;
    stand->guards.nbudgets = count;
    stand->budgets = budgets_new();
    budgets_set(stand->budgets, &stand->guards, 0);
}

static struct budget_what what(const struct stand *stand, const char *target)
{
    return (struct budget_what){&stand->action, "policy", target};
}

static bool broken(struct stand *stand, const char *target, int64_t now)
{
    struct budget_what wanted = what(stand, target);
    size_t place = 0;

    return budgets_broken(stand->budgets, &wanted, now, &place) != NULL;
}

static struct budget_use *reserve(struct stand *stand, const char *target)
{
    struct budget_what wanted = what(stand, target);

    return budgets_reserve(stand->budgets, &wanted);
}

static void begin(struct stand *stand, struct budget_use *use, int64_t now)
{
    struct buf counts = {0};
    struct journal_use row = {.run = 1, .step = ++stand->step, .attempt = 1};

    budgets_begin(stand->budgets, use, now, &counts, &row);
    buf_free(&counts);
}

static void start(struct stand *stand, const char *target, int64_t now)
{
    struct budget_use *use = reserve(stand, target);

    begin(stand, use, now);
    budgets_leave(use);
}

static void the_count_is_a_limit_of_any_window(void **state)
{
    static const struct guards_budget rule = {
        .count = 2, .within = HOUR, .text = "b"};
    struct stand stand;

    (void)state;
    open_with(&stand, &rule, 1);
    start(&stand, NULL, 1000);
    assert_false(broken(&stand, NULL, 1000));
    start(&stand, NULL, 2000);
    assert_true(broken(&stand, NULL, 2000));
    assert_true(broken(&stand, NULL, HOUR + 999));
    assert_false(broken(&stand, NULL, HOUR + 1000));
    start(&stand, NULL, HOUR + 1000);
    assert_true(broken(&stand, NULL, HOUR + 1999));
    assert_false(broken(&stand, NULL, HOUR + 2000));
    budgets_free(stand.budgets);
}

static void what_is_reserved_counts_until_it_is_given_back(void **state)
{
    static const struct guards_budget rule = {
        .count = 1, .within = HOUR, .text = "b"};
    struct budget_use *use;
    struct stand stand;

    (void)state;
    open_with(&stand, &rule, 1);
    use = reserve(&stand, NULL);
    assert_true(broken(&stand, NULL, 0));
    budgets_give_back(stand.budgets, use);
    assert_false(broken(&stand, NULL, 0));
    use = reserve(&stand, NULL);
    begin(&stand, use, 500);
    assert_true(broken(&stand, NULL, 1000));
    assert_true(budgets_counted(stand.budgets, 1, stand.step));
    budgets_give_back(stand.budgets, use); /* it did not start after all */
    assert_false(broken(&stand, NULL, 1000));
    assert_false(budgets_counted(stand.budgets, 1, stand.step));
    budgets_free(stand.budgets);
}

static void targets_and_prefixes_are_counted_each(void **state)
{
    static const struct guards_budget rules[] = {
        {.count = 1, .within = HOUR, .per = PER_TARGET, .text = "t"},
        {.count = 2,
         .within = HOUR,
         .per = PER_PREFIX,
         .ipv4 = 24,
         .ipv6 = 48,
         .text = "p"},
    };
    struct stand stand;

    (void)state;
    open_with(&stand, rules, 2);
    start(&stand, "192.0.2.1", 0);
    assert_true(broken(&stand, "192.0.2.1", 1));
    assert_false(broken(&stand, "192.0.2.2", 1));
    start(&stand, "192.0.2.2", 1);
    assert_true(broken(&stand, "192.0.2.3", 2));
    assert_false(broken(&stand, "192.0.3.3", 2));
    start(&stand, "2001:db8::1", 2);
    start(&stand, "2001:db8::2", 2);
    assert_true(broken(&stand, "2001:db8:0:ffff::1", 3));
    assert_false(broken(&stand, "2001:db8:1::1", 3));
    assert_false(broken(&stand, "host", 3));
    assert_false(broken(&stand, NULL, 3));
    budgets_free(stand.budgets);
}

static void a_rule_counts_what_it_is_about(void **state)
{
    static struct guards_budget rules[] = {
        {.scope = {.plugin = "P", .action = "B"}, .within = HOUR, .text = "1"},
        {.scope = {.policy = "other"}, .within = HOUR, .text = "2"},
        {.scope = {.plugin = "Q"}, .within = HOUR, .text = "3"},
    };
    struct stand stand;

    (void)state;
    open_with(&stand, rules, 3); /* all of them allow nothing */
    assert_false(broken(&stand, NULL, 0));
    stand.action.name = "B";
    assert_true(broken(&stand, NULL, 0));
    budgets_free(stand.budgets);
}

static void new_rules_know_what_was_done_before(void **state)
{
    static const struct guards_budget before = {
        .count = 9, .within = 1000, .text = "b"};
    struct guards_budget after = {.count = 3, .within = HOUR, .text = "a"};
    struct guards guards = {.budgets = &after, .nbudgets = 1};
    struct budget_use *use;
    struct stand stand;

    (void)state;
    open_with(&stand, &before, 1);
    budgets_load(stand.budgets,
                 &(struct journal_use){
                     .run = 7, .step = 1, .plugin = "P", .action = "A"});
    start(&stand, NULL, 0);
    use = reserve(&stand, NULL);
    budgets_set(stand.budgets, &guards, 5000);
    assert_true(broken(&stand, NULL, 5000));
    assert_true(budgets_counted(stand.budgets, 7, 1));
    begin(&stand, use, 5000);
    budgets_set(stand.budgets, NULL, 5000);
    assert_false(broken(&stand, NULL, 5000));
    budgets_set(stand.budgets, &guards, 5000);
    assert_true(broken(&stand, NULL, 5000));
    budgets_give_back(stand.budgets, use);
    assert_false(broken(&stand, NULL, 5000));
    budgets_free(stand.budgets);
}

/* Many targets come and go: counters that count nothing are forgotten, and no
 * window ever holds more than it may. */
static void any_history_keeps_to_the_budget(void **state)
{
    enum { ASKS = 20000, TARGETS = 3000, COUNT = 3 };
    static const struct guards_budget rule = {
        .count = COUNT, .within = HOUR, .per = PER_TARGET, .text = "t"};
    int64_t *last = alloc_zeroed(TARGETS * COUNT, sizeof *last);
    struct stand stand;
    int64_t now = 2 * HOUR;

    (void)state;
    open_with(&stand, &rule, 1);
    for (size_t i = 0; i < ASKS; i++) {
        unsigned number = (unsigned)random() % (random() % 2 ? TARGETS : 10);
        int64_t *times = last + (size_t)number * COUNT;
        char *target = alloc_printf("t%u", number);
        bool over = times[0] && times[0] > now - HOUR;

        assert_int_equal(broken(&stand, target, now), over);
        if (!over) {
            start(&stand, target, now);
            memmove(times, times + 1, (COUNT - 1) * sizeof *times);
            times[COUNT - 1] = now;
        }
        free(target);
        now += random() % 5000;
    }
    free(last);
    budgets_free(stand.budgets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_count_is_a_limit_of_any_window),
        cmocka_unit_test(what_is_reserved_counts_until_it_is_given_back),
        cmocka_unit_test(targets_and_prefixes_are_counted_each),
        cmocka_unit_test(a_rule_counts_what_it_is_about),
        cmocka_unit_test(new_rules_know_what_was_done_before),
        cmocka_unit_test(any_history_keeps_to_the_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
