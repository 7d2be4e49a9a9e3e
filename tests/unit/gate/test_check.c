#include "gate/check.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char value_name[] = "Value";

/* The rule that refuses the value, or NULL. */
static const char *rule_for(struct param param, struct value value,
                            struct error *error)
{
    struct action action = {.params = &param, .nparams = 1};
    struct values values = {.items = &value, .len = 1};
    const char *rule = NULL;
    int code;

    param.name = value_name;
    memset(error, 0, sizeof *error);
    code = check_values(&action, &values, &rule, error);
    assert_int_equal(code < 0, rule != NULL);
    if (rule)
        assert_non_null(strstr(error->text, "\"Value\""));
    return rule;
}

static struct value value_of(char *text)
{
    return (struct value){.text = text, .len = strlen(text), .given = true};
}

static void each_rule_refuses(void **state)
{
    struct error error;
    char longest[ARGV_VALUE_MAX + 2] = "";
    struct value preset = value_of("-T4");

    (void)state;
    assert_null(rule_for((struct param){0}, value_of(""), &error));
    assert_string_equal(
        rule_for((struct param){.required = true}, value_of(""), &error),
        RULE_REQUIRED);
    assert_string_equal(
        rule_for((struct param){.type = TYPE_IP}, value_of("x"), &error),
        RULE_TYPE);
    assert_non_null(strstr(error.text, "is no IP address: \"x\""));
    assert_string_equal(rule_for((struct param){0}, value_of("-T4"), &error),
                        RULE_DASH);
    assert_string_equal(rule_for((struct param){0}, value_of("-"), &error),
                        RULE_DASH);
    assert_null(
        rule_for((struct param){.dash = true}, value_of("-T4"), &error));
    preset.preset = true;
    assert_null(rule_for((struct param){0}, preset, &error));
    memset(longest, 'a', ARGV_VALUE_MAX);
    assert_null(rule_for((struct param){0}, value_of(longest), &error));
    longest[ARGV_VALUE_MAX] = 'a';
    assert_string_equal(rule_for((struct param){0}, value_of(longest), &error),
                        RULE_LIMIT);
}

static void constants_are_not_checked(void **state)
{
    struct error error;

    (void)state;
    assert_null(rule_for(
        (struct param){.constant = true, .required = true, .type = TYPE_IP},
        value_of(""), &error));
}

static void messages_show_no_secret_and_no_flood(void **state)
{
    struct error error;
    char flood[201] = "";

    (void)state;
    rule_for((struct param){.type = TYPE_IP, .encrypted = true},
             value_of("hunter2"), &error);
    assert_null(strstr(error.text, "hunter2"));
    memset(flood, 'x', 200);
    rule_for((struct param){.type = TYPE_IP}, value_of(flood), &error);
    assert_true(strlen(error.text) < 150);
    rule_for((struct param){.type = TYPE_IP}, value_of("a\x1b[2J\nb"), &error);
    assert_null(strchr(error.text, '\x1b'));
    assert_null(strchr(error.text, '\n'));
}

static void canonical(enum value_type type, const char *text, const char *want)
{
    struct buf buf = {0};

    check_canonical(type, str_of(text), &buf);
    assert_string_equal(buf.data ? buf.data : "", want);
    buf_free(&buf);
}

static void values_have_one_form(void **state)
{
    (void)state;
    canonical(TYPE_IP, "::FFFF:192.0.2.7", "192.0.2.7");
    canonical(TYPE_IP, "2001:DB8:0::1", "2001:db8::1");
    canonical(TYPE_CIDR, "10.1.2.3/8", "10.0.0.0/8");
    canonical(TYPE_CIDR, "10.1.2.3/32", "10.1.2.3");
    canonical(TYPE_HOST, "Web1.Example.COM.", "web1.example.com");
    canonical(TYPE_HOST, "192.0.2.7", "192.0.2.7");
    canonical(TYPE_USER, "EXAMPLE\\Alice", "example\\alice");
    canonical(TYPE_EMAIL, "A@Example.com", "a@example.com");
    canonical(TYPE_TEXT, "As It Is", "As It Is");
    canonical(TYPE_UNTYPED, "As It Is", "As It Is");
    canonical(TYPE_IP, "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_refuses),
        cmocka_unit_test(constants_are_not_checked),
        cmocka_unit_test(messages_show_no_secret_and_no_flood),
        cmocka_unit_test(values_have_one_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
