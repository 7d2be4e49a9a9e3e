#include "guarded.h"
#include "peer.h"

/* What the gate would say to the action on that target. */
static const char *judge_as(struct guarded *guarded, const char *target,
                            enum gate_way way, const struct words *answered,
                            struct gate_need *need)
{
    struct error error = {0};
    struct asked asked;
    const char *rule;

    *need = (struct gate_need){0};
    asked_make(&asked, &guarded->stand, GATE_LIVE, "true", target, NULL);
    asked.ask.way = way;
    asked.ask.answered = answered;
    rule = gate_judge(guarded->stand.gate, &asked.ask, need, &error);
    asked_free(&asked);
    return rule;
}

static void asks_for(struct guarded *guarded, const struct words *answered,
                     size_t rules)
{
    struct gate_need need;

    assert_null(judge_as(guarded, "192.0.2.1", GATE_ASKED, answered, &need));
    assert_int_equal(need.rules.len, rules);
    gate_need_clear(&need);
}

static void a_need_says_what_people_have_to_agree_to(void **state)
{
    struct guarded guarded;
    struct gate_need need;
    struct words wrong = {0};

    (void)state;
    guarded_open(
        &guarded, -1,
        "{\"people\":{\"a\":[\"alice\"],\"b\":[7]},"
        "\"budgets\":[{\"count\":0,\"within\":\"1h\",\"group\":\"a\"}],"
        "\"approve\":[{\"action\":\"Plugin / Run\",\"within\":\"5m\","
        "\"levels\":[{\"group\":\"a\",\"quorum\":2},{\"group\":\"b\"}],"
        "\"reason\":\"care\"}]}");
    assert_null(judge_as(&guarded, "192.0.2.1", GATE_ASKED, NULL, &need));
    assert_int_equal(need.rules.len, 2);
    assert_non_null(
        strstr(need.rules.items[0], ": 0 of all remediations in 1h"));
    assert_non_null(strstr(need.rules.items[1], ": Plugin / Run by 2 of a"));
    assert_int_equal(need.nlevels, 2);
    assert_string_equal(need.levels[0].group, "a");
    assert_int_equal(need.levels[0].quorum, 2);
    assert_string_equal(need.levels[1].group, "b");
    assert_int_equal(need.within, 5 * 60 * 1000);
    assert_string_equal(need.target, "192.0.2.1");
    assert_string_equal(need.argv, "[\"run\",\"true\",\"192.0.2.1\",\"***\"]");
    assert_non_null(strstr(need.why, "care"));

    asks_for(&guarded, &need.rules, 0);
    words_add(&wrong, need.rules.items[0]);
    asks_for(&guarded, &wrong, 1);
    /* A rule that has changed since was agreed to by nobody. */
    guarded_set(&guarded, "{\"budgets\":[{\"count\":0,\"within\":\"2h\"}]}");
    asks_for(&guarded, &need.rules, 1);
    guarded_set(&guarded, "{}");
    asks_for(&guarded, NULL, 0);
    words_free(&wrong);
    gate_need_clear(&need);
    stand_close(&guarded.stand);
}

static void asking_takes_nothing_where_a_person_is_needed(void **state)
{
    struct guarded guarded;
    struct gate_need need = {0}, none = {0};
    struct asked asked;

    (void)state;
    guarded_open(&guarded, -1, "{\"approve\":[{}]}");
    asked_make(&asked, &guarded.stand, GATE_LIVE, "true", "192.0.2.1", NULL);
    assert_false(gate_ask(guarded.stand.gate, &asked.ask, &need));
    assert_int_equal(need.nlevels, 1);
    assert_null(need.levels[0].group);
    asked.ask.answered = &need.rules;
    assert_true(gate_ask(guarded.stand.gate, &asked.ask, &none));
    asked_wait(&asked);
    assert_int_equal(asked.answer->status, STEP_NOT_STARTED);
    gate_need_clear(&need);
    asked_free(&asked);
    stand_close(&guarded.stand);
}

