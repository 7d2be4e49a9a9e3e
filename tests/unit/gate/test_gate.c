#include "peer.h"

/* ---- what needs no executor -------------------------------------------- */

static void answers(struct asked *asked, enum step_status status,
                    const char *rule, const char *argv)
{
    asked_go(asked);
    asked_wait(asked);
    assert_int_equal(asked->started, 0);
    assert_int_equal(asked->answer->status, status);
    if (rule)
        assert_string_equal(asked->answer->rule, rule);
    else
        assert_null(asked->answer->rule);
    assert_string_equal(buf_str(&asked->argv).data, argv);
}

static void a_broken_rule_refuses(void **state)
{
    struct stand stand;
    struct asked asked;

    (void)state;
    stand_open(&stand, -1);
    asked_make(&asked, &stand, GATE_LIVE, "true", "192.0.2.999", NULL);
    answers(&asked, STEP_REFUSED, RULE_TYPE, "");
    assert_non_null(strstr(asked.answer->error, "\"Target\""));
    asked_free(&asked);

    stand.params[KEY].required = true;
    asked_make(&asked, &stand, GATE_LIVE, "true", NULL, NULL);
    answers(&asked, STEP_REFUSED, RULE_REQUIRED, "");
    asked_free(&asked);
    stand.params[KEY].required = false;

    stand.params[SCRIPT].dash = false;
    asked_make(&asked, &stand, GATE_LIVE, "--exec=id", NULL, NULL);
    answers(&asked, STEP_REFUSED, RULE_DASH, "");
    asked_free(&asked);

    stand.action.unavailable = "python3 is not on PATH";
    asked_make(&asked, &stand, GATE_LIVE, "true", NULL, NULL);
    answers(&asked, STEP_REFUSED, RULE_UNAVAILABLE, "");
    assert_string_equal(asked.answer->error, "python3 is not on PATH");
    asked_free(&asked);
    stand_close(&stand);
}

/* Seventeen values that are short enough make a line that is too long. */
static void too_long_a_line_is_refused(void **state)
{
    enum { MANY = ARGV_TOTAL_MAX / ARGV_VALUE_MAX + 1 };
    struct stand stand;
    struct asked asked;
    struct param params[MANY];
    char *value = alloc_zeroed(ARGV_VALUE_MAX + 1, 1);
    struct request *request = request_new(REQUEST_ACTION);

    (void)state;
    stand_open(&stand, -1);
    asked_make(&asked, &stand, GATE_SHOW, NULL, NULL, NULL);
    request_free((struct request *)asked.ask.request);
    memset(value, 'a', ARGV_VALUE_MAX);
    for (int i = 0; i < MANY; i++)
        params[i] = (struct param){.name = "P"};
    stand.action.params = params;
    stand.action.nparams = MANY;
    stand.action.target = -1;
    request->action = &stand.action;
    request->values = values_new(&stand.action);
    for (size_t i = 0; i < MANY; i++)
        values_set(&request->values, i, str_of(value));
    asked.ask.request = request;
    answers(&asked, STEP_REFUSED, RULE_LIMIT, "");
    asked_free(&asked);
    free(value);
    stand_close(&stand);
}

static void dry_starts_no_remediation(void **state)
{
    struct stand stand;
    struct asked asked;

    (void)state;
    stand_open(&stand, -1);
    stand.action.kind = ACTION_REMEDIATION;
    asked_make(&asked, &stand, GATE_DRY, "rm", "192.0.2.7", "secret");
    answers(&asked, STEP_DRY, NULL, "[\"run\",\"rm\",\"192.0.2.7\",\"***\"]");
    assert_null(asked.answer->error);
    asked_free(&asked);

    asked_make(&asked, &stand, GATE_DRY, "rm", "x", NULL);
    answers(&asked, STEP_REFUSED, RULE_TYPE, "");
    asked_free(&asked);
    stand_close(&stand);
}

