#include "world.h"

#include "base/buf.h"

/* Runs as the engine drives them: requests are queued by the callbacks and
 * answered later. */

enum { STEPS_MAX = 16, RUNS_MAX = 4 };

struct run {
    unsigned asked;             /* the last step that was asked live */
    struct request *request;    /* owned: its request */
    char *texts[STEPS_MAX + 1]; /* owned: by step, as asked */
    struct answer *answers[STEPS_MAX + 1]; /* owned: recorded, by step */
    char *recorded[STEPS_MAX + 1];         /* owned: what was recorded */
    unsigned live[STEPS_MAX + 1];          /* how often it was asked */
    int over;
    enum run_outcome outcome;
    char *error; /* owned */
};

static char *text_of(const struct request *request)
{
    struct buf buf = {0};

    request_write(request, &buf);
    return buf_take(&buf);
}

static int past(void *arg, unsigned step, const struct request *request,
                const struct answer **answer)
{
    struct run *run = arg;
    char *text;
    int same;

    if (step > STEPS_MAX || !run->answers[step])
        return 0;
    text = text_of(request);
    same = strcmp(text, run->recorded[step]) == 0;
    free(text);
    *answer = run->answers[step];
    return same ? 1 : -1;
}

static void ask(void *arg, unsigned step, struct request *request)
{
    struct run *run = arg;

    assert_true(step >= 1 && step <= STEPS_MAX);
    request_free(run->request);
    free(run->texts[step]);
    run->texts[step] = text_of(request);
    run->request = request;
    run->asked = step;
    run->live[step]++;
}

static void done(void *arg, enum run_outcome outcome, const char *error)
{
    struct run *run = arg;

    run->over++;
    run->outcome = outcome;
    run->error = alloc_text(error);
}

static const struct policy_events events = {past, ask, done};

static void run_clear(struct run *run)
{
    request_free(run->request);
    free(run->error);
    for (int i = 0; i <= STEPS_MAX; i++) {
        free(run->texts[i]);
        free(run->recorded[i]);
        answer_free(run->answers[i]);
    }
    *run = (struct run){0};
}

static struct alarm *alarm_of(const char *json)
{
    struct alarm *alarm = ALLOC(struct alarm);

    alarm->refs = 1;
    alarm->doc = json_parse(str_of(json), "alarm", 1, NULL);
    assert_non_null(alarm->doc);
    alarm->fields = alarm->record = json_root(alarm->doc);
    return alarm;
}

#define POLICY(top, body)                                                      \
    "local riposte = require 'riposte'\n"                                      \
    "local look = riposte.action('Kit', 'Look')\n"                             \
    "local act = riposte.action('Kit', 'Act')\n" top "\n"                      \
    "return { name = 'x', on = {}, run = function(alarm)\n" body "\nend }"

/* A policy, a state for it, and runs. */
static struct policy *policy;
static struct policy_state *state_of;
static struct alarm *alarm;
static struct run runs[RUNS_MAX];

static void begin(const char *text)
{
    struct problems problems = {0};
    struct error error = {0};

    policy = policy_load(&world, "policies/x.lua", str_of(text), &problems);
    if (!policy)
        fail_msg("%s", problems.items[0].error.text);
    problems_free(&problems);
    if (policy_state_new(&state_of, policy, &events, &error))
        fail_msg("%s", error.text);
    alarm = alarm_of("{\"SIP\":\"192.0.2.1\",\"n\":{\"list\":[1,null,\"x\"],"
                     "\"big\":18446744073709551615}}");
}

static void again(void)
{
    policy_state_free(state_of);
    assert_int_equal(policy_state_new(&state_of, policy, &events, NULL), 0);
}

static void end(void)
{
    policy_state_free(state_of);
    /* No run kept the alarm. */
    assert_int_equal(alarm->refs, 1);
    alarm_unref(alarm);
    policy_free(policy);
    for (int i = 0; i < RUNS_MAX; i++)
        run_clear(&runs[i]);
}

