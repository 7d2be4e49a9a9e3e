#include "world.h"

#include "base/buf.h"
#include "base/error.h"

#define HEAD "local riposte = require 'riposte'\n"
#define RUN "run = function() end"

/* Every problem as "LINE text" lines; a warning begins with '!'. */
static char *problems_of(const char *text)
{
    struct problems problems = {0};
    struct policy *policy =
        policy_load(&world, "policies/x.lua", str_of(text), &problems);
    struct buf buf = {0};

    assert_true((policy == NULL) == (problems.errors > 0));
    for (size_t i = 0; i < problems.len; i++) {
        assert_memory_equal(problems.items[i].error.where, "policies/", 9);
        buf_printf(&buf, "%s%u %s\n", problems.items[i].warning ? "!" : "",
                   problems.items[i].error.line, problems.items[i].error.text);
    }
    problems_free(&problems);
    policy_free(policy);
    return buf_take(&buf);
}

static void says(const char *text, const char *part)
{
    char *problems = problems_of(text);

    if (!strstr(problems, part) || (!*part && *problems))
        fail_msg("%s\ngave: %s\nnot: %s", text, problems, part);
    free(problems);
}

static void fine(const char *text)
{
    says(text, "");
}

static struct policy *loaded(const char *text)
{
    struct problems problems = {0};
    struct policy *policy =
        policy_load(&world, "policies/x.lua", str_of(text), &problems);

    if (!policy)
        fail_msg("%s: %s", text, problems.items[0].error.text);
    problems_free(&problems);
    return policy;
}

static void takes_what_is_declared(void **state)
{
    struct policy *policy =
        loaded(HEAD "local look = riposte.action('Kit', 'Look')\n"
                    "local allow = riposte.list 'allow'\n"
                    "return {\n"
                    "  name = 'a-1_b', tags = { 'x', 'y' },\n"
                    "  on = { SIP = 'a',\n"
                    "    Login = { 'b' } },\n"
                    "  threshold = { count = 3, within = '1m', by = 'SIP' },\n"
                    "  run = function() look {} end }");

    (void)state;
    assert_string_equal(policy->name, "a-1_b");
    assert_int_equal(policy->tags.len, 2);
    assert_string_equal(policy->tags.items[1], "y");
    assert_int_equal(policy->on->line, 6);
    assert_int_equal(json_member(policy->on, "Login")->line, 7);
    assert_int_equal(policy->threshold.count, 3);
    assert_int_equal(policy->threshold.within, 60000);
    assert_int_equal(policy->threshold.again, 60000);
    assert_int_equal(policy->threshold.by.len, 1);
    policy_free(policy);
}

static void names_every_wrong_key(void **state)
{
    (void)state;
    says("return {\n nam = 'x', on = {}, " RUN " }",
         "2 a policy has no key 'nam': did you mean 'name'?");
    says("return { on = {}, " RUN " }", "1 the policy has no name");
    says("return {\n\n name = 'A', on = {}, " RUN " }", "3 name is 1 to 64");
    says("return { name = '-a', on = {}, " RUN " }", "name is 1 to 64");
    says("return { name = 'x', on = {},\n run = 1 }",
         "2 run is not a function");
    says("return { name = 'x', on = {} }", "run is not a function");
    says("return { name = 'x', on = 1, " RUN " }", "on is a table");
    says("return { name = 'x', " RUN " }", "!1 without `on`");
    says("return { name = 'x', on = {}, tags = { 1 }, " RUN " }", "tags is");
    fine("return { name = 'x', on = {}, tags = 'one', " RUN " }");
    says("return { name = 'x', on = {},\n rnu = function() end }",
         "2 a policy's one function is run, not rnu");
}

static void warns_of_misspelt_fields(void **state)
{
    (void)state;
    says("return { name = 'x', on = {\n SPI = '1' }, " RUN " }",
         "!2 SPI is no SmartResponse field: did you mean SIP?");
    says("return { name = 'x', on = { {\n AlarmRuleNmae = 'x' } }, " RUN " }",
         "!2 AlarmRuleNmae is no SmartResponse field: did you mean "
         "AlarmRuleName?");
    says("return { name = 'x', on = {}, " RUN ", threshold = { count = 1,\n"
         "within = '1m', by = { 'SIP', 'Logn' } } }",
         "!2 Logn is no SmartResponse field: did you mean Login?");
    fine("return { name = 'x', on = { rule = 'x', ['Rat.x'] = 1, SIP = 'a',"
         " EventChannel = 'x' }, " RUN " }");
}

static void takes_every(void **state)
{
    struct policy *policy =
        loaded("return { name = 'x', every = '1h', " RUN " }");

    (void)state;
    assert_string_equal(policy->every, "1h");
    assert_int_equal(policy->due.period, 3600000);
    assert_null(policy->on);
    policy_free(policy);
    policy = loaded("return { name = 'x', every = '0 6 * * mon', " RUN " }");
    assert_string_equal(policy->every, "0 6 * * mon");
    assert_int_equal(policy->due.period, 0);
    assert_int_equal(policy->due.hours, 1 << 6);
    policy_free(policy);
}

