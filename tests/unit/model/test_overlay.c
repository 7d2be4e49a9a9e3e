#include "plugin_help.h"

#include <glob.h>
#include <stdio.h>

static struct problems problems;
static struct plugin *plugin;

static int teardown(void **state)
{
    (void)state;
    problems_free(&problems);
    plugin_free(plugin);
    plugin = NULL;
    return 0;
}

static const char manifest[] =
    "<Action Name='Block address' Command='c'>"
    "<ConstantParameter Name='Script' Switch='x.sh'/>"
    "<StringParameter Name='Address'/>"
    "<StringParameter Name='Reason' Switch='-r'/>"
    "<EncryptedParameter><StringParameter Name='API key'/>"
    "</EncryptedParameter></Action>"
    "<Action Name='Unblock address' Command='c'>"
    "<StringParameter Name='Address'/>"
    "<StringParameter Name='Note'><DefaultInput><StaticInput Value='n'/>"
    "</DefaultInput></StringParameter></Action>"
    "<Action Name='Is blocked' Command='c'>"
    "<StringParameter Name='Address'/></Action>"
    "<Action Name='Purge' Command='c'><StringParameter Name='Days'/>"
    "</Action>";

#define OPEN "<Overlay xmlns='urn:riposte:overlay:1'>"
#define CLOSE "</Overlay>"

static int apply(const char *xml)
{
    teardown(NULL);
    plugin = plugin_of(manifest);
    return overlay_apply(plugin, str_of(xml), "riposte.xml", &problems);
}

/* Attributes of the action "Block address", and its content. */
static int apply_action(const char *attrs, const char *inside)
{
    char *xml = alloc_printf(OPEN "<Action Name='Block address' %s>%s"
                                  "</Action>" CLOSE,
                             attrs, inside);
    int code = apply(xml);

    free(xml);
    return code;
}

static int apply_param(const char *name, const char *attrs)
{
    char *xml = alloc_printf("<Parameter Name='%s' %s/>", name, attrs);
    int code = apply_action("", xml);

    free(xml);
    return code;
}

static void good(int code)
{
    if (code)
        fail_msg("%s", problems.items[0].error.text);
    assert_int_equal(problems.len, 0);
}

/* Exactly one error, with this part. */
static void bad(int code, const char *part)
{
    assert_int_equal(code, ERROR_INVALID);
    assert_int_equal(problems.len, 1);
    assert_int_equal(problems.errors, 1);
    if (!strstr(problems.items[0].error.text, part))
        fail_msg("\"%s\" lacks \"%s\"", problems.items[0].error.text, part);
    assert_string_equal(problems.items[0].error.where, "riposte.xml");
    assert_int_equal(problems.items[0].error.line, 1);
    assert_true(problems.items[0].error.column > 0);
}

static void test_whole(void **state)
{
    const struct action *a;

    (void)state;
    good(apply(
        "<?xml version='1.0'?><!-- ours -->\n" OPEN
        "<Action Name=' Block address ' Kind='remediation' Timeout='20s' "
        "Grace='500ms' Undo='Unblock address' Verify='Is blocked' "
        "Target='Address' Stderr='warning' Success='0, 3 255' "
        "Concurrency='2' Profile='network' Empty='omit'>"
        "<Parameter Name='address' Type='ip' Required='true' Dash='false'/>"
        "<Parameter Name='Reason' Type='text' Min='0' Max='200' "
        "Dash='true'/>"
        "<Parameter Name='API key' Via='env:FW_API_KEY'/></Action>"
        "<Action Name='Is blocked' Kind='context'/>" CLOSE));
    a = plugin->actions;
    assert_int_equal(a->kind, ACTION_REMEDIATION);
    assert_int_equal(a->timeout, 20000);
    assert_int_equal(a->grace, 500);
    assert_ptr_equal(a->undo, a + 1);
    assert_ptr_equal(a->verify, a + 2);
    assert_int_equal(a->target, 1);
    assert_false(a->stderr_fails);
    assert_int_equal(a->nsuccess, 3);
    assert_int_equal(a->success[1], 3);
    assert_int_equal(a->success[2], 255);
    assert_int_equal(a->concurrency, 2);
    assert_string_equal(a->profile, "network");
    assert_true(a->empty_omitted);
    assert_int_equal(a->params[1].type, TYPE_IP);
    assert_true(a->params[1].required);
    assert_false(a->params[1].dash);
    assert_true(a->params[2].dash);
    assert_true(a->params[2].has_min && a->params[2].has_max);
    assert_int_equal(a->params[2].max, 200);
    assert_int_equal(a->params[3].via, VIA_ENV);
    assert_string_equal(a->params[3].via_name, "FW_API_KEY");
    assert_int_equal(a[1].target, 0); /* inherited by name */
    assert_int_equal(a[2].target, 0);
    assert_int_equal(a[2].kind, ACTION_CONTEXT);
    assert_int_equal(a[3].target, -1);
}