static void give(struct run *run, unsigned step, enum step_status status,
                 const char *out)
{
    struct answer *answer = answer_new(status);

    answer->exited = status == STEP_EXECUTED || status == STEP_FAILED;
    answer->exit = status == STEP_FAILED;
    answer->out = alloc_text(out);
    answer->out_len = strlen(out);
    policy_state_answer(state_of, run, step, answer);
    answer_free(answer);
}

static void record(struct run *run, unsigned step, const char *text,
                   const char *out)
{
    run->answers[step] = answer_new(STEP_EXECUTED);
    run->answers[step]->out = alloc_text(out);
    run->answers[step]->out_len = strlen(out);
    run->recorded[step] = alloc_text(text);
}

static void ended(const struct run *run, enum run_outcome outcome,
                  const char *error)
{
    assert_int_equal(run->over, 1);
    if (run->outcome != outcome ||
        (error && (!run->error || !strstr(run->error, error))))
        fail_msg("%s: %s", run_outcome_names[run->outcome],
                 run->error ? run->error : "-");
    if (!error)
        assert_null(run->error);
}

#define LOOK(address)                                                          \
    "{\"kind\":\"action\",\"plugin\":\"Kit\",\"action\":\"Look\","             \
    "\"params\":{\"Address\":\"" address "\"}}"

static void asks_and_goes_on_with_the_answer(void **state)
{
    (void)state;
    begin(POLICY("", "local a = look { address = alarm.SIP }\n"
                     "assert(a.json.score == 7 and a.exit == 0)\n"
                     "act({ address = a.stdout }, { timeout = '2s',"
                     "reason = 'why' })"));
    policy_state_start(state_of, &runs[0], alarm);
    assert_int_equal(runs[0].asked, 1);
    assert_string_equal(runs[0].texts[1], LOOK("192.0.2.1"));
    assert_int_equal(runs[0].over, 0);
    give(&runs[0], 1, STEP_EXECUTED, "{\"score\":7}");
    assert_int_equal(runs[0].asked, 2);
    assert_int_equal(runs[0].request->timeout, 2000);
    assert_string_equal(runs[0].request->reason, "why");
    give(&runs[0], 2, STEP_EXECUTED, "");
    ended(&runs[0], RUN_DONE, NULL);
    assert_false(policy_state_spent(state_of));
    end();
}

static void replays_what_was_answered(void **state)
{
    (void)state;
    begin(POLICY("", "for i = 1, 3 do look { address = i } end"));
    record(&runs[0], 1, LOOK("1"), "");
    record(&runs[0], 2, LOOK("2"), "");
    policy_state_start(state_of, &runs[0], alarm);
    assert_int_equal(runs[0].asked, 3);
    assert_int_equal(runs[0].live[1] + runs[0].live[2], 0);
    give(&runs[0], 3, STEP_EXECUTED, "");
    ended(&runs[0], RUN_DONE, NULL);
    end();
}

static void parks_what_asks_for_something_else(void **state)
{
    (void)state;
    begin(POLICY("", "riposte.all { look.call { address = 1 },\n"
                     "  look.call { address = 2 }, look.call {} }"));
    record(&runs[0], 2, LOOK("3"), "");
    policy_state_start(state_of, &runs[0], alarm);
    ended(&runs[0], RUN_PARKED,
          "policies/x.lua:6: step 2 asks for something else than was "
          "recorded: {\"kind\":\"action\"");
    /* Nothing of the fan-out started, what came before it neither. */
    assert_int_equal(runs[0].asked, 0);
    assert_false(policy_state_spent(state_of));
    end();
}

