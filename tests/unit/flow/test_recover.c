#include "stand.h"

#include "base/clock.h"
#include "flow/flow_inner.h"

#include <inttypes.h>

/*
 * What an engine that was killed leaves behind is written into the journal by
 * hand; then an engine is opened on it.
 */
#define POLICY                                                                 \
    "local riposte = require 'riposte'\n"                                      \
    "local block = riposte.action('Firewall', 'Block')\n"                      \
    "return { name = 'two', on = { AlarmRuleName = 'bad' },\n"                 \
    "  run = function(alarm)\n"                                                \
    "    block { value = '%s' }\n"                                             \
    "    block { value = '%s' }\n"                                             \
    "  end }\n"

static void site(const struct stand *stand, const char *one, const char *two)
{
    char *text = alloc_printf(POLICY, one, two);

    place_plugin(&stand->place, "firewall", "Firewall", "Block", "remediation",
                 "exit 0\n");
    place_file(&stand->place, "policies/two.lua", text);
    free(text);
}

/* A journal in the hands of the test. */
struct left {
    uv_loop_t loop;
    struct journal *journal;
    struct set *set;
    char id[HASH_HEX];
};

static void left_open(struct left *left, const struct stand *stand)
{
    char *state = alloc_printf("%s/state", stand->place.path);
    char *path = alloc_printf("%s/journal.db", state);
    struct error error = {0};

    mkdir(state, 0700);
    uv_loop_init(&left->loop);
    left->set = place_load(&stand->place);
    if (journal_open(
            &left->journal,
            &(struct journal_config){.path = path, .loop = &left->loop},
            &error))
        fail_msg("%s", error.text);
    free(path);
    free(state);
}

static void left_shut(struct left *left)
{
    journal_close(left->journal);
    uv_run(&left->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&left->loop), 0);
    set_unref(left->set);
}

/* An alarm that is accepted. */
static void left_alarm(struct left *left, const char *source, const char *raw,
                       struct journal_alarm *row)
{
    hash_hex(str_of(raw), left->id);
    *row = (struct journal_alarm){.row = {.id = left->id,
                                          .source = source,
                                          .raw = str_of(raw),
                                          .time = 1000,
                                          .received = 2000,
                                          .count = 1}};
    journal_write_alarms(left->journal, row, 1, NULL, NULL);
}

static void left_set(struct left *left)
{
    struct journal_file *files =
        alloc_zeroed(left->set->files.len, sizeof *files);

    for (size_t i = 0; i < left->set->files.len; i++)
        files[i] = (struct journal_file){
            left->set->files.items[i].path,
            {left->set->files.items[i].body, left->set->files.items[i].len}};
    journal_write_set(left->journal, left->set->hash, files,
                      left->set->files.len, NULL, NULL);
    free(files);
}

static void left_run_since(struct left *left, int64_t run, const char *policy,
                           int64_t started)
{
    struct journal_run row = {
        .run = run, .policy = policy, .set = left->set->hash};

    journal_write_match(left->journal,
                        &(struct journal_match){
                            .alarm = policy ? left->id : NULL,
                            .time = started,
                            .runs = &row,
                            .nruns = 1,
                        },
                        NULL, NULL);
}

static void left_run(struct left *left, int64_t run, const char *policy)
{
    left_run_since(left, run, policy, clock_now());
}

/* status: STEP_PENDING is an intent without a result. */
static void left_step(struct left *left, int64_t run, unsigned step,
                      const char *value, enum step_status status, size_t output)
{
    const struct action *action = &left->set->catalogue.plugins[0]->actions[0];
    struct request *request = request_new(REQUEST_ACTION);
    struct answer *answer = answer_new(status);
    struct buf asked = {0}, answered = {0};

    request->action = action;
    request->values = values_new(action);
    values_set(&request->values,
               action_index(action, action_param(action, "Value", NULL)),
               str_of(value));
    request_write(request, &asked);
    answer->out = alloc_zeroed(output + 1, 1);
    memset(answer->out, 'x', output);
    answer->out_len = output;
    if (status != STEP_PENDING)
        answer_write(answer, &answered);
    journal_write_step(left->journal,
                       &(struct journal_step){
                           .run = run,
                           .step = step,
                           .kind = "action",
                           .request = buf_str(&asked),
                           .answer = buf_str(&answered),
                           .status = step_status_names[status],
                           .incarnation = 1,
                           .time = 2000,
                       },
                       NULL, NULL);
    answer_free(answer);
    request_free(request);
    buf_free(&asked);
    buf_free(&answered);
}

