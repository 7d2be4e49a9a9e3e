#include "flow/lists.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000 };

static struct lists *with(const char *text)
{
    struct lists *lists = lists_new();
    struct error error = {0};

    assert_int_equal(
        lists_add(lists, "allow", str_of(text), "lists/allow.txt", &error), 0);
    return lists;
}

static bool has(const struct lists *lists, const char *value)
{
    return lists_find(lists, "allow", str_of(value), NOW);
}

static void addresses_are_found_however_they_are_written(void **state)
{
    struct lists *lists = with("192.0.2.7\n2001:DB8:0::1\r\n");

    (void)state;
    assert_true(has(lists, "192.0.2.7"));
    assert_true(has(lists, "::ffff:192.0.2.7"));
    assert_true(has(lists, "2001:db8::1"));
    assert_true(has(lists, "2001:0db8:0000::0001"));
    assert_false(has(lists, "192.0.2.70"));
    assert_false(has(lists, "2001:db8::2"));
    lists_free(lists);
}

static void ranges_hold_what_lies_within(void **state)
{
    struct lists *lists = with("10.0.0.0/8\n192.168.4.0/22\n2001:db8::/33\n");

    (void)state;
    assert_true(has(lists, "10.0.0.0"));
    assert_true(has(lists, "10.255.255.255"));
    assert_false(has(lists, "11.0.0.0"));
    assert_false(has(lists, "9.255.255.255"));
    assert_true(has(lists, "192.168.7.255"));
    assert_false(has(lists, "192.168.8.0"));
    assert_false(has(lists, "192.168.3.255"));
    assert_true(has(lists, "2001:db8:7fff::1"));
    assert_false(has(lists, "2001:db8:8000::1"));
    assert_true(has(lists, "10.1.0.0/16"));
    assert_false(has(lists, "10.0.0.0/7"));
    lists_free(lists);
}

static void the_whole_range_holds_everything(void **state)
{
    struct lists *lists = with("0.0.0.0/0\n");

    (void)state;
    assert_true(has(lists, "255.255.255.255"));
    assert_false(has(lists, "::1"));
    lists_free(lists);
}

static void other_entries_are_bytes(void **state)
{
    struct lists *lists = with("root\nCORP\\svc backup\n10.0.0\nAdmin#1\n");

    (void)state;
    assert_true(has(lists, "root"));
    assert_false(has(lists, "ROOT"));
    assert_false(has(lists, "roo"));
    assert_true(has(lists, "CORP\\svc backup"));
    assert_true(has(lists, "10.0.0"));
    assert_true(has(lists, "Admin#1"));
    assert_false(lists_find(lists, "allow", (struct str){"root\0", 5}, NOW));
    assert_false(has(lists, ""));
    lists_free(lists);
}

static void comments_and_blanks_do_not_count(void **state)
{
    struct lists *lists =
        with("# all of them\n\n  10.0.0.1\t# the scanner\n #x\nlast");

    (void)state;
    assert_true(has(lists, "10.0.0.1"));
    assert_true(has(lists, "last"));
    assert_false(has(lists, "#x"));
    assert_false(has(lists, "# all of them"));
    lists_free(lists);
}

static void an_entry_has_a_limit(void **state)
{
    struct lists *lists = lists_new();
    struct error error = {0};
    struct buf text = {0};

    (void)state;
    buf_add_text(&text, "a\n");
    memset(buf_room(&text, 1025), 'x', 1025);
    text.len += 1024;
    assert_int_equal(
        lists_add(lists, "long", buf_str(&text), "lists/long.txt", &error), 0);
    text.len++;
    assert_int_equal(
        lists_add(lists, "more", buf_str(&text), "lists/more.txt", &error),
        ERROR_LIMIT);
    assert_int_equal(error.line, 2);
    assert_string_equal(error.where, "lists/more.txt");
    assert_false(lists_have(lists, "more"));
    buf_free(&text);
    lists_free(lists);
}