static void numbers_a_fan_out_in_order(void **state)
{
    static const unsigned order[] = {3, 1, 2};

    (void)state;
    begin(POLICY("", "local r = riposte.all { look.call { address = 'a' },\n"
                     "look.call { address = 'b' }, act.call { address = 'c' }}"
                     "\nact { address = r[1].stdout .. r[2].stdout .. "
                     "r[3].stdout }"));
    policy_state_start(state_of, &runs[0], alarm);
    assert_int_equal(runs[0].asked, 3);
    assert_string_equal(runs[0].texts[1], LOOK("a"));
    assert_string_equal(runs[0].texts[2], LOOK("b"));
    for (int i = 0; i < 3; i++) {
        char out[2] = {(char)('0' + order[i]), '\0'};

        assert_int_equal(runs[0].asked, 3);
        give(&runs[0], order[i], STEP_EXECUTED, out);
    }
    assert_int_equal(runs[0].asked, 4);
    assert_non_null(strstr(runs[0].texts[4], "\"123\""));
    give(&runs[0], 4, STEP_EXECUTED, "");
    ended(&runs[0], RUN_DONE, NULL);
    end();
}

static void raises_failures_at_the_policys_line(void **state)
{
    (void)state;
    begin(POLICY("", "local x = 1\nreturn look {}"));
    policy_state_start(state_of, &runs[0], alarm);
    give(&runs[0], 1, STEP_FAILED, "");
    ended(&runs[0], RUN_FAILED,
          "policies/x.lua:7: Kit / Look: Failed to Execute (exit 1)");
    end();
}

static void runs_share_a_state(void **state)
{
    (void)state;
    begin(POLICY("", "look { address = 1 } act { address = alarm.SIP }"));
    for (int i = 0; i < RUNS_MAX; i++)
        policy_state_start(state_of, &runs[i], alarm);
    for (int i = RUNS_MAX - 1; i >= 0; i--)
        give(&runs[i], 1, STEP_EXECUTED, "");
    for (int i = 0; i < RUNS_MAX; i++) {
        assert_int_equal(runs[i].asked, 2);
        give(&runs[i], 2, STEP_EXECUTED, "");
        ended(&runs[i], RUN_DONE, NULL);
    }
    end();
}

/* The neighbour of a run that exhausts memory goes on in a fresh state and
 * asks nothing twice. */
static void parks_only_the_run_on_the_cpu(void **state)
{
    (void)state;
    begin(POLICY("local kept = {}", "local a = look { address = 'first' }\n"
                                    "if a.stdout == 'bad' then\n"
                                    "  pcall(function() while true do\n"
                                    "    kept[#kept + 1] = {} end end)\n"
                                    "end\n"
                                    "act { address = 'last' }"));
    policy_state_start(state_of, &runs[0], alarm);
    policy_state_start(state_of, &runs[1], alarm);
    give(&runs[0], 1, STEP_EXECUTED, "bad");
    ended(&runs[0], RUN_PARKED, "used over 16 MiB of memory");
    assert_true(policy_state_spent(state_of));
    assert_int_equal(runs[1].over, 0);

    again();
    record(&runs[1], 1, runs[1].texts[1], "good");
    policy_state_start(state_of, &runs[1], alarm);
    assert_int_equal(runs[1].live[1], 1);
    assert_int_equal(runs[1].asked, 2);
    give(&runs[1], 2, STEP_EXECUTED, "");
    ended(&runs[1], RUN_DONE, NULL);
    end();
}

/* What runs hold while they wait fills a state; neither garbage nor what the
 * file itself holds does. */
static void is_full_before_a_run_suffers(void **state)
{
    (void)state;
    begin(POLICY("local base = {}\n"
                 "for i = 1, 4 do base[i] = ('b'):rep(900000) end",
                 "local kept = { base }\n"
                 "for i = 2, 5 do kept[i] = ('x'):rep(900000) end\n"
                 "look {} kept = nil look {}"));
    assert_false(policy_state_full(state_of));
    for (int i = 0; i < RUNS_MAX; i += 2) {
        policy_state_start(state_of, &runs[i], alarm);
        assert_false(policy_state_full(state_of));
        policy_state_start(state_of, &runs[i + 1], alarm);
        assert_true(policy_state_full(state_of));
        give(&runs[i], 1, STEP_EXECUTED, "");
        give(&runs[i + 1], 1, STEP_EXECUTED, "");
        assert_false(policy_state_full(state_of));
    }
    assert_false(policy_state_spent(state_of));
    end();
}

