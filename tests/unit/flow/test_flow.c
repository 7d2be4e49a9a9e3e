#include "stand.h"

#define BIND                                                                   \
    "local riposte = require 'riposte'\n"                                      \
    "local block = riposte.action('Firewall', 'Block')\n"

/* Blocks SIP for every alarm of that rule. */
static void site(const struct stand *stand)
{
    place_plugin(&stand->place, "firewall", "Firewall", "Block", "remediation",
                 "exit 0\n");
    place_file(&stand->place, "lists/allow.txt", "10.0.0.0/8\n");
    place_file(&stand->place, "policies/block.lua",
               BIND "local allow = riposte.list 'allow'\n"
                    "return { name = 'block', on = { AlarmRuleName = 'bad' },\n"
                    "  run = function(alarm)\n"
                    "    if not allow:has(alarm.SIP) then\n"
                    "      block { value = alarm.SIP }\n"
                    "    end\n"
                    "  end }\n");
}

static void an_alarm_leads_to_a_run(void **state)
{
    struct stand *stand = *state;
    const struct flow_counts *counts;

    site(stand);
    stand_open(stand);
    stand_offer(stand, "generic",
                "{\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.1\"}\n"
                "{\"AlarmRuleName\":\"good\",\"SIP\":\"192.0.2.2\"}\n"
                "{\"AlarmRuleName\":\"bad\",\"SIP\":\"10.1.1.1\"}\n",
                "in");
    stand_work(stand);
    assert_true(stand_has_said(stand, "r1 begins block\nr2 begins block\n"));
    assert_true(
        stand_has_said(stand, "r1.2 Firewall: Block 192.0.2.1 = Dry run\n"));
    assert_true(stand_has_said(stand, "r1 is done\n"));
    assert_true(stand_has_said(stand, "r2 is done\n"));
    counts = flow_counts(stand->flow);
    assert_int_equal(counts->alarms, 3);
    assert_int_equal(counts->matched, 2);
    assert_int_equal(counts->runs, 2);
    assert_int_equal(counts->steps, 1);
    assert_int_equal(counts->failed, 0);
    assert_int_equal(counts->refused + counts->skipped + counts->duplicates, 0);
    assert_true(flow_ready(stand->flow));
    stand_close(stand);
}

static void the_same_input_once_more_is_duplicates(void **state)
{
    static const char input[] =
        "{\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.1\"}\n"
        "{\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.1\"}\n";
    struct stand *stand = *state;

    site(stand);
    for (int i = 0; i < 2; i++) {
        stand_open(stand);
        stand_offer(stand, "generic", input, i ? "copy" : "in");
        stand_work(stand);
        assert_int_equal(flow_counts(stand->flow)->alarms, i ? 0 : 2);
        assert_int_equal(flow_counts(stand->flow)->duplicates, i ? 2 : 0);
        assert_int_equal(flow_counts(stand->flow)->runs, i ? 0 : 2);
        stand_close(stand);
    }
}

static void what_is_no_alarm_is_kept_with_its_reason(void **state)
{
    struct stand *stand = *state;
    char *kept;

    stand_open(stand);
    stand_offer(stand, "generic",
                "{\"a\":1}\n{\"a\":1,\"a\":2}\n{\"b\":\"\xff\"}\n", "in.json");
    flow_refuse(stand->flow, str_of("[1"), "in.json", 9, "too long");
    stand_work(stand);
    assert_true(stand_has_said(stand, "in.json:2 refused: "));
    assert_true(stand_has_said(stand, "in.json:3 refused: "));
    assert_true(stand_has_said(stand, "in.json:9 refused: too long\n"));
    assert_int_equal(flow_counts(stand->flow)->refused, 3);
    assert_int_equal(flow_counts(stand->flow)->alarms, 1);
    stand_close(stand);
    kept = place_read(&stand->place, "state/quarantine.ndjson");
    assert_non_null(strstr(kept, "\"where\":\"in.json\",\"line\":2,"
                                 "\"source\":\"generic\",\"reason\":\""));
    assert_non_null(
        strstr(kept, "\"record\":\"{\\\"a\\\":1,\\\"a\\\":2}\"}\n"));
    assert_non_null(
        strstr(kept, "\"record\":{\"base64\":\"eyJiIjoi/yJ9\"}}\n"));
    assert_non_null(strstr(kept, "\"source\":null,\"reason\":\"too long\""));
    free(kept);
}