static const char bad[] = "{\"AlarmRuleName\":\"bad\",\"SIP\":\"192.0.2.1\"}";

static void an_accepted_alarm_is_matched(void **state)
{
    struct stand *stand = *state;
    struct journal_alarm row;
    struct left left;

    site(stand, "a", "b");
    left_open(&left, stand);
    left_alarm(&left, "generic", bad, &row);
    left_shut(&left);
    stand_open(stand);
    stand_work(stand);
    stand_said(stand, "r1 begins two\n"
                      "r1.1 Firewall: Block a = Dry run\n"
                      "r1.2 Firewall: Block b = Dry run\n"
                      "r1 is done\n");
    /* It was accepted by the process before. */
    assert_int_equal(flow_counts(stand->flow)->alarms, 0);
    stand_close(stand);
    stand_open(stand);
    stand_work(stand);
    stand_said(stand, "");
    stand_close(stand);
}

static void an_accepted_alarm_that_is_none_any_more_is_quarantined(void **state)
{
    struct stand *stand = *state;
    struct journal_alarm row;
    struct left left;
    char *kept;

    left_open(&left, stand);
    left_alarm(&left, "gone", "<14>what", &row);
    left_shut(&left);
    for (int i = 0; i < 2; i++) {
        stand_open(stand);
        stand_work(stand);
        assert_int_equal(flow_counts(stand->flow)->refused, !i);
        stand_close(stand);
    }
    kept = place_read(&stand->place, "state/quarantine.ndjson");
    assert_non_null(strstr(kept, "<14>what"));
    free(kept);
}

static void a_run_goes_on_where_it_was(void **state)
{
    struct stand *stand = *state;
    struct journal_alarm row;
    struct left left;

    site(stand, "a", "b");
    left_open(&left, stand);
    left_alarm(&left, "generic", bad, &row);
    left_set(&left);
    left_run(&left, 7, "two");
    left_step(&left, 7, 1, "a", STEP_EXECUTED, 10);
    left_shut(&left);
    stand_open(stand);
    stand_work(stand);
    stand_said(stand, "r7 begins two\n"
                      "r7.1 Firewall: Block a = Executed, replayed\n"
                      "r7.2 Firewall: Block b = Dry run\n"
                      "r7 is done\n");
    assert_int_equal(flow_counts(stand->flow)->steps, 1);
    stand_offer(stand, "generic", bad, "in");
    stand_work(stand);
    assert_true(stand_has_said(stand, "r8 begins two\n"));
    stand_close(stand);
}

static void a_run_goes_on_in_its_own_set(void **state)
{
    struct stand *stand = *state;
    struct journal_alarm row;
    struct left left;

    site(stand, "a", "b");
    left_open(&left, stand);
    left_alarm(&left, "generic", bad, &row);
    left_set(&left);
    left_run(&left, 1, "two");
    left_step(&left, 1, 1, "a", STEP_EXECUTED, 0);
    left_shut(&left);
    site(stand, "x", "y");
    stand_open(stand);
    stand_work(stand);
    stand_said(stand, "r1 begins two\n"
                      "r1.1 Firewall: Block a = Executed, replayed\n"
                      "r1.2 Firewall: Block b = Dry run\n"
                      "r1 is done\n");
    stand_close(stand);
}

static void a_run_whose_set_is_lost_is_parked(void **state)
{
    struct stand *stand = *state;
    struct journal_alarm row;
    struct left left;

    site(stand, "a", "b");
    left_open(&left, stand);
    left_alarm(&left, "generic", bad, &row);
    journal_write_set(left.journal, left.set->hash,
                      &(struct journal_file){"policies/two.lua", str_of("(")},
                      1, NULL, NULL);
    left_run(&left, 1, "two");
    left_shut(&left);
    site(stand, "x", "y");
    stand_open(stand);
    stand_work(stand);
    assert_true(stand_has_said(stand, "r1 is parked: the set in which it began "
                                      "cannot be had again: "));
    assert_int_equal(flow_counts(stand->flow)->failed, 1);
    stand_close(stand);
}