static void show_starts_nothing_even_where_it_could_not(void **state)
{
    struct stand stand;
    struct asked asked;

    (void)state;
    stand_open(&stand, -1);
    stand.action.unavailable = "sh is gone";
    asked_make(&asked, &stand, GATE_SHOW, "id", NULL, NULL);
    answers(&asked, STEP_DRY, NULL, "[\"run\",\"id\",\"\",\"***\"]");
    assert_string_equal(asked.answer->error, "sh is gone");
    asked_free(&asked);

    stand.action.unavailable = NULL;
    asked_make(&asked, &stand, GATE_LIVE, "id", NULL, NULL);
    answers(&asked, STEP_NOT_STARTED, NULL, "[\"run\",\"id\",\"\",\"***\"]");
    assert_string_equal(asked.answer->error, "there is no executor");
    asked_free(&asked);
    stand_close(&stand);
}

static void defaults_come_from_the_alarm(void **state)
{
    struct stand stand;
    struct asked asked;
    struct error error;
    struct json_doc *doc =
        json_parse(str_of("{\"SIP\":\"192.0.2.7\"}"), "test", 1, &error);
    struct alarm alarm = {.fields = json_root(doc), .record = json_root(doc)};

    (void)state;
    stand_open(&stand, -1);
    stand.params[TARGET].preset = DEFAULT_FIELD;
    stand.params[TARGET].field = "SIP";
    asked_make(&asked, &stand, GATE_SHOW, "id", NULL, NULL);
    asked.ask.alarm = &alarm;
    answers(&asked, STEP_DRY, NULL, "[\"run\",\"id\",\"192.0.2.7\",\"***\"]");
    asked_free(&asked);
    json_free(doc);
    stand_close(&stand);
}

/* The caller may drop everything while answers are still to come. */
static void a_gate_may_go_first(void **state)
{
    struct stand stand;
    struct asked asked[3];

    (void)state;
    stand_open(&stand, -1);
    for (size_t i = 0; i < 3; i++) {
        asked_make(&asked[i], &stand, GATE_SHOW, "id", NULL, NULL);
        asked_go(&asked[i]);
    }
    stand_close(&stand);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(asked[i].done, 0);
        asked_free(&asked[i]);
    }
}

/* ---- an executor played by the test ------------------------------------ */

static void copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    int byte;

    assert_non_null(in);
    assert_non_null(out);
    while ((byte = getc(in)) != EOF)
        putc(byte, out);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

/* How many steps a crash at this moment would leave in the journal, which is
 * locked: counted in a copy of its file and its log. */
static int64_t steps_on_disk(struct stand *stand, const char *where)
{
    struct place copy = stand->place;
    char sql[400], wal[128], wal_copy[128];

    snprintf(copy.path, sizeof copy.path, "%s/copy.db", copy.folder);
    snprintf(wal, sizeof wal, "%s-wal", stand->place.path);
    snprintf(wal_copy, sizeof wal_copy, "%s-wal", copy.path);
    copy_file(stand->place.path, copy.path);
    copy_file(wal, wal_copy);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM steps WHERE %s", where);
    return place_query(&copy, sql);
}

static void the_intent_comes_before_the_job(void **state)
{
    struct stand stand;
    struct asked asked;
    struct peer peer;
    struct job job = {0};
    char *step;

    (void)state;
    stand_open(&stand, peer_make(&peer));
    asked_make(&asked, &stand, GATE_LIVE, "true", "192.0.2.7", "secret");
    asked_go(&asked);
    assert_int_equal(
        frame_read_job(peer_frame(&peer, &stand, FRAME_JOB), &job, NULL), 0);
    assert_int_equal(asked.started, 1);
    assert_int_equal(gate_running(stand.gate), 1);
    assert_string_equal(job.step, "r1.1");
    assert_int_equal(
        steps_on_disk(&stand,
                      "run = 1 AND step = 1 AND answer IS NULL AND status = "
                      "'Pending' AND incarnation = 42 AND kind = 'action' AND "
                      "argv = '[\"run\",\"true\",\"192.0.2.7\",\"***\"]' AND "
                      "request NOT LIKE '%secret%'"),
        1);
    job_clear(&job);
    buf_consume(&peer.bytes, peer.bytes.len);

    /* A result of an earlier engine's changes nothing, and is not kept. */
    peer_answers(&peer, "r9.9");
    assert_int_equal(
        frame_read_step(peer_frame(&peer, &stand, FRAME_FORGET), &step, NULL),
        0);
    assert_string_equal(step, "r9.9");
    free(step);
    buf_consume(&peer.bytes, peer.bytes.len);
    assert_int_equal(asked.done, 0);
    peer_answers(&peer, "r1.1");
    asked_wait(&asked);
    assert_int_equal(gate_running(stand.gate), 0);
    assert_int_equal(
        frame_read_step(peer_frame(&peer, &stand, FRAME_FORGET), &step, NULL),
        0);
    assert_string_equal(step, "r1.1");
    assert_int_equal(
        steps_on_disk(&stand, "status = 'Executed' AND answer IS NOT NULL"), 1);
    free(step);
    asked_free(&asked);
    close(peer.fd);
    buf_free(&peer.bytes);
    stand_close(&stand);
}

