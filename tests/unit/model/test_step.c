#include "plugin_help.h"

#include "model/step.h"

static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < STEP_STATUS_COUNT; i++)
        assert_int_equal(step_status_find(str_of(step_status_names[i])), i);
    assert_int_equal(step_status_find(str_of("executed")), -1);
    assert_int_equal(step_status_find(str_of("")), -1);
    assert_string_equal(step_status_names[STEP_FAILED], "Failed to Execute");
    assert_string_equal(step_status_names[STEP_DRY], "Dry run");
    assert_string_equal(run_outcome_names[RUN_DONE], "done");
    assert_string_equal(run_outcome_names[RUN_ABORTED], "aborted");
}

/* Frees the request. */
static void expect_request(struct request *request, const char *json)
{
    struct buf buf = {0};

    request_write(request, &buf);
    assert_string_equal(buf.data, json);
    buf_free(&buf);
    request_free(request);
}

static struct request *action_request(const struct plugin *plugin)
{
    struct request *request = request_new(REQUEST_ACTION);

    request->action = plugin->actions;
    request->values = values_new(request->action);
    return request;
}

static void test_request_action(void **state)
{
    struct plugin *plugin =
        plugin_of("<Action Name='A' Command='c'><ConstantParameter Order='1'/>"
                  "<StringParameter Name='z' Order='2'/>"
                  "<StringParameter Name='a \"b\"' Order='3'/>"
                  "<EncryptedParameter><StringParameter Name='key' Order='4'/>"
                  "</EncryptedParameter></Action>");
    struct request *request = action_request(plugin);

    (void)state;
    expect_request(request,
                   "{\"kind\":\"action\",\"plugin\":\"P\",\"action\":\"A\","
                   "\"params\":{}}");
    request = action_request(plugin);
    values_set(&request->values, 3, str_of("secret"));
    values_set(&request->values, 2, (struct str){"x\xff", 2});
    values_set(&request->values, 1, str_of(""));
    request->timeout = 1500;
    request->reason = alloc_text("why");
    expect_request(request,
                   "{\"kind\":\"action\",\"plugin\":\"P\",\"action\":\"A\","
                   "\"params\":{\"z\":\"\",\"a \\\"b\\\"\":"
                   "{\"base64\":\"eP8=\"},\"key\":\"***\"},"
                   "\"timeout\":1.5,\"reason\":\"why\"}");
    plugin_free(plugin);
}

static void test_request_others(void **state)
{
    struct request *request = request_new(REQUEST_LIST);

    (void)state;
    request->name = alloc_text("allow");
    request->value = alloc_copy("a\0b", 3);
    request->value_len = 3;
    expect_request(request, "{\"kind\":\"list\",\"list\":\"allow\","
                            "\"value\":\"a\\u0000b\"}");
    expect_request(request_new(REQUEST_NOW), "{\"kind\":\"now\"}");
    request_free(NULL);
}

static void put(const struct answer *answer, const char *json)
{
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    json_open(&out, '{');
    answer_put(answer, &out);
    json_close(&out, '}');
    assert_string_equal(buf.data, json);
    buf_free(&buf);
}

static void test_put(void **state)
{
    struct answer *answer = answer_new(STEP_EXECUTED);

    (void)state;
    answer->exited = true;
    answer->seconds = 0.25;
    answer->out = alloc_text("hi\n");
    answer->out_len = 3;
    put(answer, "{\"status\":\"Executed\",\"rule\":null,\"exit\":0,"
                "\"seconds\":0.25,\"stdout\":\"hi\\n\",\"stderr\":\"\"}");
    answer_free(answer);

    answer = answer_new(STEP_TIMED_OUT);
    answer->signal = 9;
    answer->seconds = 60;
    answer->err = alloc_copy("\xff\xfe", 2);
    answer->err_len = 2;
    answer->err_truncated = true;
    answer->rule = alloc_text("r");
    answer->error = alloc_text("too late");
    put(answer, "{\"status\":\"Timed out\",\"rule\":\"r\",\"exit\":null,"
                "\"signal\":9,\"seconds\":60.0,\"stdout\":\"\","
                "\"stderr\":{\"base64\":\"//4=\"},\"truncated\":true,"
                "\"error\":\"too late\"}");
    answer_free(answer);
    answer_free(NULL);
}

