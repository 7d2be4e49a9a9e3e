#include "flow/settings.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "gate/lane.h"
#include "policy/data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct settings *compiled(const char *text, struct problems *problems)
{
    struct error error = {0};
    struct json_doc *doc = data_parse(str_of(text), "riposte.lua", &error);
    struct settings *settings;

    if (!doc)
        fail_msg("%s", error.text);
    settings =
        settings_compile(json_root(doc), "/site", "riposte.lua", problems);
    json_free(doc);
    return settings;
}

/* The only problem, or the test fails. */
static struct error problem_of(const char *text)
{
    struct problems problems = {0};
    struct settings *settings = compiled(text, &problems);
    struct error error;

    assert_int_equal(problems.errors, 1);
    error = problems.items[0].error;
    problems_free(&problems);
    settings_free(settings);
    return error;
}

static void says(const char *text, unsigned line, const char *what)
{
    struct error error = problem_of(text);

    assert_string_equal(error.where, "riposte.lua");
    assert_int_equal(error.line, line);
    if (!strstr(error.text, what))
        fail_msg("\"%s\" lacks \"%s\"", error.text, what);
}

static void without_a_file_there_are_defaults(void **state)
{
    struct problems problems = {0};
    struct settings *settings =
        settings_compile(NULL, "/site", "riposte.lua", &problems);

    (void)state;
    assert_int_equal(problems.len, 0);
    assert_int_equal(settings->lanes, LANES_TOTAL);
    assert_string_equal(settings->state, "/site/state");
    assert_non_null(strstr(settings->path, "/usr/bin"));
    settings_free(settings);
}

static void every_key_is_taken(void **state)
{
    struct problems problems = {0};
    struct settings *settings =
        compiled("return {\n"
                 "  path = '/opt/bin:/usr/bin',\n"
                 "  lanes = 16,\n"
                 "  state = 'run/state',\n"
                 "  env = { ['Host Firewall'] = { APPLY = '1', Z_2 = '' } },\n"
                 "  allow_unavailable = { 'Slack', 'A/B/C' },\n"
                 "}",
                 &problems);
    struct plugin plugin = {.name = "Host Firewall"};
    const struct words *env = settings_env(settings, &plugin);

    (void)state;
    assert_int_equal(problems.len, 0);
    assert_string_equal(settings->path, "/opt/bin:/usr/bin");
    assert_int_equal(settings->lanes, 16);
    assert_string_equal(settings->state, "/site/run/state");
    assert_non_null(env);
    assert_int_equal(env->len, 2);
    assert_string_equal(env->items[0], "APPLY=1");
    assert_string_equal(env->items[1], "Z_2=");
    plugin.name = "Other";
    assert_null(settings_env(settings, &plugin));
    settings_free(settings);
}

static void fields_of_the_index_are_taken(void **state)
{
    struct problems problems = {0};
    struct settings *settings =
        settings_compile(NULL, "/site", "riposte.lua", &problems);

    (void)state;
    assert_int_equal(settings->index.len, 2);
    assert_string_equal(settings->index.items[0], "SIP");
    assert_string_equal(settings->index.items[1], "Login");
    settings_free(settings);
    settings =
        compiled("return { index = { 'DIP', 'data.user', 'own' } }", &problems);
    assert_int_equal(problems.len, 0);
    assert_int_equal(settings->index.len, 3);
    assert_string_equal(settings->index.items[1], "data.user");
    settings_free(settings);
    settings = compiled("return { index = {} }", &problems);
    assert_int_equal(problems.len, 0);
    assert_int_equal(settings->index.len, 0);
    settings_free(settings);
    settings = compiled(
        "return { index = { 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' } }",
        &problems);
    assert_int_equal(problems.len, 0);
    assert_int_equal(settings->index.len, SETTINGS_INDEX_MAX);
    settings_free(settings);
    says("return { index = { 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i' } }",
         1, "index wants a list of at most 8 fields");
    says("return { index = 'SIP' }", 1, "index wants a list");
    says("return { index = { '' } }", 1, "index wants a list");
    says("return { index = {\n 'SIP',\n 'SIP' } }", 3, "index has SIP twice");
    says("return { index = { 'Logon' } }", 1, "did you mean Login?");
}

