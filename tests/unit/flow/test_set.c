#include "place.h"

#include "base/addr.h"

#define ECHO_POLICY                                                            \
    "local riposte = require 'riposte'\n"                                      \
    "local echo = riposte.action('Echo', 'Say')\n"                             \
    "return { name = '%s', on = { AlarmRuleName = '%s' },\n"                   \
    "  run = function(alarm) echo { value = alarm.SIP } end }\n"

static int setup(void **state)
{
    struct place *place = ALLOC(struct place);

    place_make(place);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    place_remove(*state);
    free(*state);
    return 0;
}

static void echo(const struct place *place)
{
    place_plugin(place, "echo", "Echo", "Say", "context",
                 "printf '%s' \"$1\"\n");
}

static void policy(const struct place *place, const char *file,
                   const char *name)
{
    char *text = alloc_printf(ECHO_POLICY, name, "rule");

    place_file(place, file, text);
    free(text);
}

static void an_empty_folder_is_a_site(void **state)
{
    struct set *set = place_load(*state);
    struct error error = {0};

    assert_int_equal(set->npolicies, 0);
    assert_int_equal(set->catalogue.len, 0);
    assert_non_null(set_source(set, "sshd", &error));
    assert_non_null(set_source(set, "generic", &error));
    assert_null(set_source(set, "ssh", &error));
    assert_non_null(strstr(error.text, "\"sshd\""));
    set_unref(set);
}

static void a_site_has_to_be_a_folder(void **state)
{
    struct place *place = *state;
    struct problems problems = {0};
    char *path = alloc_printf("%s/none", place->path);

    assert_null(set_load(path, SET_ALL, &problems));
    assert_true(place_said(&problems, "", "--site"));
    problems_free(&problems);
    place_file(place, "none", "");
    assert_null(set_load(path, SET_ALL, &problems));
    assert_true(place_said(&problems, "", "not a folder"));
    problems_free(&problems);
    free(path);
}

static void a_whole_site_is_loaded(void **state)
{
    struct place *place = *state;
    struct error error = {0};
    struct set *set;

    echo(place);
    policy(place, "policies/b.lua", "b-policy");
    policy(place, "policies/a.lua", "z-policy");
    place_file(place, "policies/.#b.lua", "an editor's");
    place_file(place, "policies/notes.txt", "not a policy");
    place_file(place, "policies/lib/util.lua", "return {}");
    place_file(place, "lists/allow.txt", "10.0.0.0/8\nroot\n");
    place_file(place, "riposte.lua", "return { lanes = 5 }");
    set = place_load(place);
    assert_int_equal(set->npolicies, 2);
    assert_string_equal(set->policies[0]->name, "b-policy");
    assert_string_equal(set->policies[1]->file, "policies/a.lua");
    assert_non_null(set_policy(set, "z-policy", &error));
    assert_null(set_policy(set, "a-policy", &error));
    assert_non_null(strstr(error.text, "there is no policy \"a-policy\""));
    assert_int_equal(set->settings->lanes, 5);
    assert_true(set_list_has(set, "allow", str_of("10.1.2.3"), 0));
    assert_true(set_list_has(set, "allow", str_of("root"), 0));
    assert_false(set_list_has(set, "allow", str_of("toor"), 0));
    assert_string_equal(set->gate_site.state, set->settings->state);
    assert_non_null(set_files_find(&set->files, "policies/lib/util.lua"));
    assert_null(set_files_find(&set->files, "policies/.#b.lua"));
    set_unref(set);
}

static void the_hash_is_of_paths_and_bytes(void **state)
{
    struct place *place = *state;
    char first[HASH_HEX];
    struct set *set;

    place_file(place, "lists/a.txt", "x");
    set = place_load(place);
    memcpy(first, set->hash, sizeof first);
    set_unref(set);
    set = place_load(place);
    assert_string_equal(set->hash, first);
    set_unref(set);
    place_file(place, "lists/a.txt", "y");
    set = place_load(place);
    assert_string_not_equal(set->hash, first);
    set_unref(set);
    place_unlink(place, "lists/a.txt");
    place_file(place, "lists/b.txt", "x");
    set = place_load(place);
    assert_string_not_equal(set->hash, first);
    set_unref(set);
}