static void same_text(const char *a, const char *b)
{
    assert_int_equal(!a, !b);
    if (a)
        assert_string_equal(a, b);
}

/* Through the journal's form and back. */
static void round_trip(const struct answer *answer)
{
    struct buf buf = {0};
    struct error error;
    struct answer *back;

    answer_write(answer, &buf);
    back = answer_read(buf_str(&buf), &error);
    if (!back)
        fail_msg("%s: %s", error.text, buf.data);
    assert_int_equal(back->status, answer->status);
    assert_int_equal(back->exited, answer->exited);
    assert_int_equal(back->exit, answer->exit);
    assert_int_equal(back->signal, answer->signal);
    assert_true(back->seconds == answer->seconds);
    assert_int_equal(back->yes, answer->yes);
    assert_true(back->time == answer->time);
    assert_int_equal(back->out_truncated, answer->out_truncated);
    assert_int_equal(back->err_truncated, answer->err_truncated);
    same_text(back->rule, answer->rule);
    same_text(back->error, answer->error);
    assert_int_equal(back->out_len, answer->out_len);
    assert_int_equal(back->err_len, answer->err_len);
    if (answer->out_len)
        assert_memory_equal(back->out, answer->out, answer->out_len);
    if (answer->err_len)
        assert_memory_equal(back->err, answer->err, answer->err_len);
    answer_free(back);
    buf_free(&buf);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < STEP_STATUS_COUNT; i++) {
        struct answer *answer = answer_new((enum step_status)i);

        round_trip(answer);
        answer->exited = i % 2;
        answer->exit = i % 2 ? 255 : 0;
        answer->signal = i % 2 ? 0 : 15;
        answer->seconds = 1.0 / 3 + i;
        answer->yes = i % 2;
        answer->time = 1764000000123 + i;
        answer->rule = alloc_text("type");
        answer->error = alloc_text("it \"broke\"\n");
        round_trip(answer);
        answer_free(answer);
    }
}

/* Every length modulo 3, as base64 and as text. */
static void test_bytes(void **state)
{
    char bytes[300];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    for (size_t len = 0; len < sizeof bytes; len++) {
        struct answer *answer = answer_new(STEP_EXECUTED);

        answer->out = alloc_copy(bytes, len);
        answer->out_len = len;
        answer->err = alloc_copy(bytes + sizeof bytes - len, len);
        answer->err_len = len;
        round_trip(answer);
        answer_free(answer);
    }
}

/* The worst case of escaping still is a document that can be read. */
static void test_largest(void **state)
{
    struct answer *answer = answer_new(STEP_FAILED);

    (void)state;
    answer->out = alloc_zeroed(1, STEP_OUTPUT_MAX);
    answer->out_len = STEP_OUTPUT_MAX;
    answer->err = alloc_zeroed(1, STEP_OUTPUT_MAX);
    answer->err_len = STEP_OUTPUT_MAX;
    answer->out_truncated = answer->err_truncated = true;
    round_trip(answer);
    answer_free(answer);
}

static void test_unreadable(void **state)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{}",
        "nonsense",
        "{\"status\":\"Done\",\"seconds\":0,\"stdout\":\"\",\"stderr\":\"\"}",
        "{\"status\":\"Executed\",\"stdout\":\"\",\"stderr\":\"\"}",
        "{\"status\":\"Executed\",\"seconds\":0,\"stdout\":\"\"}",
        "{\"status\":\"Executed\",\"seconds\":0,\"stdout\":1,"
        "\"stderr\":\"\"}",
        "{\"status\":\"Executed\",\"seconds\":0,"
        "\"stdout\":{\"base64\":\"abc\"},\"stderr\":\"\"}",
        "{\"status\":\"Executed\",\"seconds\":0,"
        "\"stdout\":{\"base64\":\"a$cd\"},\"stderr\":\"\"}",
        "{\"status\":\"Executed\",\"exit\":\"0\",\"seconds\":0,"
        "\"stdout\":\"\",\"stderr\":\"\"}",
        "{\"status\":\"Executed\",\"exit\":4294967296,\"seconds\":0,"
        "\"stdout\":\"\",\"stderr\":\"\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {0};

        assert_null(answer_read(str_of(wrong[i]), &error));
        assert_true(error.code < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_request_action),
        cmocka_unit_test(test_request_others),
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_unreadable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