static void another_request_than_the_recorded_one_parks(void **state)
{
    struct stand *stand = *state;
    struct journal_alarm row;
    struct left left;

    site(stand, "a", "b");
    left_open(&left, stand);
    left_alarm(&left, "generic", bad, &row);
    left_set(&left);
    left_run(&left, 1, "two");
    left_step(&left, 1, 1, "other", STEP_EXECUTED, 0);
    left_shut(&left);
    stand_open(stand);
    stand_work(stand);
    assert_true(stand_has_said(stand, "r1 is parked: step r1.1 differs"));
    assert_true(stand_has_said(stand, "\"Value\":\"a\""));
    assert_true(stand_has_said(stand, "\"Value\":\"other\""));
    assert_int_equal(flow_counts(stand->flow)->steps, 0);
    stand_close(stand);
}

static void an_intent_without_a_result_is_unknown(void **state)
{
    struct stand *stand = *state;
    struct journal_alarm row;
    struct left left;

    site(stand, "a", "b");
    left_open(&left, stand);
    left_alarm(&left, "generic", bad, &row);
    left_set(&left);
    left_run(&left, 1, "two");
    left_step(&left, 1, 1, "a", STEP_EXECUTED, 0);
    left_step(&left, 1, 2, "b", STEP_PENDING, 0);
    left_shut(&left);
    stand_open(stand);
    stand_work(stand);
    assert_true(stand_has_said(stand, "r1.2 Firewall: Block b = Unknown\n"));
    assert_true(stand_has_said(stand, "r1 is parked: r1.2 (Firewall: Block) "
                                      "is Unknown"));
    assert_int_equal(flow_counts(stand->flow)->unknown, 1);
    assert_int_equal(flow_counts(stand->flow)->failed, 1);
    stand_close(stand);
    stand_open(stand);
    stand_work(stand);
    assert_int_equal(flow_counts(stand->flow)->unknown, 0);
    stand_close(stand);
}

/* Killed between the step's end and the run's: its policy is told nothing. */
static void a_run_with_an_unknown_step_is_parked(void **state)
{
    struct stand *stand = *state;
    struct journal_alarm row;
    struct left left;

    site(stand, "a", "b");
    left_open(&left, stand);
    left_alarm(&left, "generic", bad, &row);
    left_set(&left);
    left_run(&left, 1, "two");
    left_step(&left, 1, 1, "a", STEP_UNKNOWN, 0);
    left_shut(&left);
    stand_open(stand);
    stand_work(stand);
    assert_true(stand_has_said(stand, "r1 is parked: r1.1 (Firewall: Block) "
                                      "is Unknown"));
    assert_int_equal(flow_counts(stand->flow)->steps, 0);
    stand_close(stand);
}

static void manual_runs_end_by_what_is_known(void **state)
{
    struct stand *stand = *state;
    struct left left;

    site(stand, "a", "b");
    left_open(&left, stand);
    left_set(&left);
    left_run(&left, 1, NULL);
    left_step(&left, 1, 1, "a", STEP_EXECUTED, 0);
    left_run(&left, 2, NULL);
    left_step(&left, 2, 1, "a", STEP_TIMED_OUT, 0);
    left_run(&left, 3, NULL);
    left_step(&left, 3, 1, "a", STEP_PENDING, 0);
    left_run(&left, 4, NULL);
    left_shut(&left);
    stand_open(stand);
    stand_work(stand);
    assert_true(stand_has_said(stand, "r1 is done\n"));
    assert_true(stand_has_said(stand, "r2 is failed: Timed out\n"));
    assert_true(stand_has_said(stand, "r3 is parked: r3.1 "));
    assert_true(stand_has_said(stand, "r4 is aborted: "));
    stand_close(stand);
}