static void an_id_with_other_bytes_is_no_duplicate(void **state)
{
    struct stand *stand = *state;
    char *kept;

    site(stand);
    stand_open(stand);
    stand_offer(stand, "generic",
                "{\"AlarmId\":7,\"AlarmRuleName\":\"bad\",\"SIP\":\"::1\"}\n"
                "{\"AlarmId\":7,\"AlarmRuleName\":\"bad\",\"SIP\":\"::1\"}\n"
                "{\"AlarmId\":7,\"AlarmRuleName\":\"bad\",\"SIP\":\"::2\"}\n",
                "in");
    stand_work(stand);
    assert_int_equal(flow_counts(stand->flow)->alarms, 1);
    assert_int_equal(flow_counts(stand->flow)->duplicates, 1);
    assert_int_equal(flow_counts(stand->flow)->refused, 1);
    assert_int_equal(flow_counts(stand->flow)->runs, 1);
    assert_true(stand_has_said(stand, "in:3 refused: id reused"));
    stand_close(stand);
    kept = place_read(&stand->place, "state/quarantine.ndjson");
    assert_non_null(strstr(kept, "::2"));
    free(kept);
}

static void a_line_that_no_pattern_knows_is_skipped(void **state)
{
    struct stand *stand = *state;

    stand_open(stand);
    stand_offer(stand, "sshd", "Dec 10 06:55:46 host cron[1]: job\n", "in");
    stand_work(stand);
    assert_int_equal(flow_counts(stand->flow)->skipped, 1);
    assert_int_equal(flow_counts(stand->flow)->alarms, 0);
    stand_close(stand);
}

static void threshold_policy(const struct stand *stand)
{
    place_plugin(&stand->place, "firewall", "Firewall", "Block", "remediation",
                 "exit 0\n");
    place_file(&stand->place, "policies/count.lua",
               BIND
               "return { name = 'count', on = { AlarmRuleName = 'bad' },\n"
               "  threshold = { count = 3, within = '1m', by = 'SIP' },\n"
               "  run = function(alarm) block { value = alarm.SIP } end }\n");
}

static void offer_bad(struct stand *stand, int from, int to)
{
    struct buf text = {0};

    for (int i = from; i < to; i++)
        buf_printf(&text,
                   "{\"AlarmId\":%d,\"AlarmDate\":\"2026-11-24T05:00:%02dZ\","
                   "\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.1\"}\n",
                   i, i);
    buf_add_byte(&text, '\0');
    stand_offer(stand, "generic", text.data, "in");
    buf_free(&text);
}

static void the_alarm_that_completes_the_count_starts_the_run(void **state)
{
    struct stand *stand = *state;

    threshold_policy(stand);
    stand_open(stand);
    offer_bad(stand, 0, 6);
    stand_work(stand);
    stand_said(stand, "r1 begins count\n"
                      "r1.1 Firewall: Block 192.0.2.1 = Dry run\n"
                      "r1 is done\n");
    assert_int_equal(flow_counts(stand->flow)->matched, 6);
    stand_close(stand);
}

static void counts_go_on_in_the_next_process(void **state)
{
    struct stand *stand = *state;

    threshold_policy(stand);
    for (int i = 0; i < 3; i++) {
        stand_open(stand);
        offer_bad(stand, i, i + 1);
        stand_work(stand);
        assert_int_equal(flow_counts(stand->flow)->runs, i == 2);
        stand_close(stand);
    }
}