static void what_looks_like_a_range_has_to_be_one(void **state)
{
    static const char *const bad[] = {
        "10.0.0.0/99", "10.0.0.0/33",         "1.2.3.4/",    "10.0.0.0/-1",
        "10.0.0/8",    "300.0.0.0/8",         "10.0.0.0/08", "2001:db8::/129",
        "2001:db8/32", "::ffff:10.0.0.0/129",
    };
    static const char *const good[] = {
        "10.0.0.0/32", "2001:db8::/128", "/etc/passwd", "a/b",
        "cafe.de/8",   "10.0.0.1:80/x",  "24/7",        "http://10.0.0.1/",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct lists *lists = lists_new();
        struct error error = {0};
        struct buf text = {0};

        buf_printf(&text, "# ours\n%s\n10.0.0.1\n", bad[i]);
        assert_int_equal(lists_add(lists, "allow", buf_str(&text),
                                   "lists/allow.txt", &error),
                         ERROR_INVALID);
        assert_string_equal(error.where, "lists/allow.txt");
        assert_int_equal(error.line, 2);
        assert_non_null(strstr(error.text, bad[i]));
        assert_false(lists_have(lists, "allow"));
        buf_free(&text);
        lists_free(lists);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct lists *lists = with(good[i]);

        assert_true(has(lists, good[i]));
        lists_free(lists);
    }
}

static void an_entry_is_utf8_a_comment_may_be_anything(void **state)
{
    struct lists *lists = with("m\xc3\xbcller # m\xfcller\n");
    struct error error = {0};

    (void)state;
    assert_true(has(lists, "m\xc3\xbcller"));
    assert_int_equal(lists_add(lists, "more", str_of("a\nm\xfcller\n"),
                               "lists/more.txt", &error),
                     ERROR_INVALID);
    assert_string_equal(error.where, "lists/more.txt");
    assert_int_equal(error.line, 2);
    assert_false(lists_have(lists, "more"));
    lists_free(lists);
}

static void a_list_that_is_not_there_holds_nothing(void **state)
{
    struct lists *lists = with("");

    (void)state;
    assert_true(lists_have(lists, "allow"));
    assert_false(lists_have(lists, "deny"));
    assert_false(lists_find(lists, "deny", str_of("10.0.0.1"), NOW));
    assert_false(has(lists, "10.0.0.1"));
    lists_free(lists);
}

static void entries_end_at_their_time(void **state)
{
    struct lists *lists = with("192.0.2.7 until=1970-01-01T00:00:01Z # gone\n"
                               "192.0.2.8 until=1970-01-01T00:00:01.001Z\n"
                               "root until=2999-12-31\n"
                               "a b until=2999-12-31\n"
                               "192.0.2.9 until=1970-01-01\n");

    (void)state;
    assert_false(has(lists, "192.0.2.7"));
    assert_true(has(lists, "192.0.2.8"));
    assert_true(has(lists, "root"));
    assert_true(has(lists, "a b"));
    assert_true(has(lists, "192.0.2.9")); /* to the end of the day */
    lists_free(lists);
}

static void of_two_entries_the_later_end_counts(void **state)
{
    struct lists *lists = with("a until=1970-01-01T00:00:00Z\na\n"
                               "b\nb until=1970-01-01T00:00:00Z\n"
                               "c until=2999-12-31\n"
                               "c until=1970-01-01T00:00:00Z\n");

    (void)state;
    assert_true(has(lists, "a"));
    assert_true(has(lists, "b"));
    assert_true(has(lists, "c"));
    lists_free(lists);
}

static void an_end_that_is_no_time_is_an_error(void **state)
{
    static const char *const texts[] = {"x until=soon\n", "until=2027-01-01\n",
                                        "x until=2027-02-30\n",
                                        "x until=2027-01-01T00:00:00\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct lists *lists = lists_new();
        struct error error = {0};

        assert_true(lists_add(lists, "l", str_of(texts[i]), "l.txt", &error) <
                    0);
        assert_int_equal(error.line, 1);
        lists_free(lists);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_end_at_their_time),
        cmocka_unit_test(of_two_entries_the_later_end_counts),
        cmocka_unit_test(an_end_that_is_no_time_is_an_error),
        cmocka_unit_test(addresses_are_found_however_they_are_written),
        cmocka_unit_test(ranges_hold_what_lies_within),
        cmocka_unit_test(the_whole_range_holds_everything),
        cmocka_unit_test(other_entries_are_bytes),
        cmocka_unit_test(comments_and_blanks_do_not_count),
        cmocka_unit_test(an_entry_has_a_limit),
        cmocka_unit_test(what_looks_like_a_range_has_to_be_one),
        cmocka_unit_test(an_entry_is_utf8_a_comment_may_be_anything),
        cmocka_unit_test(a_list_that_is_not_there_holds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
