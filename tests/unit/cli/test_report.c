#include "cli/account.h"
#include "cli/print.h"
#include "cli/report.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- what is reported ------------------------------------------------ */

static struct plugin plugin = {.name = "Host Firewall",
                               .slug = "host_firewall"};
static struct action action = {
    .plugin = &plugin, .name = "Block address", .target = -1};

struct scene {
    struct request *request;
    struct answer *answer;
    struct argv argv;
    struct alarm *alarm;
    struct flow_step step;
    struct flow_run run;
};

static struct alarm *new_alarm(const char *json)
{
    struct alarm *alarm = ALLOC(struct alarm);

    alarm->doc = json_parse(str_of(json), "test", 1, NULL);
    assert_non_null(alarm->doc);
    alarm->fields = json_root(alarm->doc);
    alarm->record = alarm->fields;
    alarm->source = alloc_text("sshd");
    alarm->raw = alloc_text(json);
    alarm->raw_len = strlen(json);
    alarm->time = 1449730546000;
    alarm->count = 1;
    alarm->refs = 1;
    memset(alarm->id, 'a', sizeof alarm->id - 1);
    return alarm;
}

static int set_up(void **state)
{
    struct scene *scene = ALLOC(struct scene);
    const char *const words[] = {"sh", "block.sh", "two words", "hunter2"};

    scene->request = request_new(REQUEST_ACTION);
    scene->request->action = &action;
    scene->answer = answer_new(STEP_EXECUTED);
    scene->answer->exited = true;
    scene->answer->seconds = 0.25;
    scene->answer->out = alloc_text("blocked 192.0.2.7\nsecond line\n");
    scene->answer->out_len = strlen(scene->answer->out);
    scene->argv.secret = alloc_zeroed(4, sizeof(bool));
    scene->argv.secret[3] = true;
    for (size_t i = 0; i < 4; i++)
        words_add(&scene->argv.words, words[i]);
    scene->alarm =
        new_alarm("{\"SIP\":\"192.0.2.7\",\"Login\":\"a b\\u001b[2J\","
                  "\"SPort\":22,\"AlarmRuleName\":\"bad login\"}");
    scene->step = (struct flow_step){
        .run = "r1",
        .alarm = scene->alarm->id,
        .policy = "brute",
        .step = 1,
        .request = scene->request,
        .argv = &scene->argv,
        .answer = scene->answer,
    };
    scene->run = (struct flow_run){
        .run = "r1",
        .alarm = scene->alarm,
        .policy = "brute",
        .outcome = RUN_DONE,
    };
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    request_free(scene->request);
    answer_free(scene->answer);
    argv_free(&scene->argv);
    alarm_unref(scene->alarm);
    free(scene);
    return 0;
}

/* ---- hearing it ------------------------------------------------------ */

struct capture {
    int old;
    FILE *file;
};

static struct capture capture_begin(void)
{
    struct capture capture = {dup(STDOUT_FILENO), tmpfile()};

    assert_non_null(capture.file);
    fflush(stdout);
    dup2(fileno(capture.file), STDOUT_FILENO);
    return capture;
}

/* Returns what was printed; free() it. */
static char *capture_end(struct capture *capture)
{
    struct buf buf = {0};
    char piece[4096];
    size_t got;

    fflush(stdout);
    dup2(capture->old, STDOUT_FILENO);
    close(capture->old);
    rewind(capture->file);
    while ((got = fread(piece, 1, sizeof piece, capture->file)))
        buf_add(&buf, piece, got);
    fclose(capture->file);
    return buf_take(&buf);
}

static char *report_all(const struct scene *scene, bool json,
                        const struct flow_counts *counts)
{
    struct capture capture = capture_begin();
    struct report *report = report_new(&(struct report_config){.json = json});
    struct flow_events events = report_events(report);

    events.begun(events.arg, &scene->run);
    events.step(events.arg, &scene->step);
    events.run(events.arg, &scene->run);
    report_summary(report, counts);
    report_free(report);
    return capture_end(&capture);
}

/* The next line of the text. */
static struct str take_line(struct str *text)
{
    const char *end = memchr(text->data, '\n', text->len);
    struct str line = {text->data, (size_t)(end - text->data)};

    assert_non_null(end);
    text->len -= line.len + 1;
    text->data = end + 1;
    return line;
}

/* ---- tests ----------------------------------------------------------- */