static void test_types(void **state)
{
    (void)state;
    for (int i = 1; i < TYPE_COUNT; i++) {
        char *attrs = alloc_printf("Type='%s' %s", type_names[i],
                                   i == TYPE_ENUM ? "Values='a, b c'" : "");

        good(apply_param("Reason", attrs));
        assert_int_equal(plugin->actions->params[2].type, i);
        free(attrs);
    }
    good(apply_param("Reason", "Type='enum' Values='a, b c'"));
    assert_int_equal(plugin->actions->params[2].values.len, 3);
    assert_string_equal(plugin->actions->params[2].values.items[1], "b");
    bad(apply_param("Reason", "Type='untyped'"), "untyped");
    bad(apply_param("Reason", "Type='IP'"), "did you mean \"ip\"?");
    bad(apply_param("Reason", "Type='number'"), "must be one of text ip");
}

static void test_documents(void **state)
{
    (void)state;
    bad(apply("<a/>"), "no overlay");
    bad(apply("<Overlay/>"), "no overlay");
    bad(apply(OPEN), "ill-formed XML");
    bad(apply("<!DOCTYPE a>" OPEN CLOSE), "DOCTYPE");
    bad(apply("<Overlay xmlns='urn:riposte:overlay:1' v='2'/>"),
        "unknown attribute \"v\"");
    bad(apply(OPEN "<Actoin/>" CLOSE), "did you mean \"Action\"?");
    bad(apply(OPEN "<Action/>" CLOSE), "Action without Name");
    bad(apply(OPEN "<Action Name='Block adress'/>" CLOSE),
        "did you mean \"Block address\"?");
    bad(apply(OPEN "<Action Name='Purge'/><Action Name='Purge '/>" CLOSE),
        "a second Action \"Purge \"");
    bad(apply_action("kind='context'", ""), "did you mean \"Kind\"?");
    bad(apply_action("", "<Param/>"), "unknown element \"Param\"");
    bad(apply_action("", "<Parameter/>"), "Parameter without Name");
    bad(apply_action("", "text"), "text inside Action");
    bad(apply_action("", "<Parameter Name='Reason'/>"
                         "<Parameter Name='Reason' Dash='true'/>"),
        "a second Parameter");
    bad(apply_action("", "<Parameter Name='Reason'><a/></Parameter>"),
        "unknown element \"a\"");
    bad(apply_param("Adress", ""), "did you mean \"Address\"?");
    bad(apply_param("Script", ""), "no parameter \"Script\"");
    bad(apply_param("Reason", "Typ='ip'"), "did you mean \"Type\"?");
    good(apply(OPEN CLOSE));
}

static void test_action_values(void **state)
{
    (void)state;
    bad(apply_action("Kind='remedation'", ""), "did you mean \"remediation\"?");
    bad(apply_action("Timeout='20'", ""), "must be a duration");
    bad(apply_action("Timeout='0s'", ""), "must be a duration");
    good(apply_action("Timeout='24h'", ""));
    bad(apply_action("Timeout='1441m'", ""), "at most 1440m");
    good(apply_action("Timeout='1ms'", ""));
    good(apply_action("Grace='10m'", ""));
    bad(apply_action("Grace='601s'", ""), "at most 10m");
    good(apply_action("Concurrency='1'", ""));
    good(apply_action("Concurrency='64'", ""));
    bad(apply_action("Concurrency='0'", ""), "from 1 to 64");
    bad(apply_action("Concurrency='65'", ""), "from 1 to 64");
    bad(apply_action("Concurrency='2 '", ""), "from 1 to 64");
    bad(apply_action("Success='256'", ""), "from 0 to 255");
    bad(apply_action("Success='-1'", ""), "from 0 to 255");
    bad(apply_action("Success=' , '", ""), "lists no exit status");
    bad(apply_action("Stderr='ok'", ""), "must be one of warning fail");
    bad(apply_action("Empty='skip'", ""), "must be one of keep omit");
    bad(apply_action("Profile=''", ""), "must not be empty");
    bad(apply_action("Target='Adress'", ""), "did you mean \"Address\"?");
    bad(apply_action("Target='Script'", ""), "no parameter \"Script\"");
    good(apply_action("Target='api_key'", ""));
}

static void test_links(void **state)
{
    (void)state;
    bad(apply_action("Undo='Unblock'", ""), "no action \"Unblock\" in P");
    bad(apply_action("Undo='Block address'", ""), "cannot be its own");
    bad(apply_action("Verify='Purge'", ""),
        "Verify=\"Purge\" needs a parameter \"Days\"");
    bad(apply_action("Kind='context' Undo='Unblock address'", ""),
        "Undo is for remediations");
    /* Note has a default, so its absence in Block address is no error. */
    good(apply_action("Undo='Unblock address'", ""));
    assert_int_equal(plugin->actions[1].target, -1);
    good(apply(OPEN "<Action Name='Unblock address' Target='Note'/>"
                    "<Action Name='Block address' Undo='Unblock address' "
                    "Target='Address'/>" CLOSE));
    assert_int_equal(plugin->actions[1].target, 1); /* its own wins */
}