static void only_the_named_policies_run(void **state)
{
    static const char *const only[] = {"b", NULL};
    struct stand *stand = *state;

    place_file(&stand->place, "policies/a.lua",
               "return { name = 'a', on = { x = 1 }, run = function() end }");
    place_file(&stand->place, "policies/b.lua",
               "return { name = 'b', on = { x = 1 }, run = function() end }");
    stand_open_as(stand, GATE_DRY, only);
    stand_offer(stand, "generic", "{\"x\":1}", "in");
    stand_work(stand);
    stand_said(stand, "r1 begins b\nr1 is done\n");
    stand_close(stand);
}

static void an_error_of_a_policy_fails_its_run_alone(void **state)
{
    struct stand *stand = *state;

    place_file(&stand->place, "policies/a.lua",
               "return { name = 'a', on = { x = 1 },\n"
               "  run = function() local t = nil; return t.x end }");
    place_file(&stand->place, "policies/b.lua",
               "return { name = 'b', on = { x = 1 }, run = function() end }");
    stand_open(stand);
    stand_offer(stand, "generic", "{\"x\":1}", "in");
    stand_work(stand);
    assert_true(stand_has_said(stand, "r1 is failed: policies/a.lua:2: "));
    assert_true(stand_has_said(stand, "r2 is done\n"));
    assert_int_equal(flow_counts(stand->flow)->failed, 1);
    stand_close(stand);
}

/* The first run takes all memory of the state in which the second one waits
 * for its answer. */
static void a_spent_state_parks_one_run_and_keeps_the_others(void **state)
{
    struct stand *stand = *state;

    place_plugin(&stand->place, "firewall", "Firewall", "Block", "remediation",
                 "exit 0\n");
    place_file(&stand->place, "policies/a.lua",
               BIND "return { name = 'a', on = { AlarmRuleName = 'bad' },\n"
                    "  run = function(alarm)\n"
                    "    block { value = alarm.SIP }\n"
                    "    local t = {}\n"
                    "    while alarm.SIP == '192.0.2.66' do\n"
                    "      t[#t + 1] = ('x'):rep(1000) .. #t\n"
                    "    end\n"
                    "    block { value = alarm.SIP }\n"
                    "  end }\n");
    stand_open(stand);
    stand_offer(stand, "generic",
                "{\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.1\"}\n"
                "{\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.66\"}\n"
                "{\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.2\"}\n",
                "in");
    stand_work(stand);
    assert_true(stand_has_said(stand, "r1 is done\n"));
    assert_true(stand_has_said(stand, "r2 is parked: "));
    assert_true(stand_has_said(stand, "r3 is done\n"));
    /* Nothing was asked a second time. */
    assert_int_equal(flow_counts(stand->flow)->steps, 5);
    stand_close(stand);
}

/* Runs that wait fill a state: it is given up, and they come back with their
 * answers, none twice. */
static void a_full_state_is_given_up_and_nobody_suffers(void **state)
{
    enum { RUNS = 64 };
    struct stand *stand = *state;

    place_plugin(&stand->place, "firewall", "Firewall", "Block", "remediation",
                 "exit 0\n");
    place_file(&stand->place, "policies/a.lua",
               BIND "return { name = 'a', on = { AlarmRuleName = 'bad' },\n"
                    "  run = function(alarm)\n"
                    "    local kept = ('x'):rep(1000000)\n"
                    "    block { value = 1 }\n"
                    "    riposte.all { block.call { value = 2 },\n"
                    "      block.call { value = 3 } }\n"
                    "    return kept\n"
                    "  end }\n");
    stand_open(stand);
    for (int i = 0; i < RUNS; i++) {
        char *text =
            alloc_printf("{\"AlarmId\":%d,\"AlarmRuleName\":\"bad\"}\n", i);

        stand_offer(stand, "generic", text, "in");
        free(text);
    }
    stand_work(stand);
    assert_int_equal(flow_counts(stand->flow)->runs, RUNS);
    assert_int_equal(flow_counts(stand->flow)->steps, 3 * RUNS);
    assert_int_equal(flow_counts(stand->flow)->failed, 0);
    stand_close(stand);
}