static void a_run_is_one_block(void **state)
{
    struct flow_counts counts = {
        .alarms = 3, .matched = 1, .runs = 1, .steps = 1};
    char *text = report_all(*state, false, &counts);
    static const char wanted[] =
        "2015-12-10T06:55:46.000Z  bad login  sshd aaaaaaaaaaaa\n"
        "  r1 brute: SIP=192.0.2.7 Login=$'a b\\x1B[2J' SPort=22\n"
        "    Host Firewall/Block address  [sh block.sh 'two words' ***]  "
        "Executed  exit 0: blocked 192.0.2.7  0.250 s\n"
        "  done\n\n"
        "3 alarms, 0 refused, 0 skipped, 0 duplicates, 1 matched\n"
        "1 run, 1 step, 0 failed, 0 waiting, 0 unknown, ";

    if (strncmp(text, wanted, strlen(wanted)) != 0)
        assert_string_equal(text, wanted);
    assert_null(strchr(text, '\x1b'));
    free(text);
}

static void runs_that_interleave_do_not_mix(void **state)
{
    struct scene *scene = *state;
    struct flow_run other = scene->run;
    struct flow_step step = scene->step;
    struct capture capture = capture_begin();
    struct report *report = report_new(&(struct report_config){0});
    struct flow_events events = report_events(report);
    char *text;

    other.run = step.run = "r2";
    other.policy = "other";
    events.begun(events.arg, &scene->run);
    events.begun(events.arg, &other);
    events.step(events.arg, &step);
    events.step(events.arg, &scene->step);
    events.run(events.arg, &other);
    report_summary(report, &(struct flow_counts){0});
    report_free(report);
    text = capture_end(&capture);
    assert_non_null(strstr(text, "r2 other"));
    assert_true(strstr(text, "r2 other") < strstr(text, "done"));
    assert_true(strstr(text, "done") < strstr(text, "r1 brute"));
    assert_true(strstr(text, "r1 brute") < strstr(text, "left open"));
    free(text);
}

/* Where in the text it stands; 0: nowhere. */
static size_t place(const char *text, const char *wanted)
{
    const char *found = strstr(text, wanted);

    return found ? (size_t)(found - text) : 0;
}

/* Steps that end in that order; the last run is left open. */
static void steps_are_in_order(struct scene *scene, const unsigned *order,
                               size_t count, bool open)
{
    struct capture capture = capture_begin();
    struct report *report = report_new(&(struct report_config){0});
    struct flow_events events = report_events(report);
    size_t last = 0;
    char *text;

    events.begun(events.arg, &scene->run);
    for (size_t i = 0; i < count; i++) {
        scene->step.step = order[i];
        scene->answer->seconds = order[i];
        events.step(events.arg, &scene->step);
    }
    if (!open)
        events.run(events.arg, &scene->run);
    report_summary(report, &(struct flow_counts){0});
    report_free(report);
    text = capture_end(&capture);
    for (unsigned i = 1; i <= count; i++) {
        char wanted[32];

        snprintf(wanted, sizeof wanted, "  %u.000 s\n", i);
        assert_true(place(text, wanted) > last);
        last = place(text, wanted);
    }
    assert_true(place(text, open ? "  left open" : "  done\n") > last);
    free(text);
}

static void steps_are_told_by_their_number(void **state)
{
    static const unsigned orders[][9] = {{1, 2, 3, 4, 5, 6, 7, 8, 9},
                                         {9, 8, 7, 6, 5, 4, 3, 2, 1},
                                         {2, 9, 1, 4, 3, 8, 5, 7, 6}};

    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        steps_are_in_order(*state, orders[i], 9, false);
        steps_are_in_order(*state, orders[i], 9, true);
    }
}

static void a_failure_shows_what_the_plugin_said(void **state)
{
    struct scene *scene = *state;
    struct buf buf = {0};

    scene->answer->status = STEP_FAILED;
    scene->answer->exit = 3;
    scene->answer->error = alloc_text("exit status 3");
    scene->answer->err = alloc_text("\n  no route\nmore");
    scene->answer->err_len = strlen(scene->answer->err);
    account_step(&buf, &scene->step, false);
    assert_non_null(
        strstr(buf.data, "Failed to Execute  exit 3: no route  0.250 s\n"));
    buf_free(&buf);

    scene->answer->status = STEP_REFUSED;
    scene->answer->exited = false;
    scene->answer->rule = alloc_text("type");
    scene->answer->err_len = 0;
    scene->step.argv = NULL;
    account_step(&buf, &scene->step, true);
    assert_non_null(strstr(
        buf.data,
        "Block address  \x1b[31mRefused\x1b[0m  type: exit status 3  0.250"));
    buf_free(&buf);
}

