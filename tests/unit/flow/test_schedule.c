#include "stand.h"

#include "../seed.h"
#include "base/clock.h"
#include "flow/schedule.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

/* 2026-11-24T05:50:21Z; the times below are counted from 05:00. */
static const int64_t start = INT64_C(1795499421000);
#define AT(hour, minute)                                                       \
    (INT64_C(1795496400000) + (hour)*HOUR + (minute)*MINUTE)

static void policy(const struct stand *stand, const char *name,
                   const char *when)
{
    char *path = alloc_printf("policies/%s.lua", name);
    char *text = alloc_printf(
        "local riposte = require 'riposte'\n"
        "local block = riposte.action('Firewall', 'Block')\n"
        "return { name = '%s', %s, run = function(alarm)\n"
        "  block { value = alarm.AlarmRuleName .. ' ' .. alarm.AlarmDate\n"
        "          .. ' ' .. alarm.AlarmId }\n"
        "end }\n",
        name, when);

    place_plugin(&stand->place, "firewall", "Firewall", "Block", "remediation",
                 "exit 0\n");
    place_file(&stand->place, path, text);
    free(path);
    free(text);
}

static void begin(struct stand *stand, int64_t now)
{
    stand_open(stand);
    schedule_start(stand->flow->schedule, now, false);
}

static int64_t turn(struct stand *stand, int64_t now)
{
    int64_t next = schedule_turn(stand->flow->schedule, now);

    stand_work(stand);
    return next;
}

static void each_due_instant_is_one_run(void **state)
{
    struct stand *stand = *state;

    policy(stand, "hourly", "every = '1h'");
    begin(stand, start);
    assert_int_equal(turn(stand, start), start + SCHEDULE_NAP);
    assert_int_equal(turn(stand, AT(1, 0) - 5), AT(1, 0));
    stand_said(stand, "");
    turn(stand, AT(1, 0));
    stand_said(stand, "r1 begins hourly\n"
                      "r1.1 Firewall: Block schedule: hourly "
                      "2026-11-24T06:00:00.000Z hourly@2026-11-24T06:00:00.000Z"
                      " = Dry run\n"
                      "r1 is done\n");
    turn(stand, AT(1, 0) + 5);
    turn(stand, AT(1, 59));
    stand_said(stand, "");
    turn(stand, AT(2, 0) + 12);
    assert_true(stand_has_said(stand, "hourly@2026-11-24T07:00:00.000Z"));
    assert_int_equal(flow_counts(stand->flow)->runs, 2);
    stand_close(stand);
}

static void nothing_is_made_up_for_at_the_first_start(void **state)
{
    struct stand *stand = *state;

    policy(stand, "hourly", "every = '1h'");
    begin(stand, AT(1, 0));
    turn(stand, AT(1, 0));
    turn(stand, AT(1, 59));
    stand_close(stand);
    stand_said(stand, "");
}

static void the_latest_that_was_missed_is_made_up_for(void **state)
{
    struct stand *stand = *state;

    policy(stand, "hourly", "every = '1h'");
    begin(stand, start);
    stand_close(stand);
    begin(stand, AT(5, 30));
    turn(stand, AT(5, 30));
    assert_true(stand_has_said(stand, "hourly@2026-11-24T10:00:00.000Z"));
    turn(stand, AT(5, 31));
    assert_int_equal(flow_counts(stand->flow)->runs, 1);
    turn(stand, AT(6, 0));
    assert_int_equal(flow_counts(stand->flow)->runs, 2);
    stand_close(stand);
    begin(stand, AT(6, 1));
    turn(stand, AT(6, 1));
    assert_int_equal(flow_counts(stand->flow)->runs, 0);
    stand_close(stand);
}

/* Killed between the alarm's commit and that of its schedule. */
static void an_instant_is_recognised(void **state)
{
    struct stand *stand = *state;

    policy(stand, "hourly", "every = '1h'");
    begin(stand, start);
    turn(stand, AT(1, 0));
    journal_write_schedule(
        stand->flow->config.journal,
        &(struct journal_schedule_row){"hourly", "1h", start}, NULL, NULL);
    stand_close(stand);
    begin(stand, AT(1, 0) + 10);
    turn(stand, AT(1, 0) + 10);
    assert_int_equal(flow_counts(stand->flow)->runs, 0);
    assert_int_equal(flow_counts(stand->flow)->duplicates, 1);
    turn(stand, AT(2, 0));
    assert_int_equal(flow_counts(stand->flow)->runs, 1);
    stand_close(stand);
}