static void a_set_can_be_built_from_its_files_alone(void **state)
{
    struct place *place = *state;
    struct problems problems = {0};
    struct set_files files = {0};
    struct set *set, *again;

    echo(place);
    policy(place, "policies/a.lua", "a");
    place_file(place, "lists/l.txt", "root");
    set = place_load(place);
    /* In no order, as nobody promises one. */
    for (size_t i = set->files.len; i--;)
        set_files_add(
            &files, set->files.items[i].path,
            (struct str){set->files.items[i].body, set->files.items[i].len});
    place_unlink(place, "policies/a.lua");
    place_unlink(place, "lists/l.txt");
    again = set_build(set->site, &files, SET_ALL, &problems);
    assert_non_null(again);
    assert_string_equal(again->hash, set->hash);
    assert_int_equal(again->npolicies, 1);
    assert_true(set_list_has(again, "l", str_of("root"), 0));
    assert_null(again->catalogue.plugins[0]->actions[0].unavailable);
    set_unref(again);
    set_unref(set);
    problems_free(&problems);
}

static void two_of_one_name_are_refused(void **state)
{
    struct place *place = *state;
    struct problems problems;

    echo(place);
    place_plugin(place, "echo2", "Echo", "Say", "context", "");
    policy(place, "policies/a.lua", "same");
    policy(place, "policies/b.lua", "same");
    place_file(place, "sources/a.lua",
               "return { name = 's', format = 'json', named = true }");
    place_file(place, "sources/b.lua",
               "return { name = 's', format = 'json', named = true }");
    problems = place_broken(place);
    assert_true(place_said(&problems, "policies/b.lua",
                           "policies/a.lua and policies/b.lua"));
    assert_true(place_said(&problems, "sources/b.lua",
                           "sources/a.lua and sources/b.lua"));
    assert_true(place_said(&problems, "plugins/", "two plugins named"));
    problems_free(&problems);
}

static void everything_that_is_wrong_is_said_at_once(void **state)
{
    struct place *place = *state;
    struct problems problems;

    echo(place);
    place_file(place, "riposte.lua", "return {\n lanse = 3 }");
    place_file(place, "policies/a.lua", "\n\nreturn {");
    place_file(place, "policies/b.lua",
               "local riposte = require 'riposte'\n"
               "local echo = riposte.action('Echo', 'Sya')\n");
    place_file(place, "policies/c.lua",
               "local riposte = require 'riposte'\n\n"
               "local none = riposte.list 'none'\n");
    place_file(place, "plugins/bad/actions.xml", "<a>\n<b></a>");
    place_file(place, "sources/s.lua", "return {\n nmae = 's' }");
    place_file(place, "overlays/eco.xml", "<x/>");
    problems = place_broken(place);
    assert_true(place_said(&problems, "riposte.lua:2", "\"lanes\""));
    assert_true(place_said(&problems, "policies/a.lua:3", ""));
    assert_true(place_said(&problems, "policies/b.lua:2", "Say"));
    assert_true(place_said(&problems, "policies/c.lua:3", "none"));
    assert_true(place_said(&problems, "plugins/bad/actions.xml:2", ""));
    assert_true(place_said(&problems, "sources/s.lua", ""));
    assert_true(place_said(&problems, "overlays/eco.xml", "echo.xml?"));
    problems_free(&problems);
}

static void the_site_s_overlay_wins(void **state)
{
    struct place *place = *state;
    struct set *set;

    echo(place);
    place_file(place, "overlays/echo.xml",
               "<Overlay xmlns=\"urn:riposte:overlay:1\">"
               "<Action Name=\"Say\" Timeout=\"7s\"/></Overlay>");
    set = place_load(place);
    assert_int_equal(set->catalogue.plugins[0]->actions[0].timeout, 7000);
    /* It takes the other's place, and does not lie over it. */
    assert_int_equal(set->catalogue.plugins[0]->actions[0].kind,
                     ACTION_REMEDIATION);
    set_unref(set);
}

static void plugins_lie_flat_or_as_bin_and_config(void **state)
{
    static const char manifest[] =
        "<remv1:Remediation-Plugin xmlns:remv1=\"RemediationVersion1.xsd\" "
        "Name=\"Deep\"><remv1:Action Name=\"A\" Command=\"deep.sh\"/>"
        "</remv1:Remediation-Plugin>";
    struct place *place = *state;
    const struct plugin *plugin;
    struct set *set;

    echo(place);
    place_file(place, "plugins/deep/Plugin/config/actions.xml", manifest);
    place_file(place, "plugins/deep/Plugin/bin/deep.sh", "#!/bin/sh\n");
    place_file(place, "plugins/README.md", "");
    place_file(place, "plugins/.git/x", "");
    set = place_load(place);
    assert_int_equal(set->catalogue.len, 2);
    plugin = catalogue_plugin(&set->catalogue, "Deep", NULL);
    assert_non_null(plugin);
    assert_null(plugin->actions[0].unavailable);
    assert_non_null(strstr(plugin->folder, "plugins/deep/Plugin/bin"));
    assert_string_equal(plugin->where,
                        "plugins/deep/Plugin/config/actions.xml");
    set_unref(set);
}