static void how_long_to_keep_has_limits(void **state)
{
    static const struct {
        const char *text;
        int64_t days, size;
    } good[] = {
        {"return {}", 90, 4ll << 30},
        {"return { keep = { days = 1 } }", 1, 4ll << 30},
        {"return { keep = { days = 36500 } }", SETTINGS_DAYS_MAX, 4ll << 30},
        {"return { keep = { size = '16MiB' } }", 90, SETTINGS_SIZE_MIN},
        {"return { keep = { size = '1GiB', days = 7 } }", 7, 1ll << 30},
        {"return { keep = { size = '999999TiB' } }", 90, 999999ll << 40},
    };
    static const char *const bad[] = {
        "'15MiB'", "'0GiB'",  "'GiB'", "'1000000TiB'", "'4 GiB'", "'4GB'",
        "'-1GiB'", "'4GiB '", "''",    "16777216",     "true",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct problems problems = {0};
        struct settings *settings = compiled(good[i].text, &problems);

        assert_int_equal(problems.len, 0);
        assert_int_equal(settings->keep.days, good[i].days);
        assert_int_equal(settings->keep.size, good[i].size);
        settings_free(settings);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *text = alloc_printf("return { keep = {\n size = %s } }", bad[i]);

        says(text, 2, "keep wants a size such as \"500MiB\"");
        free(text);
    }
    says("return { keep = 90 }", 1, "keep wants { days = 90, size");
    says("return { keep = {\n days = 0 } }", 2, "days, 1 to 36500");
    says("return { keep = {\n days = 36501 } }", 2, "days, 1 to 36500");
    says("return { keep = { days = 1.5 } }", 1, "days, 1 to 36500");
    says("return { keep = { hours = 1 } }", 1, "days, 1 to 36500");
}

static void unavailable_actions_are_allowed_by_name(void **state)
{
    struct problems problems = {0};
    struct settings *settings = compiled(
        "return { allow_unavailable = { 'Slack', 'A/B/C' } }", &problems);
    struct plugin slack = {.name = "Slack"}, a = {.name = "A"},
                  ab = {.name = "A/B"}, slacker = {.name = "Slacker"};
    struct action send = {.plugin = &slack, .name = "Send"};
    struct action bc = {.plugin = &a, .name = "B/C"};
    struct action c = {.plugin = &ab, .name = "C"};
    struct action b = {.plugin = &a, .name = "B"};
    struct action other = {.plugin = &slacker, .name = "Send"};

    (void)state;
    assert_true(settings_allows(settings, &send));
    assert_true(settings_allows(settings, &bc));
    assert_true(settings_allows(settings, &c));
    assert_false(settings_allows(settings, &b));
    assert_false(settings_allows(settings, &other));
    settings_free(settings);
}

static void an_unknown_key_names_its_neighbour(void **state)
{
    (void)state;
    says("return {\n  lane = 3 }", 2, "did you mean \"lanes\"?");
    says("return { colour = 'blue' }", 1, "docs/settings.md");
}

static void a_wrong_value_says_what_is_wanted(void **state)
{
    (void)state;
    says("return { lanes = 0 }", 1, "lanes wants a whole number");
    says("return { lanes = 1025 }", 1, "1 to 1024");
    says("return { lanes = '8' }", 1, "lanes");
    says("return { lanes = 1.5 }", 1, "lanes");
    says("return { path = 'bin:/usr/bin' }", 1, "absolute");
    says("return { path = '' }", 1, "path");
    says("return { path = '/usr/bin:' }", 1, "absolute");
    says("return { state = 3 }", 1, "state");
    says("return {\n\n env = { A = 3 } }", 3, "env");
    says("return { env = { A = { ['B C'] = '1' } } }", 1, "variable");
    says("return { env = { A = { PATH = '1' } } }", 1, "PATH");
    says("return { env = { A = { RIPOSTE_STEP = '1' } } }", 1, "RIPOSTE_");
    says("return { env = { A = { B = 'x\\0y' } } }", 1, "text");
    says("return { allow_unavailable = 'Slack' }", 1, "list");
    says("return { allow_unavailable = {\n'a',\n3 } }", 3, "list");
    says("return { 'lanes' }", 1, "table of settings");
}