static void a_lost_executor_is_told_once(void **state)
{
    struct stand stand;
    struct asked sent, waits, later;
    struct peer peer;

    (void)state;
    stand_open(&stand, peer_make(&peer));
    asked_make(&sent, &stand, GATE_LIVE, "true", "192.0.2.7", NULL);
    asked_make(&waits, &stand, GATE_LIVE, "true", "192.0.2.7", NULL);
    asked_make(&later, &stand, GATE_LIVE, "true", "192.0.2.8", NULL);
    asked_go(&sent);
    asked_go(&waits);
    peer_frame(&peer, &stand, FRAME_JOB);
    close(peer.fd);
    while (!stand.lost)
        uv_run(&stand.place.loop, UV_RUN_ONCE);
    asked_go(&later);
    for (int i = 0; i < 10; i++)
        uv_run(&stand.place.loop, UV_RUN_NOWAIT);
    assert_int_equal(stand.lost, 1);
    assert_int_equal(sent.done + waits.done + later.done, 0);
    assert_int_equal(gate_waiting(stand.gate), 2);
    buf_free(&peer.bytes);
    stand_close(&stand);
    asked_free(&sent);
    asked_free(&waits);
    asked_free(&later);
}

/* What has its intent goes on, what waits does not begin. */
static void a_stopped_gate_starts_nothing(void **state)
{
    struct stand stand;
    struct asked sent, waits, later, shown;
    struct peer peer;

    (void)state;
    stand_open(&stand, peer_make(&peer));
    asked_make(&sent, &stand, GATE_LIVE, "true", "192.0.2.7", NULL);
    asked_make(&waits, &stand, GATE_LIVE, "true", "192.0.2.7", NULL);
    asked_go(&sent);
    asked_go(&waits);
    assert_int_equal(gate_running(stand.gate), 1);
    assert_int_equal(gate_waiting(stand.gate), 1);
    gate_stop(stand.gate);
    peer_frame(&peer, &stand, FRAME_JOB);
    asked_make(&later, &stand, GATE_LIVE, "true", "192.0.2.8", NULL);
    asked_make(&shown, &stand, GATE_SHOW, "true", "192.0.2.8", NULL);
    asked_go(&later);
    asked_go(&shown);
    peer_answers(&peer, "r1.1");
    asked_wait(&sent);
    asked_wait(&shown);
    assert_int_equal(gate_running(stand.gate), 0);
    assert_int_equal(gate_waiting(stand.gate), 2);
    assert_int_equal(steps_on_disk(&stand, "step IN (2, 3)"), 0);
    close(peer.fd);
    buf_free(&peer.bytes);
    stand_close(&stand);
    assert_int_equal(waits.started + later.started, 0);
    assert_int_equal(waits.done + later.done, 0);
    asked_free(&sent);
    asked_free(&waits);
    asked_free(&later);
    asked_free(&shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_rule_refuses),
        cmocka_unit_test(too_long_a_line_is_refused),
        cmocka_unit_test(dry_starts_no_remediation),
        cmocka_unit_test(show_starts_nothing_even_where_it_could_not),
        cmocka_unit_test(defaults_come_from_the_alarm),
        cmocka_unit_test(a_gate_may_go_first),
        cmocka_unit_test(the_intent_comes_before_the_job),
        cmocka_unit_test(a_lost_executor_is_told_once),
        cmocka_unit_test(a_stopped_gate_starts_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