static void long_answers_are_cut_between_characters(void **state)
{
    struct scene *scene = *state;
    struct buf buf = {0}, out = {0};

    /* 160 bytes are shown: a cut at 160 would fall into the 54th. */
    for (int i = 0; i < 60; i++)
        buf_add_text(&out, "€");
    free(scene->answer->out);
    scene->answer->out_len = out.len;
    scene->answer->out = buf_take(&out);
    account_step(&buf, &scene->step, false);
    assert_non_null(strstr(buf.data, "€…  0.250 s"));
    assert_null(strstr(buf.data, "\\x"));
    buf_free(&buf);

    scene->answer->out_len = 160;
    memset(scene->answer->out, 'x', 160);
    account_step(&buf, &scene->step, false);
    assert_null(strstr(buf.data, "…"));
    buf_free(&buf);
    scene->answer->out_len = 161;
    scene->answer->out[160] = 'x';
    account_step(&buf, &scene->step, false);
    assert_non_null(strstr(buf.data, "xx…"));
    buf_free(&buf);
}

static const struct json *member(struct json_doc *doc, const char *name)
{
    const struct json *value = json_member(json_root(doc), name);

    if (!value)
        fail_msg("there is no \"%s\"", name);
    return value;
}

static void text_is(struct json_doc *doc, const char *name, const char *wanted)
{
    const struct json *value = member(doc, name);

    assert_int_equal(value->type, JSON_TEXT);
    if (!str_is(value->as.text, wanted))
        fail_msg("\"%s\" is not %s", name, wanted);
}

static struct json_doc *parse_line(struct str *text)
{
    struct error error = {0};
    struct json_doc *doc = json_parse(take_line(text), "out", 1, &error);

    if (!doc)
        fail_msg("%s", error.text);
    return doc;
}

static void json_lines_are_as_promised(void **state)
{
    struct scene *scene = *state;
    struct flow_counts counts = {.alarms = 5, .duplicates = 2};
    char *text;
    struct str left;
    struct json_doc *doc;

    scene->run.outcome = RUN_FAILED;
    scene->run.error = "policies/x.lua:3: no";
    text = report_all(scene, true, &counts);
    left = str_of(text);

    doc = parse_line(&left);
    text_is(doc, "event", "step");
    text_is(doc, "run", "r1");
    text_is(doc, "alarm", scene->alarm->id);
    text_is(doc, "policy", "brute");
    text_is(doc, "plugin", "Host Firewall");
    text_is(doc, "action", "Block address");
    text_is(doc, "status", "Executed");
    text_is(doc, "stdout", "blocked 192.0.2.7\nsecond line\n");
    assert_int_equal(member(doc, "rule")->type, JSON_NULL);
    assert_int_equal(member(doc, "exit")->as.integer, 0);
    assert_int_equal(member(doc, "argv")->as.list.len, 4);
    assert_true(str_is(member(doc, "argv")->as.list.items[3].as.text, "***"));
    assert_null(json_member(json_root(doc), "replayed"));
    json_free(doc);

    doc = parse_line(&left);
    text_is(doc, "event", "run");
    text_is(doc, "outcome", "failed");
    text_is(doc, "error", "policies/x.lua:3: no");
    assert_int_equal(json_root(doc)->as.list.len, 6);
    json_free(doc);

    doc = parse_line(&left);
    text_is(doc, "event", "summary");
    assert_int_equal(member(doc, "alarms")->as.integer, 5);
    assert_int_equal(member(doc, "duplicates")->as.integer, 2);
    assert_int_equal(json_root(doc)->as.list.len, 12);
    json_free(doc);
    assert_int_equal(left.len, 0);
    free(text);
}

static void a_run_by_hand_has_no_policy_and_no_alarm(void **state)
{
    struct scene *scene = *state;
    struct flow_counts counts = {0};
    char *text;
    struct str left;
    struct json_doc *doc;

    scene->step.policy = scene->step.alarm = scene->run.policy = NULL;
    scene->step.argv = NULL;
    scene->step.replayed = true;
    scene->run.alarm = NULL;
    text = report_all(scene, true, &counts);
    left = str_of(text);
    doc = parse_line(&left);
    assert_int_equal(member(doc, "policy")->type, JSON_NULL);
    assert_int_equal(member(doc, "alarm")->type, JSON_NULL);
    assert_int_equal(member(doc, "argv")->type, JSON_NULL);
    assert_true(member(doc, "replayed")->as.boolean);
    json_free(doc);
    free(text);

    text = report_all(scene, false, &counts);
    assert_non_null(strstr(text, "r1 (by hand)\n"));
    assert_non_null(strstr(text, "(recorded earlier)"));
    free(text);
}