static void checks_every(void **state)
{
    (void)state;
    fine("return { name = 'x', every = '1s', " RUN " }");
    says("return { name = 'x',\n every = '900ms', " RUN " }",
         "2 every: a period is at least 1 s");
    says("return { name = 'x',\n every = '0 0 31 2 *', " RUN " }",
         "2 every: day of month: none of its days comes");
    says("return { name = 'x', every = 5, " RUN " }", "every is a text");
    says("return { name = 'x',\n every = '1h', on = {}, " RUN " }",
         "2 a policy with `every` has no `on`");
    says("return { name = 'x', every = '1h', threshold = { count = 1,"
         " within = '1m', by = 'SIP' }, " RUN " }",
         "a policy with `every` has no `threshold`");
    says("return { name = 'x', evry = '1h', " RUN " }",
         "did you mean 'every'?");
}

static void checks_names_at_the_limit(void **state)
{
    char text[256];

    (void)state;
    snprintf(text, sizeof text, "return { name = '%064d', on = {}, %s }", 1,
             RUN);
    fine(text);
    snprintf(text, sizeof text, "return { name = '%065d', on = {}, %s }", 1,
             RUN);
    says(text, "name is 1 to 64");
}

#define THRESHOLD(t)                                                           \
    "return { name = 'x', on = {}, " RUN ", threshold = {\n" t "} }"

static void checks_thresholds(void **state)
{
    (void)state;
    fine(THRESHOLD("count = 1, within = '1ms', by = 'a'"));
    fine(THRESHOLD("count = 1000, within = '1m', by = { 'a', 'b' },"
                   "again = '1h'"));
    says(THRESHOLD("count = 1001, within = '1m', by = 'a'"), "2 threshold: c");
    says(THRESHOLD("count = 0, within = '1m', by = 'a'"), "threshold: count");
    says(THRESHOLD("count = 1.5, within = '1m', by = 'a'"), "threshold: count");
    says(THRESHOLD("count = '1', within = '1m', by = 'a'"), "threshold: count");
    says(THRESHOLD("count = 1, within = 60, by = 'a'"), "threshold: within");
    says(THRESHOLD("count = 1, within = '0s', by = 'a'"), "threshold: within");
    says(THRESHOLD("count = 1, by = 'a'"), "threshold: within");
    says(THRESHOLD("count = 1, within = '1m'"), "threshold: by");
    says(THRESHOLD("count = 1, within = '1m', by = {}"), "threshold: by");
    says(THRESHOLD("count = 1, within = '1m', by = { 1 }"), "threshold: by");
    says(THRESHOLD("count = 1, within = '1m', by = 'a', again = 'x'"),
         "threshold: again");
    says(THRESHOLD("count = 1, within = '1m', by = 'a', agian = '1m'"),
         "threshold has no key 'agian': did you mean 'again'?");
    says("return { name = 'x', on = {}, " RUN ", threshold = 3 }",
         "threshold is a table");
}

static void reports_all_that_is_not_there(void **state)
{
    char *problems = problems_of(HEAD "riposte.action('Kitt', 'Look')\n"
                                      "riposte.action('Kit', 'Lok')\n"
                                      "local l = riposte.list 'allowed'\n"
                                      "return { nam = 'x', on = {}, " RUN "}");

    (void)state;
    assert_non_null(strstr(problems, "2 no plugin \"Kitt\""));
    assert_non_null(strstr(problems, "3 no action \"Lok\" in Kit; did you "
                                     "mean \"Look\"?"));
    assert_non_null(strstr(problems, "4 no list 'allowed': it would be the "
                                     "file lists/allowed.txt"));
    assert_non_null(strstr(problems, "5 a policy has no key 'nam'"));
    free(problems);
}

static void binds_unavailable_actions_where_allowed(void **state)
{
    static const char text[] = HEAD "local act = riposte.action('Kit', 'Act')\n"
                                    "return { name = 'x', on = {}, " RUN " }";
    struct action *act = &world_catalogue.plugins[0]->actions[1];

    (void)state;
    act->unavailable = alloc_text("act.sh is missing");
    fine(text);
    world_allows = false;
    says(text, "2 Kit / Act is unavailable: act.sh is missing");
    world_allows = true;
    free(act->unavailable);
    act->unavailable = NULL;
}