/* 16 MiB of requests: fifteen of 1 MiB fit, a sixteenth does not, with what is
 * around it. */
static void requests_count_for_the_limit_of_a_run(void **state)
{
    struct stand *stand = *state;

    place_plugin(&stand->place, "firewall", "Firewall", "Block", "remediation",
                 "exit 0\n");
    place_file(&stand->place, "policies/a.lua",
               BIND "return { name = 'a', on = { AlarmRuleName = 'bad' },\n"
                    "  run = function(alarm)\n"
                    "    for _ = 1, alarm.n do\n"
                    "      block:try { value = ('x'):rep(1 << 20) }\n"
                    "    end\n"
                    "  end }\n");
    stand_open(stand);
    stand_offer(stand, "generic",
                "{\"AlarmRuleName\":\"bad\",\"n\":15}\n"
                "{\"AlarmRuleName\":\"bad\",\"n\":16}\n",
                "in");
    stand_work(stand);
    assert_true(stand_has_said(stand, "r1 is done\n"));
    assert_true(
        stand_has_said(stand, "r2 is parked: its requests are over 16 MiB"));
    stand_close(stand);
}

/* All are offered before the first is committed, and the journal commits in
 * order: so all their runs are open before one of them can end. */
static void reading_stops_while_too_many_runs_are_open(void **state)
{
    struct stand *stand = *state;
    size_t most = 0;

    site(stand);
    stand_open(stand);
    for (int i = 0; i < FLOW_BUSY_MAX; i++) {
        char *text = alloc_printf("{\"AlarmId\":%d,\"AlarmRuleName\":\"bad\","
                                  "\"SIP\":\"192.0.2.1\"}\n",
                                  i);

        stand_offer(stand, "generic", text, "in");
        free(text);
    }
    while (!flow_idle(stand->flow)) {
        size_t open = flow_open(stand->flow);

        most = open > most ? open : most;
        assert_int_equal(flow_ready(stand->flow), open < FLOW_BUSY_MAX);
        uv_run(engine_loop(stand->engine), UV_RUN_ONCE);
    }
    assert_int_equal(most, FLOW_BUSY_MAX);
    assert_true(flow_ready(stand->flow));
    assert_int_equal(flow_counts(stand->flow)->runs, FLOW_BUSY_MAX);
    assert_int_equal(flow_counts(stand->flow)->steps, FLOW_BUSY_MAX);
    stand_close(stand);
}

/* Alarms that wait for their commit may be large: 64 MiB of them are taken. */
static void reading_stops_while_much_is_undecided(void **state)
{
    enum { PAD = (1 << 20) - 64 };
    struct stand *stand = *state;
    char *pad = memset(alloc_zeroed(PAD + 1, 1), 'x', PAD);
    int offered = 0;

    site(stand);
    stand_open(stand);
    while (flow_ready(stand->flow) && offered < 100) {
        char *text = alloc_printf("{\"n\":%d,\"pad\":\"%s\"}", offered++, pad);

        stand_offer(stand, "generic", text, "in");
        free(text);
    }
    free(pad);
    assert_int_equal(offered, 65);
    stand_work(stand);
    assert_true(flow_ready(stand->flow));
    assert_int_equal(flow_counts(stand->flow)->alarms, offered);
    stand_close(stand);
}