/* The engine ends with the alarm accepted and not matched: whoever comes next
 * goes on with it, run without a schedule too. */
static void an_accepted_one_is_run_by_the_next(void **state)
{
    struct stand *stand = *state;

    policy(stand, "hourly", "every = '1h'");
    begin(stand, start);
    schedule_turn(stand->flow->schedule, AT(1, 0));
    stand_close(stand);
    stand_open(stand);
    stand_work(stand);
    assert_true(stand_has_said(stand, "hourly@2026-11-24T06:00:00.000Z"));
    stand_close(stand);
}

static void a_clock_that_is_set_back_runs_nothing_twice(void **state)
{
    struct stand *stand = *state;

    policy(stand, "hourly", "every = '1h'");
    begin(stand, start);
    turn(stand, AT(1, 0));
    turn(stand, AT(2, 0));
    turn(stand, AT(0, 59));
    turn(stand, AT(1, 0));
    turn(stand, AT(2, 0));
    assert_int_equal(flow_counts(stand->flow)->runs, 2);
    turn(stand, AT(3, 0));
    assert_int_equal(flow_counts(stand->flow)->runs, 3);
    /* Far ahead and back: what was not run yet is. */
    turn(stand, AT(300, 0));
    turn(stand, AT(3, 30));
    turn(stand, AT(4, 0));
    assert_int_equal(flow_counts(stand->flow)->runs, 5);
    stand_close(stand);
    begin(stand, AT(4, 30));
    turn(stand, AT(5, 0));
    assert_int_equal(flow_counts(stand->flow)->runs, 1);
    stand_close(stand);
}

static void what_is_still_open_is_not_overtaken(void **state)
{
    struct stand *stand = *state;

    policy(stand, "hourly", "every = '1h'");
    policy(stand, "other", "every = '1h'");
    begin(stand, start);
    schedule_turn(stand->flow->schedule, AT(1, 0));
    turn(stand, AT(2, 0)); /* passed over: the loop did not run */
    assert_int_equal(flow_counts(stand->flow)->runs, 2);
    turn(stand, AT(3, 0));
    assert_int_equal(flow_counts(stand->flow)->runs, 4);
    stand_close(stand);
    /* Not made up for. */
    begin(stand, AT(3, 1));
    turn(stand, AT(3, 1));
    assert_int_equal(flow_counts(stand->flow)->runs, 0);
    stand_close(stand);
}

static void its_alarm_starts_that_policy_alone(void **state)
{
    struct stand *stand = *state;

    policy(stand, "hourly", "every = '1h'");
    policy(stand, "rival", "on = { AlarmRuleName = { prefix = 'schedule' } }");
    policy(stand, "greedy", "on = { policy = { exists = true } }");
    begin(stand, start);
    turn(stand, AT(1, 0));
    assert_int_equal(flow_counts(stand->flow)->runs, 1);
    assert_true(stand_has_said(stand, "r1 begins hourly"));
    stand_close(stand);
}

static void no_alarm_from_outside_starts_it(void **state)
{
    struct stand *stand = *state;

    policy(stand, "hourly", "every = '1h'");
    begin(stand, start);
    stand_offer(stand, "generic",
                "{\"source\":\"schedule\",\"policy\":\"hourly\","
                "\"AlarmId\":\"hourly@2026-11-24T06:00:00.000Z\","
                "\"AlarmRuleName\":\"schedule: hourly\","
                "\"AlarmDate\":\"2026-11-24T06:00:00.000Z\"}",
                "outside");
    stand_work(stand);
    assert_int_equal(flow_counts(stand->flow)->alarms, 1);
    assert_int_equal(flow_counts(stand->flow)->runs, 0);
    assert_null(set_source(stand->set, "schedule", NULL));
    /* Nor does it keep the real one from running. */
    turn(stand, AT(1, 0));
    assert_int_equal(flow_counts(stand->flow)->runs, 1);
    stand_close(stand);
}