/* At the limit, and beside it. */
static void the_results_of_a_run_have_a_limit(void **state)
{
    struct stand *stand = *state;
    struct journal_alarm row;
    struct left left;

    place_plugin(&stand->place, "firewall", "Firewall", "Block", "remediation",
                 "exit 0\n");
    place_file(&stand->place, "policies/many.lua",
               "local riposte = require 'riposte'\n"
               "local block = riposte.action('Firewall', 'Block')\n"
               "return { name = 'many', on = { AlarmRuleName = 'bad' },\n"
               "  run = function(alarm)\n"
               "    for i = 1, alarm.n do block { value = 'a' } end\n"
               "    block { value = 'last' }\n"
               "  end }\n");
    for (unsigned n = 256; n <= 257; n++) {
        char *raw = alloc_printf("{\"AlarmRuleName\":\"bad\",\"n\":%u}", n);

        left_open(&left, stand);
        left_alarm(&left, "generic", raw, &row);
        left_set(&left);
        left_run(&left, n, "many");
        for (unsigned i = 1; i <= n; i++)
            left_step(&left, n, i, "a", STEP_EXECUTED, 64 * 1024);
        left_shut(&left);
        stand_open(stand);
        stand_work(stand);
        if (n == 256)
            assert_true(stand_has_said(stand, "r256 is done\n"));
        else
            assert_true(stand_has_said(
                stand, "r257 is parked: its results are over 16 MiB"));
        stand_close(stand);
        free(raw);
    }
}

/* A manual run that was asked for a later time. */
static void left_waiting(struct left *left, int64_t run, const char *value,
                         int64_t due)
{
    struct journal_run row = {.run = run, .set = left->set->hash};
    char *text = alloc_printf("{\"plugin\":\"Firewall\",\"action\":\"Block\","
                              "\"params\":{\"Value\":\"%s\"}}",
                              value);

    journal_write_match(
        left->journal,
        &(struct journal_match){
            .time = 2000,
            .runs = &row,
            .nruns = 1,
            .waiting = &(struct journal_waiting){str_of(text), due},
        },
        NULL, NULL);
    free(text);
}

static void manual_runs_wait_for_their_time(void **state)
{
    enum { MINUTE = 60 * 1000 };
    struct stand *stand = *state;
    struct left left;
    int64_t now = clock_now();

    site(stand, "a", "b");
    left_open(&left, stand);
    left_set(&left);
    left_waiting(&left, 1, "later", now + 60 * MINUTE);
    left_waiting(&left, 2, "late", now - FLOW_LATE_MAX + MINUTE);
    left_waiting(&left, 3, "over", now - FLOW_LATE_MAX - 1);
    left_waiting(&left, 4, "once", now - 1);
    left_step(&left, 4, 1, "once", STEP_EXECUTED, 0);
    left_shut(&left);
    stand_open(stand);
    stand_work(stand);
    assert_int_equal(flow_counts(stand->flow)->waiting, 1);
    assert_int_equal(flow_open(stand->flow), 0);
    stand_close(stand);
    assert_true(stand_has_said(stand, "r2.1 Firewall: Block late = Dry run"));
    assert_true(stand_has_said(stand, "r3 is aborted: it was due at"));
    assert_true(stand_has_said(stand, "r4 is done"));
    assert_null(strstr(stand->said.data, "later"));
    assert_null(strstr(stand->said.data, "over ="));
    assert_null(strstr(stand->said.data, "once ="));
    buf_free(&stand->said);
    stand_open(stand);
    stand_work(stand);
    stand_said(stand, "");
    assert_int_equal(flow_counts(stand->flow)->waiting, 1);
    stand_close(stand);
}

/* Opens the flow with two runs, due in `delay` ms, the higher number first.
 * False where the machine was too slow for both to have to wait. */
static bool both_wait(struct stand *stand, int64_t run, int64_t delay)
{
    struct left left;
    int64_t now;

    left_open(&left, stand);
    left_set(&left);
    now = clock_now();
    left_waiting(&left, run, "second", now + delay + 1);
    left_waiting(&left, run + 1, "first", now + delay);
    left_shut(&left);
    stand_open(stand);
    return flow_counts(stand->flow)->waiting == 2;
}

