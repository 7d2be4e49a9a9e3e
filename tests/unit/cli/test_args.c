#include "cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PARSE(args, error, ...)                                                \
    args_parse(args, (char *[]){"riposte", __VA_ARGS__, NULL}, error)

static void options_and_arguments_come_in_any_order(void **state)
{
    struct args args;
    struct error error;

    (void)state;
    assert_int_equal(PARSE(&args, &error, "--json", "a", "--site=x y", "act"),
                     ERROR_INVALID);
    args_free(&args);
    assert_int_equal(PARSE(&args, &error, "--json", "--site", "x y", "act", "A",
                           "-p", "n=v", "B", "--param=m=-w=", "--dry-run"),
                     0);
    assert_string_equal(args.command->name, "act");
    assert_string_equal(args.site, "x y");
    assert_true(args.json);
    assert_false(args.help);
    assert_int_equal(args.len, 2);
    assert_string_equal(args.items[0], "A");
    assert_string_equal(args.items[1], "B");
    assert_null(args.items[2]);
    assert_true(args_has(&args, "--dry-run"));
    assert_false(args_has(&args, "--alarm"));
    assert_null(args_value(&args, "--alarm"));
    args_free(&args);
}

static void a_repeated_option_keeps_every_value_in_order(void **state)
{
    struct args args;
    struct error error;
    const char **values;

    (void)state;
    assert_int_equal(PARSE(&args, &error, "act", "-p", "a=1", "A", "--param",
                           "-b", "B", "-p=c"),
                     0);
    values = args_values(&args, "--param");
    assert_string_equal(values[0], "a=1");
    assert_string_equal(values[1], "-b");
    assert_string_equal(values[2], "c");
    assert_null(values[3]);
    free(values);
    args_free(&args);
}

static void two_dashes_end_the_options(void **state)
{
    struct args args;
    struct error error;

    (void)state;
    assert_int_equal(PARSE(&args, &error, "run", "-", "--", "--json", "--"), 0);
    assert_int_equal(args.len, 3);
    assert_string_equal(args.items[0], "-");
    assert_string_equal(args.items[1], "--json");
    assert_string_equal(args.items[2], "--");
    assert_false(args.json);
    assert_string_equal(args.site, ".");
    args_free(&args);
}

static void a_command_of_two_words_is_found(void **state)
{
    struct args args;
    struct error error;

    (void)state;
    assert_int_equal(
        PARSE(&args, &error, "plugin", "--json", "check", "a", "b"), 0);
    assert_string_equal(args.command->name, "plugin check");
    assert_int_equal(args.len, 2);
    args_free(&args);
    /* An option's value is no command. */
    assert_int_equal(PARSE(&args, &error, "--site", "run", "check"), 0);
    assert_string_equal(args.command->name, "check");
    args_free(&args);
}

static void nothing_at_all_is_no_error(void **state)
{
    char *none[] = {"riposte", NULL};
    struct args args;
    struct error error;

    (void)state;
    assert_int_equal(args_parse(&args, none, &error), 0);
    assert_null(args.command);
    args_free(&args);
    assert_int_equal(PARSE(&args, &error, "-h", "act"), 0);
    assert_true(args.help);
    assert_string_equal(args.command->name, "act");
    args_free(&args);
    assert_int_equal(PARSE(&args, &error, "--version"), 0);
    assert_true(args.version);
    args_free(&args);
}

static void help_is_a_word_too(void **state)
{
    struct args args;
    struct error error;

    (void)state;
    assert_int_equal(PARSE(&args, &error, "help"), 0);
    assert_true(args.help);
    assert_null(args.command);
    args_free(&args);
    assert_int_equal(PARSE(&args, &error, "help", "act"), 0);
    assert_true(args.help);
    assert_string_equal(args.command->name, "act");
    assert_int_equal(args.len, 0);
    args_free(&args);
    assert_int_equal(PARSE(&args, &error, "--json", "help", "plugin", "check"),
                     0);
    assert_true(args.help);
    assert_string_equal(args.command->name, "plugin check");
    args_free(&args);
    /* Only in front. */
    assert_int_equal(PARSE(&args, &error, "run", "help"), 0);
    assert_false(args.help);
    assert_string_equal(args.items[0], "help");
    args_free(&args);
}

/* The words may not hold a NULL, so the list ends with it. */
static void refuses(const char *text, const char *const *words)
{
    char *argv[8] = {"riposte"};
    struct args args;
    struct error error = {0};

    for (size_t i = 0; words[i]; i++)
        argv[i + 1] = (char *)words[i];
    assert_int_equal(args_parse(&args, argv, &error), ERROR_INVALID);
    if (!strstr(error.text, text))
        fail_msg("\"%s\" does not say \"%s\"", error.text, text);
    args_free(&args);
}
#define REFUSES(text, ...) refuses(text, (const char *[]){__VA_ARGS__, NULL})