/* Requests count for the memory of the state, as long as they are kept. */
static void counts_requests_that_are_kept(void **state)
{
    (void)state;
    begin(POLICY("", "local kept = {}\n"
                     "local function make(i)\n"
                     "  return act.call { address = ('x'):rep(1000000 + i) }\n"
                     "end\n"
                     "for i = 1, 100 do make(i) end\n"
                     "for i = 1, 12 do kept[i] = make(i) end\n"
                     "look {}\n"
                     "for i = 13, 17 do kept[i] = make(i) end"));
    policy_state_start(state_of, &runs[0], alarm);
    assert_int_equal(runs[0].asked, 1);
    give(&runs[0], 1, STEP_EXECUTED, "");
    ended(&runs[0], RUN_PARKED, "x.lua:8: used over 16 MiB of memory");
    end();
}

static void parks_what_never_asks(void **state)
{
    static const char *const bodies[] = {
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "table.sort({ 1, 2 }, function() while true do end end)",
        "while true do pcall(table.sort, { 1, 2 }, function()\n"
        "while true do end end) end",
        "local m = setmetatable({}, { __index = function() while true do end"
        " end }) return m.x",
        "local m = setmetatable({}, { __lt = function() while true do end"
        " end }) while true do pcall(table.sort, { m, m }) end",
        "for i = 1, 1e9 do local t = {} for k in pairs(t) do end end"};

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct buf text = {0};

        buf_printf(&text,
                   "return { name = 'x', on = {}, run = function()\n%s end }",
                   bodies[i]);
        begin(text.data);
        policy_state_start(state_of, &runs[0], alarm);
        ended(&runs[0], RUN_PARKED, "ran over 10,000,000 instructions");
        assert_memory_equal(runs[0].error, "policies/x.lua:", 15);
        assert_true(policy_state_spent(state_of));
        end();
        buf_free(&text);
    }
}

/* Recursion ends by memory, also through pcall: a caught overflow of the C
 * stack unwinds it, and the next one is deeper. */
static void parks_what_recurses_for_ever(void **state)
{
    static const char *const bodies[] = {
        "local function f() return 1 + f() end f()",
        "local function f() pcall(f) return pcall(f) end f()",
        "local t = setmetatable({}, { __concat = function(a, b) "
        "return 'x' .. (a .. b) end }) return t .. t"};

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct buf text = {0};

        buf_printf(&text,
                   "return { name = 'x', on = {}, run = function()\n%s end }",
                   bodies[i]);
        begin(text.data);
        policy_state_start(state_of, &runs[0], alarm);
        assert_int_equal(runs[0].over, 1);
        assert_int_not_equal(runs[0].outcome, RUN_DONE);
        end();
        buf_free(&text);
    }
}

/* A slice ends at each request: the budget is not of the run. */
static void has_a_fresh_budget_after_each_answer(void **state)
{
    (void)state;
    begin(POLICY("", "for i = 1, 3 do\n"
                     "  for k = 1, 4 * 1000 * 1000 do end\n"
                     "  look { address = i }\n"
                     "end"));
    policy_state_start(state_of, &runs[0], alarm);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(runs[0].asked, i);
        give(&runs[0], i, STEP_EXECUTED, "");
    }
    ended(&runs[0], RUN_DONE, NULL);
    end();
}

static void limits_the_instructions_of_a_slice(void **state)
{
    (void)state;
    /* An empty loop takes one instruction a turn. */
    begin("return { name = 'x', on = {}, run = function()\n"
          "for k = 1, 9990000 do end end }");
    policy_state_start(state_of, &runs[0], alarm);
    ended(&runs[0], RUN_DONE, NULL);
    end();
    begin("return { name = 'x', on = {}, run = function()\n"
          "for k = 1, 10010000 do end end }");
    policy_state_start(state_of, &runs[0], alarm);
    ended(&runs[0], RUN_PARKED, "policies/x.lua:2: ran over 10,000,000");
    end();
}