static void a_site_s_source_takes_the_place_of_a_built_in_one(void **state)
{
    struct place *place = *state;
    struct set *set;

    place_file(place, "sources/x.lua",
               "return { name = 'sshd', format = 'json', named = true }");
    set = place_load(place);
    assert_int_equal(source_format(set_source(set, "sshd", NULL)), SOURCE_JSON);
    set_unref(set);
}

static void auto_takes_the_source_that_fits_best(void **state)
{
    struct set *set = place_load(*state);
    const struct source *source;

    source = set_source_for(
        set,
        str_of("Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user x from "
               "192.0.2.1"),
        FORM_ANY);
    assert_non_null(source);
    assert_string_equal(source_name(source), "sshd");
    source = set_source_for(set, str_of("{\"AlarmRuleName\":\"x\"}"), FORM_ANY);
    assert_non_null(source);
    assert_string_equal(source_name(source), "generic");
    assert_null(
        set_source_for(set, str_of("{\"AlarmRuleName\":\"x\"}"), FORM_TEXT));
    assert_null(set_source_for(set, str_of("what is this?"), FORM_ANY));
    assert_null(set_source_for(set, str_of("{}"), FORM_ANY));
    set_unref(set);
}

static void without_policies_their_faults_do_not_matter(void **state)
{
    struct place *place = *state;
    struct problems problems = {0};
    struct set *all, *set;

    echo(place);
    policy(place, "policies/a.lua", "a");
    all = place_load(place);
    set = set_load(place->path, SET_CATALOGUE, &problems);
    assert_non_null(set);
    assert_int_equal(set->npolicies, 0);
    assert_string_equal(set->hash, all->hash);
    set_unref(set);
    set_unref(all);
    place_file(place, "policies/a.lua", "(");
    set = set_load(place->path, SET_CATALOGUE, &problems);
    assert_non_null(set);
    set_unref(set);
    problems_free(&problems);
}

static void a_file_has_a_limit(void **state)
{
    struct place *place = *state;
    struct problems problems;
    struct buf text = {0};
    struct set *set;

    while (text.len < SET_TEXT_MAX)
        buf_add_byte(&text, '-');
    place_write(place, "policies/lib/a.lua", text.data, text.len);
    set = place_load(place);
    assert_non_null(set_files_find(&set->files, "policies/lib/a.lua"));
    set_unref(set);
    place_write(place, "policies/lib/a.lua", text.data, text.len);
    buf_add_byte(&text, '-');
    place_write(place, "policies/lib/a.lua", text.data, text.len);
    problems = place_broken(place);
    assert_true(place_said(&problems, "policies/lib/a.lua", "too large"));
    problems_free(&problems);
    buf_free(&text);
}

static void what_is_no_file_is_no_policy(void **state)
{
    struct place *place = *state;
    struct problems problems;
    char *path;

    place_file(place, "policies/a.lua/x", "");
    path = alloc_printf("%s/policies/b.lua", place->path);
    assert_int_equal(symlink("nowhere", path), 0);
    free(path);
    path = alloc_printf("%s/policies/c.lua", place->path);
    assert_int_equal(mkfifo(path, 0600), 0);
    free(path);
    problems = place_broken(place);
    assert_true(place_said(&problems, "policies/a.lua", ""));
    assert_true(place_said(&problems, "policies/b.lua", "No such file"));
    assert_true(place_said(&problems, "policies/c.lua", "not a regular file"));
    problems_free(&problems);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_empty_folder_is_a_site),
        TEST(a_site_has_to_be_a_folder),
        TEST(a_whole_site_is_loaded),
        TEST(the_hash_is_of_paths_and_bytes),
        TEST(a_set_can_be_built_from_its_files_alone),
        TEST(two_of_one_name_are_refused),
        TEST(everything_that_is_wrong_is_said_at_once),
        TEST(the_site_s_overlay_wins),
        TEST(plugins_lie_flat_or_as_bin_and_config),
        TEST(a_site_s_source_takes_the_place_of_a_built_in_one),
        TEST(auto_takes_the_source_that_fits_best),
        TEST(without_policies_their_faults_do_not_matter),
        TEST(a_file_has_a_limit),
        TEST(what_is_no_file_is_no_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