static void a_run_keeps_the_set_in_which_it_began(void **state)
{
    struct stand *stand = *state;
    struct set *set;

    site(stand);
    stand_open(stand);
    stand_offer(stand, "generic",
                "{\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.1\"}\n", "a");
    /* Until the run has begun and asked the first list. */
    while (!stand->said.len)
        uv_run(engine_loop(stand->engine), UV_RUN_NOWAIT);
    place_file(&stand->place, "policies/block.lua",
               "return { name = 'other', on = { AlarmRuleName = 'bad' },\n"
               "  run = function() error('new') end }\n");
    set = place_load(&stand->place);
    flow_swap(stand->flow, set);
    set_unref(set);
    stand_offer(stand, "generic",
                "{\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.2\"}\n", "b");
    stand_work(stand);
    assert_true(stand_has_said(stand, "192.0.2.1 = Dry run\n"));
    assert_true(stand_has_said(stand, "r1 is done\n"));
    assert_true(stand_has_said(stand, "r2 begins other\n"));
    assert_true(
        stand_has_said(stand, "r2 is failed: policies/block.lua:2: new"));
    stand_close(stand);
}

static void a_manual_run_asks_one_action(void **state)
{
    struct stand *stand = *state;
    struct request *request = request_new(REQUEST_ACTION);
    const struct action *action;

    site(stand);
    stand_open(stand);
    action = &stand->set->catalogue.plugins[0]->actions[0];
    request->action = action;
    request->values = values_new(action);
    values_set(&request->values,
               action_index(action, action_param(action, "value", NULL)),
               str_of("192.0.2.9"));
    flow_act(stand->flow, request, NULL);
    stand_work(stand);
    stand_said(stand, "r1 begins -\n"
                      "r1.1 Firewall: Block 192.0.2.9 = Dry run\n"
                      "r1 is done\n");
    stand_close(stand);
}

static void what_is_not_run_live_is_not_started(void **state)
{
    struct stand *stand = *state;

    site(stand);
    stand_open_as(stand, GATE_LIVE, NULL);
    stand_offer(stand, "generic",
                "{\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.1\"}\n", "in");
    stand_work(stand);
    assert_true(stand_has_said(stand, "= Not started\n"));
    assert_true(stand_has_said(stand, "r1 is failed: policies/block.lua:7: "));
    stand_close(stand);
}

static void after_a_stop_nothing_starts_and_nothing_is_lost(void **state)
{
    struct stand *stand = *state;

    site(stand);
    stand_open(stand);
    stand_offer(stand, "generic",
                "{\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.1\"}\n", "in");
    flow_stop(stand->flow);
    assert_false(flow_ready(stand->flow));
    stand_work(stand);
    stand_said(stand, "");
    assert_int_equal(flow_counts(stand->flow)->alarms, 1);
    stand_close(stand);
    stand_open(stand);
    stand_work(stand);
    stand_said(stand, "r1 begins block\n"
                      "r1.2 Firewall: Block 192.0.2.1 = Dry run\n"
                      "r1 is done\n");
    stand_close(stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAND_TEST(an_alarm_leads_to_a_run),
        STAND_TEST(the_same_input_once_more_is_duplicates),
        STAND_TEST(what_is_no_alarm_is_kept_with_its_reason),
        STAND_TEST(an_id_with_other_bytes_is_no_duplicate),
        STAND_TEST(a_line_that_no_pattern_knows_is_skipped),
        STAND_TEST(the_alarm_that_completes_the_count_starts_the_run),
        STAND_TEST(counts_go_on_in_the_next_process),
        STAND_TEST(only_the_named_policies_run),
        STAND_TEST(an_error_of_a_policy_fails_its_run_alone),
        STAND_TEST(a_spent_state_parks_one_run_and_keeps_the_others),
        STAND_TEST(a_full_state_is_given_up_and_nobody_suffers),
        STAND_TEST(requests_count_for_the_limit_of_a_run),
        STAND_TEST(reading_stops_while_too_many_runs_are_open),
        STAND_TEST(reading_stops_while_much_is_undecided),
        STAND_TEST(a_run_keeps_the_set_in_which_it_began),
        STAND_TEST(a_manual_run_asks_one_action),
        STAND_TEST(what_is_not_run_live_is_not_started),
        STAND_TEST(after_a_stop_nothing_starts_and_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