static void a_run_begins_when_it_is_due(void **state)
{
    struct stand *stand = *state;
    int64_t run = 1, delay = 200;
    bool waited = false;
    char *first, *second;

    site(stand, "a", "b");
    for (; !waited; run += 2, delay *= 4) {
        assert_true(delay < 60 * 1000);
        stand->said.len = 0;
        waited = both_wait(stand, run, delay);
        while (flow_counts(stand->flow)->runs < 2 || !flow_idle(stand->flow))
            uv_run(engine_loop(stand->engine), UV_RUN_ONCE);
        stand_close(stand);
    }
    first = alloc_printf("r%" PRId64 " begins -\n", run - 1);
    second = alloc_printf("r%" PRId64 " begins -\n", run - 2);
    assert_true(stand_has_said(stand, first));
    assert_true(stand_has_said(stand, second));
    assert_true(strstr(stand->said.data, first) <
                strstr(stand->said.data, second));
    assert_true(stand_has_said(stand, "Block first = Dry run"));
    assert_true(stand_has_said(stand, "Block second = Dry run"));
    free(second);
    free(first);
}

/* The first of them is due while the others are still read: the clock goes on
 * meanwhile. */
static void what_becomes_due_meanwhile_begins_too(void **state)
{
    enum { RUNS = 1000 };
    struct stand *stand = *state;
    struct left left;
    int64_t now;

    site(stand, "a", "b");
    left_open(&left, stand);
    left_set(&left);
    now = clock_now();
    for (int i = 1; i <= RUNS; i++)
        left_waiting(&left, i, "meanwhile", now + i);
    left_shut(&left);
    stand_open(stand);
    while (flow_counts(stand->flow)->runs < RUNS || !flow_idle(stand->flow))
        uv_run(engine_loop(stand->engine), UV_RUN_ONCE);
    stand_close(stand);
    assert_true(stand_has_said(stand, "r1000.1 Firewall: Block meanwhile"));
}

/* An hour more or less is no race against the clock. */
static void a_run_that_began_30_days_ago_ends(void **state)
{
    enum { HOUR = 60 * 60 * 1000 };
    struct stand *stand = *state;
    struct journal_alarm row;
    struct left left;

    site(stand, "one", "two");
    left_open(&left, stand);
    left_set(&left);
    left_alarm(&left, "generic", bad, &row);
    left_run_since(&left, 1, "two", clock_now() - FLOW_RUN_MAX + HOUR);
    left_shut(&left);
    left_open(&left, stand);
    left_alarm(&left, "generic", "{\"AlarmRuleName\":\"bad\"}", &row);
    left_run_since(&left, 2, "two", clock_now() - FLOW_RUN_MAX);
    left_run_since(&left, 3, NULL, clock_now() - FLOW_RUN_MAX);
    left_step(&left, 3, 1, "one", STEP_EXECUTED, 0);
    left_shut(&left);

    stand_open(stand);
    stand_work(stand);
    assert_true(stand_has_said(stand, "r1 is done\n"));
    assert_true(stand_has_said(stand, "r2 is aborted: it has lasted 30 days"));
    assert_true(stand_has_said(stand, "r3 is done\n")); /* it had ended */
    assert_int_equal(flow_counts(stand->flow)->failed, 0);
    stand_close(stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAND_TEST(an_accepted_alarm_is_matched),
        STAND_TEST(an_accepted_alarm_that_is_none_any_more_is_quarantined),
        STAND_TEST(a_run_goes_on_where_it_was),
        STAND_TEST(a_run_goes_on_in_its_own_set),
        STAND_TEST(a_run_whose_set_is_lost_is_parked),
        STAND_TEST(another_request_than_the_recorded_one_parks),
        STAND_TEST(an_intent_without_a_result_is_unknown),
        STAND_TEST(a_run_with_an_unknown_step_is_parked),
        STAND_TEST(manual_runs_end_by_what_is_known),
        STAND_TEST(manual_runs_wait_for_their_time),
        STAND_TEST(a_run_begins_when_it_is_due),
        STAND_TEST(what_becomes_due_meanwhile_begins_too),
        STAND_TEST(the_results_of_a_run_have_a_limit),
        STAND_TEST(a_run_that_began_30_days_ago_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