static void no_source_takes_its_name(void **state)
{
    struct stand *stand = *state;
    struct problems problems;

    place_file(&stand->place, "sources/mine.lua",
               "return { name = 'schedule', format = 'json', named = true }\n");
    problems = place_broken(&stand->place);
    assert_true(place_said(&problems, "sources/mine.lua",
                           "the name of the engine's own alarms"));
    problems_free(&problems);
}

static void swap(struct stand *stand)
{
    struct set *set = place_load(&stand->place);

    flow_swap(stand->flow, set);
    set_unref(stand->set);
    stand->set = set;
}

/* The swap itself goes by the real clock. */
static void a_reload_keeps_what_is_unchanged(void **state)
{
    struct stand *stand = *state;
    int64_t now = clock_now(), hour = now / HOUR * HOUR;

    policy(stand, "kept", "every = '1h'");
    policy(stand, "moved", "every = '2h'");
    begin(stand, hour - MINUTE);
    policy(stand, "moved", "every = '1h'");
    policy(stand, "fresh", "every = '1h'");
    swap(stand);
    turn(stand, now);
    assert_int_equal(flow_counts(stand->flow)->runs, 1);
    assert_true(stand_has_said(stand, "r1 begins kept"));
    turn(stand, hour + 3 * HOUR);
    assert_int_equal(flow_counts(stand->flow)->runs, 4);
    place_unlink(&stand->place, "policies/fresh.lua");
    swap(stand);
    turn(stand, hour + 4 * HOUR);
    assert_int_equal(flow_counts(stand->flow)->runs, 6);
    stand_close(stand);
}

/* Gone while its alarm was on its way. */
static void a_policy_that_went_is_not_missed(void **state)
{
    struct stand *stand = *state;

    policy(stand, "hourly", "every = '1h'");
    policy(stand, "other", "every = '1d'");
    begin(stand, start);
    schedule_turn(stand->flow->schedule, AT(1, 0));
    place_unlink(&stand->place, "policies/hourly.lua");
    swap(stand);
    stand_work(stand);
    assert_int_equal(flow_counts(stand->flow)->runs, 0);
    stand_close(stand);
}

/* Many policies, and a clock that jumps: what runs is what is due by a plain
 * statement of it. */
static void many_policies_run_in_their_time(void **state)
{
    enum { POLICIES = 40, TURNS = 60 };
    struct stand *stand = *state;
    unsigned seed = test_seed();
    int64_t periods[POLICIES], last[POLICIES], now = start, runs = 0;

    print_message("# SEED=%u\n", seed);
    srand(seed);
    for (int i = 0; i < POLICIES; i++) {
        char *name = alloc_printf("p%02d", i);
        char *when;

        periods[i] = (1 + rand() % 100) * (int64_t)MINUTE;
        last[i] = start / periods[i];
        when = alloc_printf("every = '%lldm'", (long long)periods[i] / MINUTE);
        policy(stand, name, when);
        free(name);
        free(when);
    }
    begin(stand, start);
    for (int i = 0; i < TURNS; i++) {
        now += 1 + rand() % (5 * MINUTE);
        for (int k = 0; k < POLICIES; k++) {
            runs += now / periods[k] != last[k];
            last[k] = now / periods[k];
        }
        turn(stand, now);
        assert_int_equal(flow_counts(stand->flow)->runs, runs);
    }
    assert_true(runs > POLICIES);
    stand_close(stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAND_TEST(each_due_instant_is_one_run),
        STAND_TEST(nothing_is_made_up_for_at_the_first_start),
        STAND_TEST(the_latest_that_was_missed_is_made_up_for),
        STAND_TEST(an_instant_is_recognised),
        STAND_TEST(an_accepted_one_is_run_by_the_next),
        STAND_TEST(a_clock_that_is_set_back_runs_nothing_twice),
        STAND_TEST(what_is_still_open_is_not_overtaken),
        STAND_TEST(its_alarm_starts_that_policy_alone),
        STAND_TEST(no_alarm_from_outside_starts_it),
        STAND_TEST(no_source_takes_its_name),
        STAND_TEST(a_reload_keeps_what_is_unchanged),
        STAND_TEST(a_policy_that_went_is_not_missed),
        STAND_TEST(many_policies_run_in_their_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