static void limits_steps(void **state)
{
    (void)state;
    begin(POLICY("", "local t = {}\n"
                     "for i = 1, 1000 do t[i] = look.call {} end\n"
                     "if alarm.SIP then t[1001] = t[1] end\n"
                     "riposte.all(t)"));
    policy_state_start(state_of, &runs[0], alarm);
    ended(&runs[0], RUN_PARKED,
          "policies/x.lua:9: asked for more than 1000 steps");
    assert_int_equal(runs[0].asked, 0);
    end();
}

static void shows_the_alarm(void **state)
{
    (void)state;
    begin(POLICY("", "assert(alarm.SIP == '192.0.2.1')\n"
                     "assert(alarm.DIP == nil and alarm['n.x'] == nil)\n"
                     "assert(alarm['n.list[3]'] == 'x')\n"
                     "local l = alarm.n.list\n"
                     "assert(l[1] == 1 and l[2] == nil and l[3] == 'x')\n"
                     "assert(alarm.n.big == '18446744073709551615')\n"
                     "alarm.n.big = 1\n"
                     "assert(alarm.n.big == '18446744073709551615')\n"
                     "assert(tostring(alarm) == 'userdata')\n"
                     "alarm.SIP = 'x'"));
    policy_state_start(state_of, &runs[0], alarm);
    ended(&runs[0], RUN_FAILED,
          "policies/x.lua:15: an alarm cannot be changed");
    end();
}

static void outlives_an_alarm_that_is_kept(void **state)
{
    (void)state;
    begin(POLICY("local last", "if last then assert(last.SIP) end\n"
                               "last = alarm"));
    policy_state_start(state_of, &runs[0], alarm);
    policy_state_start(state_of, &runs[1], alarm);
    ended(&runs[0], RUN_DONE, NULL);
    ended(&runs[1], RUN_DONE, NULL);
    end();
}

static void has_room_for_messages_when_memory_is_out(void **state)
{
    (void)state;
    /* The answer itself no longer fits. */
    begin(POLICY("local kept = {}",
                 "for i = 1, 15 do kept[i] = ('x'):rep(1024 * 1024 - i) end\n"
                 "kept[16] = ('x'):rep(800 * 1024)\n"
                 "while true do kept[#kept + 1] = look({}).stdout .. #kept "
                 "end"));
    policy_state_start(state_of, &runs[0], alarm);
    for (unsigned i = 1; i <= STEPS_MAX && !runs[0].over; i++) {
        char *out = alloc_zeroed(1, STEP_OUTPUT_MAX + 1);

        memset(out, 'x', STEP_OUTPUT_MAX);
        give(&runs[0], i, STEP_EXECUTED, out);
        free(out);
    }
    ended(&runs[0], RUN_PARKED, "used over 16 MiB of memory");
    assert_true(policy_state_spent(state_of));
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_and_goes_on_with_the_answer),
        cmocka_unit_test(replays_what_was_answered),
        cmocka_unit_test(parks_what_asks_for_something_else),
        cmocka_unit_test(numbers_a_fan_out_in_order),
        cmocka_unit_test(raises_failures_at_the_policys_line),
        cmocka_unit_test(runs_share_a_state),
        cmocka_unit_test(parks_only_the_run_on_the_cpu),
        cmocka_unit_test(is_full_before_a_run_suffers),
        cmocka_unit_test(counts_requests_that_are_kept),
        cmocka_unit_test(parks_what_never_asks),
        cmocka_unit_test(parks_what_recurses_for_ever),
        cmocka_unit_test(has_a_fresh_budget_after_each_answer),
        cmocka_unit_test(limits_the_instructions_of_a_slice),
        cmocka_unit_test(limits_steps),
        cmocka_unit_test(shows_the_alarm),
        cmocka_unit_test(outlives_an_alarm_that_is_kept),
        cmocka_unit_test(has_room_for_messages_when_memory_is_out),
    };

    return cmocka_run_group_tests(tests, world_open, world_close);
}