static void places_errors(void **state)
{
    (void)state;
    says("return {", "1 ");
    says("return 1", "must return the policy");
    says("\nlocal x = nil + 1", "2 attempt to perform arithmetic");
    says("\n\nwhile true do end", "3 ran over 10,000,000 instructions");
    says("local t = {} while true do t[#t + 1] = {} end", "used over 16 MiB");
    says("\nwhile true do pcall(function() while true do end end) end",
         "2 ran over 10,000,000 instructions");
    says("\nlocal x <close> = nil", "2 <close> cannot be used");
    says("\nlocal function f(_ENV) end", "2 the name _ENV cannot be used");
    says("--\rlocal function f(_ENV) end", "the name _ENV cannot be used");
    fine("local s = '_ENV <close>' -- _ENV\n"
         "return { name = 'x', on = {}, " RUN " }");
    says("\033Lua", "binary chunk");
    says("return { name = 'x', on = {\n a = function() end }, " RUN " }",
         "2 a function is no data");
}

static void asks_nothing_while_loading(void **state)
{
    (void)state;
    says(HEAD "local look = riposte.action('Kit', 'Look')\nlook {}",
         "3 Kit / Look: only a run can ask");
    says(HEAD "local look = riposte.action('Kit', 'Look')\nlook.call {}",
         "3 Kit / Look: only a run can ask");
    says(HEAD "riposte.now()", "2 only a run can ask");
    says(HEAD "riposte.list('allow'):has(1)", "2 only a run can ask");
    says(HEAD "riposte.all { }  riposte.wait '1m'", "2 only a run can ask");
    says(HEAD "riposte.past { by = 'SIP' }", "2 only a run can ask");
}

static void loads_modules_of_the_site(void **state)
{
    static const char *const modules[] = {
        "one",     "local two = require 'two'\nreturn { v = two }",
        "two",     "return 'x'",
        "a",       "return require 'b'",
        "b",       "return require 'a'",
        "bad",     "\nreturn nil + 1",
        "nothing", "",
        NULL};

    (void)state;
    world_modules = modules;
    fine("return { name = require('one').v, on = {}, " RUN " }");
    fine("local a, b = require 'one', require 'one' assert(a == b)\n"
         "return { name = 'x', on = {}, " RUN " }");
    says("\nreturn require 'a'", "module 'a' requires itself");
    says("\nreturn require 'three'", "2 no module 'three'");
    says("return require 'riposte.core'", "no module 'riposte.core'");
    says("return require 'own riposte.core'", "no module");
    says("return require 'nothing'", "module 'nothing' returns nothing");
    world_modules = NULL;
}

static void names_the_module_in_its_errors(void **state)
{
    static const char *const modules[] = {"bad", "\nreturn nil + 1", NULL};
    struct problems problems = {0};

    (void)state;
    world_modules = modules;
    assert_null(policy_load(&world, "policies/x.lua",
                            str_of("return require 'bad'"), &problems));
    assert_string_equal(problems.items[0].error.where, "policies/lib/bad.lua");
    assert_int_equal(problems.items[0].error.line, 2);
    problems_free(&problems);
    world_modules = NULL;
}

static void counter_of(const char *text, char counter[HASH_HEX])
{
    struct policy *policy = loaded(text);

    memcpy(counter, policy->counter, HASH_HEX);
    policy_free(policy);
}

static void counts_on_where_nothing_that_counts_changed(void **state)
{
    char one[HASH_HEX], other[HASH_HEX];

    (void)state;
    counter_of("return { name = 'x', on = { a = 1, b = 2 }, " RUN " }", one);
    counter_of("return { on = { b = 2, a = 1 }, tags = 't',\n name = 'x',"
               "run = function() local y end }",
               other);
    assert_string_equal(one, other);
    counter_of("return { name = 'x', on = { a = 1, b = 3 }, " RUN " }", other);
    assert_string_not_equal(one, other);
    counter_of("return { name = 'y', on = { a = 1, b = 2 }, " RUN " }", other);
    assert_string_not_equal(one, other);
}

static void refuses_large_files(void **state)
{
    struct buf buf = {0};
    static const char end[] = "\nreturn { name = 'x', on = {}, " RUN " }";

    (void)state;
    buf_add_text(&buf, "--");
    while (buf.len < POLICY_TEXT_MAX - strlen(end))
        buf_add_byte(&buf, 'x');
    buf_add_text(&buf, end);
    fine(buf.data);
    buf_add_byte(&buf, '\n');
    says(buf.data, "larger than 256 KiB");
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_declared),
        cmocka_unit_test(names_every_wrong_key),
        cmocka_unit_test(warns_of_misspelt_fields),
        cmocka_unit_test(takes_every),
        cmocka_unit_test(checks_every),
        cmocka_unit_test(checks_names_at_the_limit),
        cmocka_unit_test(checks_thresholds),
        cmocka_unit_test(reports_all_that_is_not_there),
        cmocka_unit_test(binds_unavailable_actions_where_allowed),
        cmocka_unit_test(places_errors),
        cmocka_unit_test(asks_nothing_while_loading),
        cmocka_unit_test(loads_modules_of_the_site),
        cmocka_unit_test(names_the_module_in_its_errors),
        cmocka_unit_test(counts_on_where_nothing_that_counts_changed),
        cmocka_unit_test(refuses_large_files),
    };

    return cmocka_run_group_tests(tests, world_open, world_close);
}
