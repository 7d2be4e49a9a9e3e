#include "flow/settings.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "policy/data.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct settings *compiled(const char *intake, struct problems *problems)
{
    char *text = alloc_printf("return { intake = {\n%s\n} }", intake);
    struct error error = {0};
    struct json_doc *doc = data_parse(str_of(text), "riposte.lua", &error);
    struct settings *settings;

    if (!doc)
        fail_msg("%s", error.text);
    settings =
        settings_compile(json_root(doc), "/site", "riposte.lua", problems);
    json_free(doc);
    free(text);
    return settings;
}

static void says(const char *intake, unsigned line, const char *what)
{
    struct problems problems = {0};
    struct settings *settings = compiled(intake, &problems);

    if (problems.errors != 1)
        fail_msg("%s is taken", intake);
    assert_int_equal(problems.items[0].error.line, line);
    if (!strstr(problems.items[0].error.text, what))
        fail_msg("\"%s\" lacks \"%s\"", problems.items[0].error.text, what);
    problems_free(&problems);
    settings_free(settings);
}

static struct settings *good(const char *intake)
{
    struct problems problems = {0};
    struct settings *settings = compiled(intake, &problems);

    if (problems.len)
        fail_msg("%s", problems.items[0].error.text);
    return settings;
}

static void entries_are_taken(void **state)
{
    struct settings *settings =
        good("{ unix = 'state/a.sock', source = 'generic' },\n"
             "{ unix = '/run/a.sock', source = 'auto', mode = '600' },\n"
             "{ follow = '/var/log/auth.log', source = 'sshd' }");
    const struct intake_entry *items = settings->intake.items;

    (void)state;
    assert_int_equal(settings->intake.len, 3);
    assert_int_equal(items[0].kind, INTAKE_UNIX);
    assert_string_equal(items[0].path, "/site/state/a.sock");
    assert_string_equal(items[0].name, "unix state/a.sock");
    assert_int_equal(items[0].mode, 0660);
    assert_int_equal(items[1].mode, 0600);
    assert_string_equal(items[1].source, "auto");
    assert_int_equal(items[2].kind, INTAKE_FOLLOW);
    assert_string_equal(items[2].path, "/var/log/auth.log");
    assert_int_equal(items[2].line, 4);
    settings_free(settings);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    says("'x'", 2, "wants entries such as");
    says("{ source = 'generic' }", 2, "without any of follow");
    says("{ unix = 'a', follow = 'b', source = 'c' }", 2, "write two");
    says("{ unix = 'a' }", 2, "wants a source for unix a");
    says("{ unix = '', source = 'a' }", 2, "wants a text for unix");
    says("{ unix = 1, source = 'a' }", 2, "wants a text for unix");
    says("{ unix = 'a', source = '' }", 2, "wants a source");
    says("{ unix = 'a', sorce = 'a' }", 2, "did you mean \"source\"");
    says("{ unix = 'a', source = 'a', insecure = true }", 2,
         "insecure without an address");
    says("{ follow = 'a', source = 'a', mode = '0600' }", 2,
         "mode without a UNIX socket");
    says("{ unix = 'a', source = 'a' },\n{ unix = 'a', source = 'b' }", 3,
         "names unix a twice");
    says(
        "{ follow = 'a', source = 'a' },\n{ follow = '/site/a', source = 'a' }",
        3, "twice");
}