static void errors_name_what_is_near(void **state)
{
    (void)state;
    REFUSES("unknown command \"chekc\"; did you mean \"check\"?", "chekc");
    REFUSES("unknown command \"zzzzzz\"; riposte --help", "zzzzzz");
    REFUSES("\"secret\" is half a command; it goes on with one of set, list, "
            "remove",
            "secret");
    REFUSES("unknown command \"secret lsit\"; secret has set, list, remove",
            "secret", "lsit");
    REFUSES("unknown option \"--polcy\"; did you mean --policy?", "run",
            "--polcy", "x");
    REFUSES("unknown option \"--polcy\"; did you mean --policy?", "run",
            "--polcy=x");
    REFUSES("unknown option \"--jsn\"; did you mean --json?", "--jsn");
    /* Another command's option is none of this one's. */
    REFUSES("unknown option \"--follow\"", "run", "--follow", "x");
    REFUSES("unknown option \"--follow\"", "--follow", "x");
    REFUSES("unknown command \"chekc\"; did you mean \"check\"?", "help",
            "chekc");
}

static void says_only(const char *text, char **argv)
{
    struct args args;
    struct error error = {0};

    assert_int_equal(args_parse(&args, argv, &error), ERROR_INVALID);
    assert_string_equal(error.text, text);
    args_free(&args);
}

static void a_letter_is_near_to_nothing(void **state)
{
    (void)state;
    says_only("unknown option \"-x\"",
              (char *[]){"riposte", "act", "-x", NULL});
    says_only("unknown option \"-x\"",
              (char *[]){"riposte", "act", "-x=1", NULL});
    says_only("unknown option \"-P\"", (char *[]){"riposte", "-P", NULL});
    says_only("unknown option \"-pp\"; did you mean -p?",
              (char *[]){"riposte", "act", "-pp", NULL});
}

static void wrong_numbers_are_refused(void **state)
{
    (void)state;
    REFUSES("it takes FILE", "plugin", "import");
    REFUSES("one argument too many: \"C\"", "act", "A", "B", "C");
    REFUSES("one argument too many: \"x\"", "check", "x");
    REFUSES("--source needs a value", "run", "--source");
    REFUSES("--site needs a value: --site DIR", "check", "--site=");
    REFUSES("--site needs a value: --site DIR", "check", "--site", "");
    REFUSES("--source is given twice", "run", "--source=a", "--source", "b");
    REFUSES("--json takes no value", "check", "--json=yes");
}

static void check_option(const struct command *command,
                         const struct option *option)
{
    assert_int_equal(strncmp(option->name, "--", 2), 0);
    assert_non_null(option->help);
    for (size_t i = 0; commands[i]; i++)
        for (const struct option *other = commands[i]->options;
             other && other->name; other++)
            if (!strcmp(other->name, option->name) ||
                (other->alias && option->alias &&
                 !strcmp(other->alias, option->alias)))
                assert_int_equal(!other->value, !option->value);
    for (const struct option *global = global_options; global->name; global++)
        if (command)
            assert_string_not_equal(global->name, option->name);
}

static void the_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; commands[i]; i++) {
        const struct command *command = commands[i];

        assert_true(command->run || command->desk);
        assert_non_null(command->arguments);
        assert_true(command->min_args <= command->max_args);
        assert_true(command->min_args == 0 || command->arguments[0]);
        for (const struct option *option = command->options;
             option && option->name; option++)
            check_option(command, option);
    }
}

/* The manual, as tests are run from the project's root. */
static char *manual(void)
{
    static char text[64 * 1024];
    FILE *file = fopen("docs/commands.md", "r");
    size_t len;

    assert_non_null(file);
    len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static void mentions(const char *text, const char *format, const char *name)
{
    char wanted[128];

    snprintf(wanted, sizeof wanted, format, name);
    if (!strstr(text, wanted))
        fail_msg("docs/commands.md lacks %s", wanted);
}

static void the_manual_has_every_command_and_option(void **state)
{
    const char *text = manual();

    (void)state;
    for (size_t i = 0; commands[i]; i++) {
        mentions(text, "## riposte %s", commands[i]->name);
        for (const struct option *option = commands[i]->options;
             option && option->name; option++)
            mentions(text, "`%s", option->name);
    }
    for (const struct option *option = global_options; option->name; option++)
        mentions(text, "`%s", option->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_come_in_any_order),
        cmocka_unit_test(a_repeated_option_keeps_every_value_in_order),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(a_command_of_two_words_is_found),
        cmocka_unit_test(nothing_at_all_is_no_error),
        cmocka_unit_test(help_is_a_word_too),
        cmocka_unit_test(errors_name_what_is_near),
        cmocka_unit_test(a_letter_is_near_to_nothing),
        cmocka_unit_test(wrong_numbers_are_refused),
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(the_manual_has_every_command_and_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