static void list_lookups_are_no_actions(void **state)
{
    struct scene *scene = *state;
    struct flow_counts counts = {0};
    char *text;

    scene->request->kind = REQUEST_LIST;
    text = report_all(scene, true, &counts);
    scene->request->kind = REQUEST_ACTION;
    assert_null(strstr(text, "\"step\","));
    free(text);
}

static void the_sums_say_duplicates_plainly(void **state)
{
    struct flow_counts counts = {.duplicates = 7, .refused = 1, .unknown = 2};
    struct buf buf = {0};

    (void)state;
    account_summary(&buf, &counts, 1.5, "/s/state/quarantine.ndjson");
    assert_non_null(strstr(buf.data, "duplicates: 7 alarms were in the "
                                     "journal already; nothing was done"));
    assert_non_null(strstr(buf.data, "/s/state/quarantine.ndjson\n"));
    assert_non_null(strstr(buf.data, "2 actions took place"));
    buf_free(&buf);
    counts = (struct flow_counts){.alarms = 1, .duplicates = 1, .unknown = 1};
    account_summary(&buf, &counts, 1.5, NULL);
    assert_non_null(strstr(buf.data, "1 alarm, 0 refused, 0 skipped, "
                                     "1 duplicate, 0 matched\n0 runs, "));
    assert_non_null(strstr(buf.data, "duplicates: 1 alarm was in the journal "
                                     "already; nothing was done for it again"));
    assert_non_null(
        strstr(buf.data, "1 action took place; look at its target\n"));
    buf_free(&buf);
    account_summary(&buf, &(struct flow_counts){0}, 0, NULL);
    assert_null(strstr(buf.data, "duplicates:"));
    assert_null(strstr(buf.data, "quarantine"));
    buf_free(&buf);
}

static void word_is(const char *word, size_t len, const char *wanted)
{
    struct buf buf = {0};

    print_word(&buf, (struct str){word, len});
    assert_string_equal(buf.data, wanted);
    buf_free(&buf);
}
#define WORD(word, wanted) word_is(word, sizeof(word) - 1, wanted)

static void words_show_where_they_end(void **state)
{
    (void)state;
    WORD("block.sh", "block.sh");
    WORD("--opt=a/b", "--opt=a/b");
    WORD("", "''");
    WORD("a b", "'a b'");
    WORD("$(id)", "'$(id)'");
    WORD("a\\b", "'a\\b'");
    WORD("it's", "$'it\\'s'");
    WORD("a\nb\\", "$'a\\x0Ab\\\\'");
    WORD("\xff", "$'\\xFF'");
    WORD("a\0b", "$'a\\x00b'");
    WORD("Zürich", "'Zürich'");
    WORD("\xe2\x80\xae", "$'\\u{202E}'");
}

static void count_is(int64_t count, const char *wanted)
{
    struct buf buf = {0};

    print_count(&buf, count, "policy", "policies");
    assert_string_equal(buf.data, wanted);
    buf_free(&buf);
}

static void one_is_no_plural(void **state)
{
    (void)state;
    count_is(0, "0 policies");
    count_is(1, "1 policy");
    count_is(2, "2 policies");
}

static void duration_is(int64_t ms, const char *wanted)
{
    struct buf buf = {0};

    print_duration(&buf, ms);
    assert_string_equal(buf.data, wanted);
    buf_free(&buf);
}

static void durations_take_their_largest_unit(void **state)
{
    (void)state;
    duration_is(0, "0s");
    duration_is(1500, "1500ms");
    duration_is(20000, "20s");
    duration_is(90000, "90s");
    duration_is(60000, "1m");
    duration_is(7200000, "2h");
    duration_is(172800000, "2d");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_run_is_one_block),
        TEST(runs_that_interleave_do_not_mix),
        TEST(steps_are_told_by_their_number),
        TEST(a_failure_shows_what_the_plugin_said),
        TEST(long_answers_are_cut_between_characters),
        TEST(json_lines_are_as_promised),
        TEST(a_run_by_hand_has_no_policy_and_no_alarm),
        TEST(list_lookups_are_no_actions),
        cmocka_unit_test(the_sums_say_duplicates_plainly),
        cmocka_unit_test(words_show_where_they_end),
        cmocka_unit_test(one_is_no_plural),
        cmocka_unit_test(durations_take_their_largest_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