static void never_cannot_be_agreed_to_but_undone(void **state)
{
    struct guarded guarded;
    struct gate_need need;

    (void)state;
    guarded_open(&guarded, -1,
                 "{\"never\":[{\"values\":[\"192.0.2.0/24\"]}],"
                 "\"approve\":[{}],"
                 "\"budgets\":[{\"count\":0,\"within\":\"1h\"}]}");
    assert_string_equal(
        judge_as(&guarded, "192.0.2.1", GATE_ASKED, NULL, &need), RULE_NEVER);
    assert_int_equal(need.rules.len, 0);
    assert_null(judge_as(&guarded, "192.0.2.1", GATE_UNDO, NULL, &need));
    assert_int_equal(need.rules.len, 0);
    gate_need_clear(&need);
    guarded.stand.action.kind = ACTION_CONTEXT;
    assert_null(judge_as(&guarded, "192.0.2.1", GATE_ASKED, NULL, &need));
    assert_int_equal(need.rules.len, 0);
    gate_need_clear(&need);
    stand_close(&guarded.stand);
}

/* Two of one target; it is protected while the first is under way. */
static void what_waits_for_its_lane_is_judged_when_it_enters(void **state)
{
    struct guarded guarded;
    struct asked first, second;
    struct peer peer;

    (void)state;
    guarded_open(&guarded, peer_make(&peer), "{}");
    asked_make(&first, &guarded.stand, GATE_LIVE, "true", "192.0.2.1", NULL);
    asked_make(&second, &guarded.stand, GATE_LIVE, "true", "192.0.2.1", NULL);
    asked_go(&first);
    asked_go(&second);
    peer_frame(&peer, &guarded.stand, FRAME_JOB);
    guarded_set(&guarded, "{\"never\":[{\"values\":[\"192.0.2.0/24\"]}]}");
    peer_answers(&peer, "r1.1");
    asked_wait(&first);
    asked_wait(&second);
    assert_int_equal(first.answer->status, STEP_EXECUTED);
    assert_int_equal(second.started, 0);
    assert_int_equal(second.answer->status, STEP_REFUSED);
    assert_string_equal(second.answer->rule, RULE_NEVER);
    asked_free(&first);
    asked_free(&second);
    peer_close(&peer);
    stand_close(&guarded.stand);
}

/* In a dry run people say yes, and what it would start is counted. */
static void a_dry_run_counts_and_agrees(void **state)
{
    struct guarded guarded;

    (void)state;
    guarded_open(&guarded, -1,
                 "{\"approve\":[{}],\"budgets\":[{\"count\":2,"
                 "\"within\":\"1h\",\"overflow\":\"refuse\"}]}");
    for (int i = 0; i < 3; i++) {
        struct asked asked;

        asked_make(&asked, &guarded.stand, GATE_DRY, "true", "192.0.2.1", NULL);
        {
            struct gate_need need = {0};

            assert_true(gate_ask(guarded.stand.gate, &asked.ask, &need));
            gate_need_clear(&need);
        }
        asked_wait(&asked);
        assert_int_equal(asked.answer->status, i < 2 ? STEP_DRY : STEP_REFUSED);
        asked_free(&asked);
    }
    stand_close(&guarded.stand);
}

static void people_are_known_by_name_or_uid(void **state)
{
    struct problems problems = {0};
    struct guarded guarded = {0};
    struct error error = {0};
    struct guards *guards = guarded_compile(
        &guarded, "{\"people\":{\"leads\":[\"alice\",1001]}}", &problems);

    (void)state;
    assert_int_equal(problems.len, 0);
    assert_true(guards_has_people(guards));
    assert_false(guards_has_people(NULL));
    assert_int_equal(guards_group(guards, "leads", NULL), 0);
    assert_true(guards_group(guards, "lead", &error) < 0);
    assert_non_null(strstr(error.text, "\"leads\""));
    assert_true(guards_member(guards, "leads", "alice", 5));
    assert_true(guards_member(guards, "leads", "bob", 1001));
    assert_true(guards_member(guards, "leads", NULL, 1001));
    assert_false(guards_member(guards, "leads", "bob", 5));
    assert_false(guards_member(guards, "leads", NULL, 0));
    assert_false(guards_member(guards, "nobody", "alice", 5));
    guards_unref(guards);
}

