#include "guarded.h"
#include "peer.h"

#include "gate/lease.h"

/* What an engine that died left as an intent, and what the next one does. */

#define NEVER "{\"never\":[{\"values\":[\"192.0.2.7\"],\"reason\":\"ours\"}]}"
#define NOTHING "{}"

struct left {
    struct guarded guarded;
    struct peer peer;
    struct asked asked;
    struct action undo; /* of the action */
};

static void describe(struct left *left)
{
    struct stand *stand = &left->guarded.stand;

    left->undo = stand->action;
    left->undo.name = "Undo";
    stand->action.undo = &left->undo;
}

static void make_ask(struct left *left)
{
    struct stand *stand = &left->guarded.stand;

    stand->step = 0;
    asked_make(&left->asked, stand, GATE_LIVE, "true", "192.0.2.7", NULL);
    left->asked.ask.set = "set";
}

/* The intent is written and the job is sent; then the engine dies. */
static void leave(struct left *left)
{
    struct stand *stand = &left->guarded.stand;

    memset(left, 0, sizeof *left);
    guarded_open(&left->guarded, peer_make(&left->peer), NOTHING);
    describe(left);
    make_ask(left);
    asked_go(&left->asked);
    peer_frame(&left->peer, stand, FRAME_JOB);
    gate_free(stand->gate);
    place_reopen(&stand->place);
    assert_int_equal(left->asked.done, 0);
    asked_free(&left->asked);
    peer_close(&left->peer);
}

/* The next engine, of which the executor is the same. */
static void come_back(struct left *left, const char *guards)
{
    struct stand *stand = &left->guarded.stand;
    struct gate_config config = {.loop = &stand->place.loop,
                                 .journal = stand->place.journal,
                                 .lost = stand_lost,
                                 .arg = stand};
    struct error error = {0};

    if (gate_new(&stand->gate, &config, peer_make(&left->peer), &error) < 0)
        fail_msg("%s", error.text);
    guarded_set(&left->guarded, guards);
    make_ask(left);
    gate_resume(stand->gate, &left->asked.ask, true);
    assert_int_equal(left->asked.done, 0);
}

static int64_t count(struct left *left, const char *sql)
{
    return place_query(&left->guarded.stand.place, sql);
}

/* What it came to, and what is left of budget and lease. */
static void ends_as(struct left *left, enum step_status status, int64_t uses,
                    int64_t leases)
{
    struct stand *stand = &left->guarded.stand;

    asked_wait(&left->asked);
    assert_int_equal(left->asked.answer->status, status);
    gate_free(stand->gate);
    place_shut(&stand->place);
    assert_int_equal(count(left, "SELECT count(*) FROM uses"), uses);
    assert_int_equal(
        count(left, "SELECT count(*) FROM leases WHERE ended IS NULL"), leases);
    assert_int_equal(count(left, "SELECT count(*) FROM owners"), leases);
    assert_int_equal(stand->place.fatals, 0);
    place_remove(&stand->place);
    asked_free(&left->asked);
    peer_close(&left->peer);
}

static void what_did_not_start_is_judged_anew(void **state)
{
    struct left left;
    char *step;

    (void)state;
    leave(&left);
    come_back(&left, NEVER);
    assert_int_equal(frame_read_step(peer_frame(&left.peer, &left.guarded.stand,
                                                FRAME_AWAIT),
                                     &step, NULL),
                     0);
    assert_string_equal(step, "r1.1");
    free(step);
    assert_int_equal(left.asked.started, 0);
    peer_says(&left.peer, "r1.1", VERDICT_NOT_STARTED);
    asked_wait(&left.asked);
    assert_string_equal(left.asked.answer->rule, RULE_NEVER);
    assert_non_null(strstr(left.asked.answer->error, "ours"));
    ends_as(&left, STEP_REFUSED, 0, 0);
}

static void what_started_is_waited_for(void **state)
{
    struct left left;

    (void)state;
    leave(&left);
    come_back(&left, NEVER);
    peer_frame(&left.peer, &left.guarded.stand, FRAME_AWAIT);
    peer_answers(&left.peer, "r1.1");
    ends_as(&left, STEP_EXECUTED, 1, 1);
}

static void what_may_start_counts_once(void **state)
{
    struct left left;

    (void)state;
    leave(&left);
    come_back(&left, NOTHING);
    peer_frame(&left.peer, &left.guarded.stand, FRAME_JOB);
    assert_int_equal(left.asked.started, 1);
    peer_answers(&left.peer, "r1.1");
    ends_as(&left, STEP_EXECUTED, 1, 1);
}

/* Its program is gone: the same as where it is protected. */
static void what_is_not_there_is_refused(void **state)
{
    struct left left;

    (void)state;
    leave(&left);
    left.guarded.stand.action.unavailable = (char *)"there is no sh";
    come_back(&left, NOTHING);
    peer_frame(&left.peer, &left.guarded.stand, FRAME_AWAIT);
    peer_says(&left.peer, "r1.1", VERDICT_NOT_STARTED);
    asked_wait(&left.asked);
    assert_string_equal(left.asked.answer->rule, RULE_UNAVAILABLE);
    ends_as(&left, STEP_REFUSED, 0, 0);
}

/* A second attempt that does not start says nothing of the first. */
static void an_earlier_attempt_may_have_started(void **state)
{
    struct left left;

    (void)state;
    leave(&left);
    come_back(&left, NEVER);
    left.asked.ask.attempt = 2;
    peer_frame(&left.peer, &left.guarded.stand, FRAME_AWAIT);
    peer_says(&left.peer, "r1.1", VERDICT_NOT_STARTED);
    ends_as(&left, STEP_REFUSED, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_did_not_start_is_judged_anew),
        cmocka_unit_test(what_started_is_waited_for),
        cmocka_unit_test(what_may_start_counts_once),
        cmocka_unit_test(what_is_not_there_is_refused),
        cmocka_unit_test(an_earlier_attempt_may_have_started),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
