#include "on.h"

#include "base/buf.h"
#include "model/json_out.h"
#include "policy/explain.h"

#include <stdlib.h>
#include <string.h>

/* Why each kind of condition does not hold: "TABLE: KEY CONDITION TEST VALUE
 * [VALUES]" a line. */

static void put_value(struct buf *buf, const struct json *value)
{
    struct json_out out = {.buf = buf};

    if (value)
        json_put_value(&out, value);
    else
        buf_add_byte(buf, '-');
}

static void put_failure(struct buf *buf, size_t table,
                        const struct explain_failure *failure)
{
    buf_printf(buf, "%zu: %.*s ", table, (int)failure->written->key.len,
               failure->written->key.data);
    put_value(buf, failure->written);
    buf_printf(buf, " %s ", failure->test ? failure->test : "-");
    put_value(buf, failure->value);
    buf_add_text(buf, " [");
    for (size_t i = 0; i < failure->len; i++) {
        buf_add_text(buf, i ? "," : "");
        put_value(buf, failure->values[i]);
    }
    buf_printf(buf, "]%s\n", failure->error ? " !" : "");
}

static char *why(const char *on, const char *text)
{
    struct json_doc *doc = parsed(on), *fields = parsed(text);
    struct alarm alarm = alarm_of(fields);
    struct explained explained;
    struct error error = {0};
    struct buf buf = {0};

    if (explain_on(json_root(doc), &alarm, "test", &explained, &error) < 0)
        fail_msg("%s: %s", on, error.text);
    if (explained.matched)
        buf_add_text(&buf, "matched\n");
    for (size_t i = 0; i < explained.len; i++)
        for (size_t j = 0; j < explained.tables[i].len; j++)
            put_failure(&buf, i + 1, &explained.tables[i].failures[j]);
    explained_clear(&explained);
    json_free(doc);
    json_free(fields);
    return buf_take(&buf);
}

static void because(const char *on, const char *alarm, const char *want)
{
    char *got = why(on, alarm);

    assert_string_equal(got, want);
    free(got);
}

static void equality(void **state)
{
    (void)state;
    because("{\"Login\":\"root\"}", "{\"Login\":\"root\"}", "matched\n");
    because("{\"Login\":\"root\"}", "{\"Login\":\"bob\"}",
            "1: Login \"root\" is \"bob\" [\"bob\"]\n");
    because("{\"Login\":\"root\"}", "{\"SIP\":\"192.0.2.1\"}",
            "1: Login \"root\" - - []\n");
    because("{\"Login\":\"root\"}", "{\"Login\":null}",
            "1: Login \"root\" - - []\n");
    because("{\"level\":5}", "{\"level\":\"5\"}",
            "1: level 5 is \"5\" [\"5\"]\n");
    because("{\"Login\":{\"is\":\"ROOT\",\"nocase\":true}}",
            "{\"Login\":\"bob\"}",
            "1: Login {\"is\":\"ROOT\",\"nocase\":true} is \"bob\" "
            "[\"bob\"]\n");
    because("{\"Login\":{\"is\":\"ROOT\",\"nocase\":true}}",
            "{\"Login\":\"root\"}", "matched\n");
}

static void a_list(void **state)
{
    (void)state;
    because("{\"Login\":[\"root\",\"admin\"]}", "{\"Login\":\"admin\"}",
            "matched\n");
    because("{\"Login\":[\"root\",\"admin\"]}", "{\"Login\":\"bob\"}",
            "1: Login [\"root\",\"admin\"] is \"bob\" [\"bob\"]\n");
}

static void a_range(void **state)
{
    const char *on = "{\"level\":{\"min\":3,\"max\":5}}";

    (void)state;
    because(on, "{\"level\":3}", "matched\n");
    because(on, "{\"level\":5}", "matched\n");
    because(on, "{\"level\":2}", "1: level {\"min\":3,\"max\":5} min 2 [2]\n");
    because(on, "{\"level\":6}", "1: level {\"min\":3,\"max\":5} max 6 [6]\n");
    because(on, "{\"level\":\"4\"}",
            "1: level {\"min\":3,\"max\":5} min \"4\" [\"4\"]\n");
}

static void texts(void **state)
{
    (void)state;
    because("{\"URL\":{\"re\":\"^a.c$\"}}", "{\"URL\":\"abd\"}",
            "1: URL {\"re\":\"^a.c$\"} re \"abd\" [\"abd\"]\n");
    because("{\"URL\":{\"prefix\":\"http\"}}", "{\"URL\":\"ftp\"}",
            "1: URL {\"prefix\":\"http\"} prefix \"ftp\" [\"ftp\"]\n");
    because("{\"SIP\":{\"cidr\":[\"192.0.2.0/24\",\"2001:db8::/32\"]}}",
            "{\"SIP\":\"198.51.100.7\"}",
            "1: SIP {\"cidr\":[\"192.0.2.0/24\",\"2001:db8::/32\"]} cidr "
            "\"198.51.100.7\" [\"198.51.100.7\"]\n");
    because("{\"SIP\":{\"cidr\":\"192.0.2.0/24\"}}", "{\"SIP\":\"none\"}",
            "1: SIP {\"cidr\":\"192.0.2.0/24\"} cidr \"none\" [\"none\"]\n");
}