static void the_lanes_have_limits(void **state)
{
    static const int good[] = {1, 1024};
    char text[40];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct problems problems = {0};
        struct settings *settings;

        snprintf(text, sizeof text, "return { lanes = %d }", good[i]);
        settings = compiled(text, &problems);
        assert_int_equal(problems.len, 0);
        assert_int_equal(settings->lanes, good[i]);
        settings_free(settings);
    }
}

static void all_that_is_wrong_is_said(void **state)
{
    struct problems problems = {0};
    struct settings *settings =
        compiled("return { lanes = 0, path = 1, state = 2, x = 3 }", &problems);

    (void)state;
    assert_int_equal(problems.errors, 4);
    problems_free(&problems);
    settings_free(settings);
}

static void names_are_checked_against_the_catalogue(void **state)
{
    struct problems problems = {0};
    struct plugin slack = {.name = "Slack"};
    struct action send = {.plugin = &slack, .name = "Send"};
    struct plugin *plugins[] = {&slack};
    struct catalogue catalogue = {plugins, 1, 1};
    struct settings *settings = compiled(
        "return { env = { Slak = {}, Slack = {} },\n"
        "allow_unavailable = { 'Slack', 'Slack/Send', 'Slack/Sent' } }",
        &problems);

    (void)state;
    slack.actions = &send;
    slack.nactions = 1;
    settings_check(settings, &catalogue, "riposte.lua", &problems);
    assert_int_equal(problems.errors, 2);
    assert_non_null(strstr(problems.items[0].error.text, "\"Slack\""));
    assert_int_equal(problems.items[1].error.line, 2);
    assert_non_null(strstr(problems.items[1].error.text, "Slack/Sent"));
    problems_free(&problems);
    settings_free(settings);
}

static int64_t every_of(const char *text)
{
    struct problems problems = {0};
    struct settings *settings = compiled(text, &problems);
    const struct settings_verify *verify =
        settings_verify(settings, "Wall", "Block");
    int64_t every = verify ? verify->every : -1;

    assert_int_equal(problems.len, 0);
    settings_free(settings);
    return every;
}

static void the_first_entry_that_fits_says_how_often(void **state)
{
    (void)state;
    assert_int_equal(every_of("return {}"), -1);
    assert_int_equal(every_of("return { verify = {} }"), -1);
    assert_int_equal(every_of("return { verify = { every = '1s' } }"), 1000);
    assert_int_equal(every_of("return { verify = { { every = '31d' } } }"),
                     31LL * 24 * 60 * 60 * 1000);
    assert_int_equal(every_of("return { verify = { restore = true } }"), 0);
    assert_int_equal(every_of("return { verify = {\n"
                              " { action = 'Wall / Block', every = '2s' },\n"
                              " { plugin = 'Wall', every = '3s' } } }"),
                     2000);
    assert_int_equal(every_of("return { verify = {\n"
                              " { action = 'Wall/Blocked', every = '2s' },\n"
                              " { action = 'Wal / l/Block', every = '2s' },\n"
                              " { plugin = 'Wall', every = '3s' } } }"),
                     3000);
    assert_int_equal(every_of("return { verify = {\n"
                              " { plugin = 'Walls', every = '3s' } } }"),
                     -1);
}

