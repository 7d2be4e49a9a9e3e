#include "plugin_help.h"

#include <stdio.h>

static void test_words(void **state)
{
    struct words words = {0};

    (void)state;
    words_add(&words, "a b");
    words_add(&words, "");
    assert_int_equal(words.len, 2);
    assert_string_equal(words.items[0], "a b");
    assert_string_equal(words.items[1], "");
    words_free(&words);
    assert_int_equal(words.len, 0);
    assert_null(words.items);
}

static void add(struct catalogue *catalogue, const char *name)
{
    struct error error;
    struct plugin *plugin =
        plugin_named(name, "<Action Name='A' Command='c'/>", name);

    assert_int_equal(catalogue_add(catalogue, plugin, &error), 0);
}

static void test_sorted(void **state)
{
    struct catalogue catalogue = {0};
    char name[32];

    (void)state;
    for (int i = 0; i < 20; i++) { /* 7 and 20 have no common divisor */
        snprintf(name, sizeof name, "p%02d", i * 7 % 20);
        add(&catalogue, name);
    }
    assert_int_equal(catalogue.len, 20);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "p%02d", i);
        assert_string_equal(catalogue.plugins[i]->name, name);
        assert_ptr_equal(catalogue_plugin(&catalogue, name, NULL),
                         catalogue.plugins[i]);
    }
    catalogue_free(&catalogue);
    assert_int_equal(catalogue.len, 0);
}

static void test_two_of_one_name(void **state)
{
    struct catalogue catalogue = {0};
    struct error error;

    (void)state;
    add(&catalogue, "Same");
    assert_int_equal(
        catalogue_add(
            &catalogue,
            plugin_named(" Same ", "<Action Name='A' Command='c'/>", "/other"),
            &error),
        ERROR_INVALID);
    assert_string_equal(error.text,
                        "two plugins named \"Same\": Same and /other; "
                        "remove one");
    assert_int_equal(catalogue.len, 1);
    add(&catalogue, "same"); /* names are exact */
    catalogue_free(&catalogue);
}

static void test_plugin_not_found(void **state)
{
    struct catalogue catalogue = {0};
    struct error error;

    (void)state;
    assert_null(catalogue_plugin(&catalogue, "x", &error));
    assert_int_equal(error.code, ERROR_NOT_FOUND);
    assert_string_equal(error.text, "no plugin \"x\" in the catalogue");
    add(&catalogue, "Host Firewall");
    assert_non_null(catalogue_plugin(&catalogue, " Host Firewall\n", &error));
    assert_null(catalogue_plugin(&catalogue, "host firewal", &error));
    assert_non_null(strstr(error.text, "did you mean \"Host Firewall\"?"));
    assert_null(catalogue_plugin(&catalogue, "Ticket", &error));
    assert_non_null(strstr(error.text, "known: \"Host Firewall\""));
    catalogue_free(&catalogue);
}

static void test_action(void **state)
{
    struct plugin *plugin =
        plugin_of("<Action Name='Block address' Command='c'/>"
                  "<Action Name='Unblock' Command='c'/>");
    struct error error;

    (void)state;
    assert_ptr_equal(plugin_action(plugin, " Unblock ", &error),
                     plugin->actions + 1);
    assert_null(plugin_action(plugin, "unblock", &error));
    assert_non_null(strstr(error.text, "did you mean \"Unblock\"?"));
    assert_non_null(strstr(error.text, "in P"));
    plugin_free(plugin);
}

static void test_param(void **state)
{
    struct plugin *plugin = plugin_of(
        "<Action Name='A' Command='c'>"
        "<ConstantParameter Name='Script' Switch='x'/>"
        "<StringParameter Name='Host IP To Quarantine'/>"
        "<StringParameter Name='user_name'/>"
        "<StringParameter Name='User Name'/>"
        "<StringParameter Name='Twice'/><StringParameter Name='twice!'/>"
        "<StringParameter/></Action>");
    const struct action *a = plugin->actions;
    struct error error;

    (void)state;
    assert_ptr_equal(action_param(a, "Host IP To Quarantine", &error),
                     a->params + 1);
    assert_ptr_equal(action_param(a, "host_ip_to_quarantine", &error),
                     a->params + 1);
    assert_int_equal(action_index(a, a->params + 1), 1);
    assert_ptr_equal(action_param(a, "user_name", &error), a->params + 2);
    assert_ptr_equal(action_param(a, "User Name", &error), a->params + 3);
    assert_ptr_equal(action_param(a, "twice!", &error), a->params + 5);
    assert_null(action_param(a, "twice", &error));
    assert_null(action_param(a, "Script", &error)); /* no input */
    assert_null(action_param(a, "", &error));       /* the nameless one */
    assert_null(action_param(a, "usr_name", &error));
    assert_non_null(strstr(error.text, "did you mean \"user_name\"?"));
    assert_non_null(strstr(error.text, "\"Host IP To Quarantine\""));
    assert_null(strstr(error.text, "Script"));
    plugin_free(plugin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_sorted),
        cmocka_unit_test(test_two_of_one_name),
        cmocka_unit_test(test_plugin_not_found),
        cmocka_unit_test(test_action),
        cmocka_unit_test(test_param),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