static void test_param_values(void **state)
{
    (void)state;
    bad(apply_param("Reason", "Required='yes'"), "must be one of false true");
    bad(apply_param("Reason", "Dash='1'"), "must be one of false true");
    good(apply_param("Reason", "Type='int' Min='-9223372036854775808'"));
    bad(apply_param("Reason", "Type='int' Min='-9223372036854775809'"),
        "must be a whole number");
    bad(apply_param("Reason", "Type='int' Max='1.5'"), "whole number");
    good(apply_param("Reason", "Type='port' Min='1' Max='1'"));
    bad(apply_param("Reason", "Type='port' Min='2' Max='1'"),
        "Min is greater than Max");
    bad(apply_param("Reason", "Max='1'"), "Min and Max are for");
    bad(apply_param("Reason", "Type='ip' Min='1'"), "Min and Max are for");
    bad(apply_param("Reason", "Type='enum'"), "needs Values");
    bad(apply_param("Reason", "Type='text' Values='a'"),
        "Values are for the type enum");
    bad(apply_param("Address", "Type='flag'"), "needs a Switch");
    bad(apply_param("Reason", "Type='flag' Via='stdin'"), "not for Via");
}

static void test_via(void **state)
{
    static const char *const refused[] = {
        "env",   "env:",  "env:1A", "env:A B", "env:A=B",
        "env:Ä", "ENV:A", "stdin ", "file",    "",
    };
    static const char *const reserved[] = {
        "env:PATH",     "env:LANG",       "env:RIPOSTE_STEP",
        "env:TMPDIR",   "env:LD_PRELOAD", "env:BASH_ENV",
        "env:LUA_INIT", "env:PYTHONPATH", "env:PERL5OPT",
    };

    (void)state;
    good(apply_param("Reason", "Via='stdin'"));
    assert_int_equal(plugin->actions->params[2].via, VIA_STDIN);
    good(apply_param("Reason", "Via='env:_a1'"));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char *attrs = alloc_printf("Via='%s'", refused[i]);

        bad(apply_param("Reason", attrs), "must be stdin or env:NAME");
        free(attrs);
    }
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        char *attrs = alloc_printf("Via='%s'", reserved[i]);

        bad(apply_param("Reason", attrs), "reserved");
        free(attrs);
    }
    bad(apply_action("", "<Parameter Name='Reason' Via='stdin'/>"
                         "<Parameter Name='Address' Via='stdin'/>"),
        "\"Address\" and \"Reason\" have the same Via");
    bad(apply_action("", "<Parameter Name='Reason' Via='env:A'/>"
                         "<Parameter Name='Address' Via='env:A'/>"),
        "have the same Via");
    good(apply_action("", "<Parameter Name='Reason' Via='env:A'/>"
                          "<Parameter Name='Address' Via='env:B'/>"));
}

static void test_all_reported(void **state)
{
    (void)state;
    assert_int_equal(apply(OPEN "<Action Name='Nope'/>\n"
                                "<Action Name='Purge' Kind='x' Empty='y'>\n"
                                "<Parameter Name='z'/></Action>" CLOSE),
                     ERROR_INVALID);
    assert_int_equal(problems.errors, 4);
    assert_int_equal(problems.items[3].error.line, 3);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = alloc_zeroed(1, 65536);

    assert_non_null(file);
    assert_in_range(fread(text, 1, 65535, file), 1, 65534);
    fclose(file);
    return text;
}

static void test_shipped(void **state)
{
    glob_t found = {0};

    (void)state;
    assert_int_equal(glob("plugins/*/riposte.xml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        char *folder = alloc_copy(path, (size_t)(strrchr(path, '/') - path));
        char *beside = alloc_printf("%s/actions.xml", folder);
        char *overlay = read_file(path);
        char *xml = read_file(beside);

        teardown(NULL);
        plugin = manifest_parse(str_of(xml), beside, folder, &problems);
        assert_non_null(plugin);
        overlay_apply(plugin, str_of(overlay), path, &problems);
        if (problems.len)
            fail_msg("%s", problems.items[0].error.text);
        free(folder);
        free(beside);
        free(overlay);
        free(xml);
    }
    globfree(&found);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_whole),     TEST(test_types),
        TEST(test_documents), TEST(test_action_values),
        TEST(test_links),     TEST(test_param_values),
        TEST(test_via),       TEST(test_all_reported),
        TEST(test_shipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