static void addresses_are_taken(void **state)
{
    struct settings *settings =
        good("{ syslog_udp = '127.0.0.1:5514', source = 'auto' },\n"
             "{ syslog_tcp = '[::1]:65535', source = 'cef' },\n"
             "{ syslog_tcp = '0.0.0.0:1', source = 'a', insecure = true },\n"
             "{ syslog_tcp = '127.0.0.1:5514', source = 'a' },\n"
             "{ syslog_udp = '127.255.255.255:5514', source = 'a' }");
    const struct intake_entry *items = settings->intake.items;
    const struct sockaddr_in *four = (const void *)&items[0].address;
    const struct sockaddr_in6 *six = (const void *)&items[1].address;

    (void)state;
    assert_int_equal(settings->intake.len, 5);
    assert_int_equal(items[0].kind, INTAKE_SYSLOG_UDP);
    assert_int_equal(four->sin_family, AF_INET);
    assert_int_equal(four->sin_port, htons(5514));
    assert_int_equal(four->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    assert_int_equal(items[1].kind, INTAKE_SYSLOG_TCP);
    assert_int_equal(six->sin6_family, AF_INET6);
    assert_int_equal(six->sin6_port, htons(65535));
    assert_memory_equal(&six->sin6_addr, &in6addr_loopback, 16);
    settings_free(settings);
}

static void an_address_that_is_none_is_refused(void **state)
{
    static const char *const wrong[] = {"127.0.0.1",
                                        "127.0.0.1:",
                                        "127.0.0.1:0",
                                        "127.0.0.1:65536",
                                        "127.0.0.1:-1",
                                        "localhost:5514",
                                        ":5514",
                                        "::1:5514",
                                        "[127.0.0.1]:51",
                                        "[::1:5514",
                                        "[]:5514",
                                        "127.0.0.1:5514 ",
                                        "127.0.0.1:99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *text =
            alloc_printf("{ syslog_tcp = '%s', source = 'a' }", wrong[i]);

        says(text, 2, "wants an address and a port");
        free(text);
    }
}

static void beyond_loopback_the_site_has_to_say_so(void **state)
{
    static const char *const wide[] = {
        "0.0.0.0:1",         "192.0.2.1:1", "[::]:1",         "128.0.0.1:1",
        "126.255.255.255:1", "[::2]:1",     "[2001:db8::1]:1"};

    (void)state;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        char *text = alloc_printf(
            "{ syslog_udp = '%s', source = 'a', insecure = false }", wide[i]);

        says(text, 2, "add insecure = true");
        free(text);
    }
    says("{ syslog_udp = '127.0.0.1:1', source = 'a', insecure = 'yes' }", 2,
         "wants insecure = true");
    says("{ syslog_udp = '127.0.0.1:1', source = 'a' },\n"
         "{ syslog_udp = '127.0.0.1:1', source = 'b' }",
         3, "twice");
}

static void a_mode_lets_nobody_execute(void **state)
{
    static const char *const wrong[] = {"0700", "0661",  "66",   "0888", "",
                                        "rw",   "01666", "1600", "06600"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *text =
            alloc_printf("{ unix = 'a', source = 'a', mode = '%s' }", wrong[i]);

        says(text, 2, "wants a mode in octal digits");
        free(text);
    }
    says("{ unix = 'a', source = 'a', mode = 432 }", 2, "wants a mode");
    settings_free(good("{ unix = 'a', source = 'a', mode = '0666' }"));
}

static char *entries(int count)
{
    struct buf text = {0};

    for (int i = 0; i < count; i++)
        buf_printf(&text, "{ unix = '%d', source = 'a' },", i);
    return buf_take(&text);
}

static void there_are_as_many_as_the_limit(void **state)
{
    char *most = entries(INTAKE_MAX), *more = entries(INTAKE_MAX + 1);

    (void)state;
    settings_free(good(most));
    says(more, 1, "at most 64 entries");
    free(most);
    free(more);
}

static void a_change_is_seen(void **state)
{
    const char *base = "{ unix = 'a', source = 'a' }";
    static const char *const others[] = {
        "",
        "{ unix = 'b', source = 'a' }",
        "{ unix = 'a', source = 'b' }",
        "{ unix = 'a', source = 'a', mode = '600' }",
        "{ follow = 'a', source = 'a' }",
    };
    struct settings *settings = good(base), *same = good(base);

    (void)state;
    assert_true(intake_entries_same(&settings->intake, &same->intake));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct settings *other = good(others[i]);

        assert_false(intake_entries_same(&settings->intake, &other->intake));
        settings_free(other);
    }
    settings_free(settings);
    settings_free(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_taken),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(addresses_are_taken),
        cmocka_unit_test(an_address_that_is_none_is_refused),
        cmocka_unit_test(beyond_loopback_the_site_has_to_say_so),
        cmocka_unit_test(a_mode_lets_nobody_execute),
        cmocka_unit_test(there_are_as_many_as_the_limit),
        cmocka_unit_test(a_change_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