static void a_costly_expression(void **state)
{
    const char *on = "{\"URL\":{\"re\":\"^(a+)+$\"}}";
    struct buf alarm = {0};
    char *got;

    (void)state;
    because(on, "{\"URL\":\"b\"}",
            "1: URL {\"re\":\"^(a+)+$\"} re \"b\" [\"b\"]\n");
    buf_add_text(&alarm, "{\"URL\":\"");
    for (int i = 0; i < 64; i++)
        buf_add_byte(&alarm, 'a');
    buf_add_text(&alarm, "!\"}");
    got = why(on, alarm.data);
    assert_non_null(strstr(got, "] !\n"));
    free(got);
    buf_free(&alarm);
}

static void presence(void **state)
{
    (void)state;
    because("{\"x\":{\"exists\":true}}", "{\"y\":1}",
            "1: x {\"exists\":true} exists - []\n");
    because("{\"x\":{\"exists\":false}}", "{\"x\":1}",
            "1: x {\"exists\":false} exists 1 [1]\n");
    because("{\"x\":{\"exists\":false}}", "{\"y\":1}", "matched\n");
    because("{\"x\":{\"exists\":true,\"min\":3}}", "{\"x\":1}",
            "1: x {\"exists\":true,\"min\":3} min 1 [1]\n");
}

static void exclusion(void **state)
{
    const char *on = "{\"Login\":{\"none\":[\"root\",{\"prefix\":\"svc\"}]}}";

    (void)state;
    because(on, "{\"Login\":\"bob\"}", "matched\n");
    because(on, "{\"y\":1}", "matched\n");
    because(on, "{\"Login\":\"svc-1\"}",
            "1: Login {\"none\":[\"root\",{\"prefix\":\"svc\"}]} none "
            "\"svc-1\" [\"svc-1\"]\n");
    because("{\"SIP\":{\"prefix\":\"10.\",\"none\":\"10.1\"}}",
            "{\"SIP\":\"10.1\"}",
            "1: SIP {\"prefix\":\"10.\",\"none\":\"10.1\"} none \"10.1\" "
            "[\"10.1\"]\n");
    because("{\"SIP\":{\"prefix\":\"10.\",\"none\":\"10.1\"}}",
            "{\"SIP\":\"11.1\"}",
            "1: SIP {\"prefix\":\"10.\",\"none\":\"10.1\"} prefix \"11.1\" "
            "[\"11.1\"]\n");
}

static void paths(void **state)
{
    (void)state;
    because("{\"a.b[2]\":3}", "{\"a\":{\"b\":[3,4]}}",
            "1: a.b[2] 3 is 4 [4]\n");
    because("{\"a.b[]\":3}", "{\"a\":{\"b\":[4,3]}}", "matched\n");
    because("{\"a.b[]\":3}", "{\"a\":{\"b\":[4,5]}}",
            "1: a.b[] 3 is - [4,5]\n");
    because("{\"a[]\":{\"min\":3,\"max\":4}}", "{\"a\":[2,5]}",
            "1: a[] {\"min\":3,\"max\":4} - - [2,5]\n");
    because("{\"a[]\":{\"none\":5}}", "{\"a\":[4,5,6]}",
            "1: a[] {\"none\":5} none 5 [4,5,6]\n");
    because("{\"a[]\":{\"exists\":true}}", "{\"a\":[null]}",
            "1: a[] {\"exists\":true} exists - []\n");
}

static void each_condition_and_each_table(void **state)
{
    (void)state;
    because("{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":9,\"b\":2,\"c\":8}",
            "1: a 1 is 9 [9]\n1: c 3 is 8 [8]\n");
    because("[{\"a\":1,\"b\":2},{\"a\":2},{\"a\":3}]", "{\"a\":2}",
            "matched\n1: a 1 is 2 [2]\n1: b 2 - - []\n3: a 3 is 2 [2]\n");
    because("[{\"a\":1},{\"b\":2}]", "{\"a\":2}",
            "1: a 1 is 2 [2]\n2: b 2 - - []\n");
}

static void what_is_no_on_is_refused(void **state)
{
    static const char *const bad[] = {"1", "{}", "[{\"a\":1},2]",
                                      "[{\"a\":1},{\"b\":{\"mni\":1}}]"};
    struct json_doc *fields = parsed("{\"a\":1}");
    struct alarm alarm = alarm_of(fields);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json_doc *doc = parsed(bad[i]);
        struct explained explained;
        struct error error = {0};

        assert_int_equal(explain_on(json_root(doc), &alarm, "policies/x.lua",
                                    &explained, &error),
                         ERROR_INVALID);
        assert_string_equal(error.where, "policies/x.lua");
        json_free(doc);
    }
    json_free(fields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality),
        cmocka_unit_test(a_list),
        cmocka_unit_test(a_range),
        cmocka_unit_test(texts),
        cmocka_unit_test(a_costly_expression),
        cmocka_unit_test(presence),
        cmocka_unit_test(exclusion),
        cmocka_unit_test(paths),
        cmocka_unit_test(each_condition_and_each_table),
        cmocka_unit_test(what_is_no_on_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