static void what_verify_cannot_be_is_said(void **state)
{
    (void)state;
    says("return { verify = true }", 1, "verify wants a list");
    says("return { verify = { {} } }", 1, "verify wants");
    says("return { verify = { { every = '999ms' } } }", 1, "from \"1s\"");
    says("return { verify = { { every = '32d' } } }", 1, "to \"31d\"");
    says("return { verify = { { every = 10 } } }", 1, "from \"1s\"");
    says("return { verify = { { restore = 1 } } }", 1, "true or false");
    says("return { verify = { { restore = false } } }", 1, "or both");
    says("return { verify = { { plugin = 'a', every = '1s', action = 'a/b' } "
         "} }",
         1, "not both");
    says("return { verify = { { plugin = ' ', every = '1s' } } }", 1, "wants");
    says("return {\n verify = { {\n  evry = '1s' } } }", 3,
         "did you mean \"every\"?");
}

static void verify_names_what_can_be_verified(void **state)
{
    struct problems problems = {0};
    struct plugin wall = {.name = "Wall"}, ticket = {.name = "Ticket"};
    struct action undo = {.plugin = &wall, .name = "Unblock"};
    struct action actions[] = {
        {.plugin = &wall, .name = "Block", .undo = &undo, .verify = &undo},
        {.plugin = &wall, .name = "Drop", .undo = &undo},
        {.plugin = &wall, .name = "Note"},
    };
    struct plugin *plugins[] = {&ticket, &wall};
    struct catalogue catalogue = {plugins, 2, 2};
    static const char *const wrong[] = {"did you mean \"Wall / Block\"?",
                                        "has no Verify", "has no Undo",
                                        "\"Wall\"", "of which no action"};
    struct settings *settings =
        compiled("return { verify = { { every = '1s' },\n"
                 "{ action = 'Wall/Block', every = '1s' },\n"
                 "{ plugin = 'Wall', every = '1s' },\n"
                 "{ action = 'Wall / Blok', every = '1s' },\n"
                 "{ action = 'Wall / Drop', every = '1s' },\n"
                 "{ action = 'Wall / Note', restore = true },\n"
                 "{ plugin = 'Wal', every = '1s' },\n"
                 "{ plugin = 'Ticket', every = '1s' } } }",
                 &problems);

    (void)state;
    wall.actions = actions;
    wall.nactions = 3;
    settings_check(settings, &catalogue, "riposte.lua", &problems);
    assert_int_equal(problems.errors, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(problems.items[i].error.line, 4 + i);
        if (!strstr(problems.items[i].error.text, wrong[i]))
            fail_msg("\"%s\" lacks \"%s\"", problems.items[i].error.text,
                     wrong[i]);
    }
    problems_free(&problems);
    settings_free(settings);
}

static void the_manual_lists_every_key(void **state)
{
    FILE *file = fopen("docs/settings.md", "r");
    struct buf text = {0};
    size_t got;

    (void)state;
    assert_non_null(file);
    while ((got = fread(buf_room(&text, 4096), 1, 4096, file)) > 0)
        text.len += got;
    fclose(file);
    buf_add_byte(&text, '\0');
    for (size_t i = 0; i < settings_count; i++) {
        char *heading = alloc_printf("`%s`", settings_table[i].name);

        if (!strstr(text.data, heading))
            fail_msg("docs/settings.md lacks %s", heading);
        free(heading);
    }
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_file_there_are_defaults),
        cmocka_unit_test(every_key_is_taken),
        cmocka_unit_test(fields_of_the_index_are_taken),
        cmocka_unit_test(how_long_to_keep_has_limits),
        cmocka_unit_test(unavailable_actions_are_allowed_by_name),
        cmocka_unit_test(an_unknown_key_names_its_neighbour),
        cmocka_unit_test(a_wrong_value_says_what_is_wanted),
        cmocka_unit_test(the_lanes_have_limits),
        cmocka_unit_test(all_that_is_wrong_is_said),
        cmocka_unit_test(names_are_checked_against_the_catalogue),
        cmocka_unit_test(the_first_entry_that_fits_says_how_often),
        cmocka_unit_test(what_verify_cannot_be_is_said),
        cmocka_unit_test(verify_names_what_can_be_verified),
        cmocka_unit_test(the_manual_lists_every_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