static void what_cannot_be_meant_is_an_error(void **state)
{
    static const char *const texts[] = {
        "[1]",
        "{\"people\":[\"alice\"]}",
        "{\"people\":{\"a\":[]}}",
        "{\"people\":{\"a\":[-1]}}",
        "{\"never\":{\"list\":\"x\"}}",
        "{\"never\":[{}]}",
        "{\"never\":[{\"list\":\"x\"}]}",
        "{\"never\":[{\"list\":\"x\",\"values\":[]}]}",
        "{\"never\":[{\"values\":[7]}]}",
        "{\"never\":[{\"values\":[\"a\"],\"expires\":\"soon\"}]}",
        "{\"budgets\":[{\"count\":-1,\"within\":\"1h\"}]}",
        "{\"budgets\":[{\"count\":100001,\"within\":\"1h\"}]}",
        "{\"budgets\":[{\"count\":1,\"within\":\"32d\"}]}",
        "{\"budgets\":[{\"count\":1,\"within\":\"1h\",\"per\":\"prefix\"}]}",
        "{\"budgets\":[{\"count\":1,\"within\":\"1h\",\"ipv4\":24}]}",
        "{\"budgets\":[{\"count\":1,\"within\":\"1h\",\"per\":\"prefix\","
        "\"ipv4\":33}]}",
        "{\"budgets\":[{\"count\":1,\"within\":\"1h\",\"overflow\":\"no\"}]}",
        "{\"budgets\":[{\"count\":1,\"within\":\"1h\",\"group\":\"a\"}]}",
        "{\"approve\":[{\"levels\":[]}]}",
        "{\"approve\":[{\"levels\":[{\"quorum\":0}]}]}",
        "{\"approve\":[{\"levels\":[{\"quorum\":101}]}]}",
        "{\"approve\":[{\"plugin\":\"Nothing\"}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct problems problems = {0};
        struct guarded guarded = {0};
        struct guards *guards = guarded_compile(&guarded, texts[i], &problems);

        if (!problems.errors)
            fail_msg("%s is taken", texts[i]);
        assert_string_equal(problems.items[0].error.where, "guards.lua");
        guards_unref(guards);
        problems_free(&problems);
    }
}

static void limits_are_taken_to_their_end(void **state)
{
    struct problems problems = {0};
    struct guarded guarded = {0};
    struct guards *guards = guarded_compile(
        &guarded,
        "{\"budgets\":[{\"count\":100000,\"within\":\"31d\",\"per\":\"prefix\","
        "\"ipv4\":32,\"ipv6\":128}],"
        "\"approve\":[{\"within\":\"31d\",\"levels\":[{\"quorum\":100}]}]}",
        &problems);

    (void)state;
    assert_int_equal(problems.len, 0);
    guards_unref(guards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_need_says_what_people_have_to_agree_to),
        cmocka_unit_test(asking_takes_nothing_where_a_person_is_needed),
        cmocka_unit_test(never_cannot_be_agreed_to_but_undone),
        cmocka_unit_test(what_waits_for_its_lane_is_judged_when_it_enters),
        cmocka_unit_test(a_dry_run_counts_and_agrees),
        cmocka_unit_test(people_are_known_by_name_or_uid),
        cmocka_unit_test(what_cannot_be_meant_is_an_error),
        cmocka_unit_test(limits_are_taken_to_their_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
