#include "on.h"

#include <string.h>

static int adds(const char *on, struct error *error)
{
    struct match *match = match_new();
    struct json_doc *doc = parsed(on);
    int code = match_add(match, json_root(doc), 0, "policies/x.lua", error);

    match_seal(match);
    match_free(match);
    json_free(doc);
    return code;
}

static bool matches_alarm(const char *on, const char *text)
{
    struct match *match = match_new();
    struct json_doc *doc = parsed(on), *fields = parsed(text);
    struct alarm alarm = alarm_of(fields);
    struct error error = {0};
    const size_t *numbers;
    size_t count;

    if (match_add(match, json_root(doc), 7, "test", &error) < 0)
        fail_msg("%s: %s", on, error.text);
    match_seal(match);
    count = match_find(match, &alarm, &numbers, &error);
    assert_true(count <= 1);
    if (count)
        assert_int_equal(numbers[0], 7);
    assert_int_equal(error.code, 0);
    match_free(match);
    json_free(doc);
    json_free(fields);
    return count;
}

#define YES(on, alarm) assert_true(matches_alarm(on, alarm))
#define NO(on, alarm) assert_false(matches_alarm(on, alarm))

static void equality_never_converts(void **state)
{
    (void)state;
    YES("{\"Login\":\"root\"}", "{\"Login\":\"root\"}");
    NO("{\"Login\":\"root\"}", "{\"Login\":\"Root\"}");
    NO("{\"Login\":\"root\"}", "{\"Login\":\"root \"}");
    NO("{\"Login\":\"root\"}", "{\"SIP\":\"root\"}");
    NO("{\"Login\":\"root\"}", "{\"Login\":null}");
    YES("{\"level\":5}", "{\"level\":5}");
    YES("{\"level\":5}", "{\"level\":5.0}");
    YES("{\"level\":5.5}", "{\"level\":5.5}");
    NO("{\"level\":5}", "{\"level\":\"5\"}");
    NO("{\"level\":\"5\"}", "{\"level\":5}");
    NO("{\"level\":1}", "{\"level\":true}");
    YES("{\"up\":true}", "{\"up\":true}");
    NO("{\"up\":true}", "{\"up\":false}");
    NO("{\"up\":true}", "{\"up\":\"true\"}");
    YES("{\"n\":0}", "{\"n\":-0.0}");
    YES("{\"n\":18446744073709551615}", "{\"n\":18446744073709551615}");
    NO("{\"n\":18446744073709551615}", "{\"n\":18446744073709551614}");
    YES("{\"n\":9223372036854775808}", "{\"n\":9223372036854775808.0}");
    NO("{\"n\":9223372036854775807}", "{\"n\":9223372036854775808}");
    NO("{\"n\":9007199254740993}", "{\"n\":9007199254740992.0}");
    NO("{\"Login\":\"x\"}", "{\"Login\":[\"x\"]}");
}

static void all_keys_must_hold(void **state)
{
    const char *on = "{\"Login\":\"root\",\"SPort\":22}";

    (void)state;
    YES(on, "{\"Login\":\"root\",\"SPort\":22,\"DPort\":1}");
    NO(on, "{\"Login\":\"root\",\"SPort\":23}");
    NO(on, "{\"SPort\":22}");
}

static void a_list_means_any(void **state)
{
    (void)state;
    YES("{\"Login\":[\"root\",\"admin\"]}", "{\"Login\":\"admin\"}");
    NO("{\"Login\":[\"root\",\"admin\"]}", "{\"Login\":\"guest\"}");
    YES("[{\"Login\":\"root\"},{\"SPort\":22}]", "{\"SPort\":22}");
    YES("[{\"Login\":\"root\"},{\"SPort\":22}]",
        "{\"Login\":\"root\",\"SPort\":22}");
    NO("[{\"Login\":\"root\"},{\"SPort\":22}]", "{\"SPort\":23}");
    YES("{\"x\":[1,\"a\",true]}", "{\"x\":true}");
}

static void numbers_have_bounds(void **state)
{
    (void)state;
    YES("{\"SPort\":{\"min\":1,\"max\":3}}", "{\"SPort\":1}");
    YES("{\"SPort\":{\"min\":1,\"max\":3}}", "{\"SPort\":3}");
    NO("{\"SPort\":{\"min\":1,\"max\":3}}", "{\"SPort\":0}");
    NO("{\"SPort\":{\"min\":1,\"max\":3}}", "{\"SPort\":3.5}");
    NO("{\"level\":{\"min\":1}}", "{\"level\":\"2\"}");
    YES("{\"level\":{\"min\":0.5}}", "{\"level\":18446744073709551615}");
    NO("{\"SPort\":{\"min\":1}}", "{}");
}

static void texts_have_operators(void **state)
{
    (void)state;
    YES("{\"URL\":{\"re\":\"evil\\\\.example/(a|b)$\"}}",
        "{\"URL\":\"http://evil.example/b\"}");
    NO("{\"URL\":{\"re\":\"^evil\"}}", "{\"URL\":\"http://evil\"}");
    NO("{\"URL\":{\"re\":\"EVIL\"}}", "{\"URL\":\"evil\"}");
    YES("{\"URL\":{\"re\":\"EVIL\",\"nocase\":true}}", "{\"URL\":\"evil\"}");
    YES("{\"URL\":{\"re\":[\"x\",\"y\"]}}", "{\"URL\":\"y\"}");
    NO("{\"level\":{\"re\":\"5\"}}", "{\"level\":5}");
    YES("{\"Login\":{\"prefix\":\"adm\"}}", "{\"Login\":\"admin\"}");
    YES("{\"Login\":{\"prefix\":\"adm\"}}", "{\"Login\":\"adm\"}");
    NO("{\"Login\":{\"prefix\":\"adm\"}}", "{\"Login\":\"ad\"}");
    NO("{\"Login\":{\"prefix\":\"adm\"}}", "{\"Login\":\"Admin\"}");
    YES("{\"Login\":{\"prefix\":\"adm\",\"nocase\":true}}",
        "{\"Login\":\"ADMIN\"}");
    YES("{\"Login\":{\"is\":\"root\",\"nocase\":true}}",
        "{\"Login\":\"Root\"}");
    YES("{\"Login\":{\"is\":[\"a\",\"root\"],\"nocase\":true}}",
        "{\"Login\":\"ROOT\"}");
    NO("{\"Login\":{\"is\":\"root\",\"nocase\":false}}",
       "{\"Login\":\"Root\"}");
    NO("{\"Login\":{\"is\":\"root\",\"prefix\":\"x\"}}",
       "{\"Login\":\"root\"}");
}

static void addresses_match_by_value(void **state)
{
    (void)state;
    YES("{\"SIP\":{\"cidr\":\"10.0.0.0/8\"}}", "{\"SIP\":\"10.1.2.3\"}");
    YES("{\"SIP\":{\"cidr\":\"10.0.0.0/8\"}}", "{\"SIP\":\"::ffff:10.1.2.3\"}");
    YES("{\"SIP\":{\"cidr\":\"10.0.0.0/8\"}}", "{\"SIP\":\"10.1.0.0/16\"}");
    NO("{\"SIP\":{\"cidr\":\"10.0.0.0/8\"}}", "{\"SIP\":\"0.0.0.0/0\"}");
    NO("{\"SIP\":{\"cidr\":\"10.0.0.0/8\"}}", "{\"SIP\":\"11.0.0.0\"}");
    NO("{\"SIP\":{\"cidr\":\"10.0.0.0/8\"}}", "{\"SIP\":\"10.1.2.3 \"}");
    YES("{\"SIP\":{\"cidr\":[\"10.0.0.0/8\",\"2001:db8::/32\"]}}",
        "{\"SIP\":\"2001:DB8:0::1\"}");
    YES("{\"SIP\":{\"cidr\":\"192.0.2.1\"}}", "{\"SIP\":\"192.0.2.1\"}");
}

static void existence_can_be_asked(void **state)
{
    (void)state;
    YES("{\"SIP\":{\"exists\":true}}", "{\"SIP\":\"\"}");
    NO("{\"SIP\":{\"exists\":true}}", "{\"SIP\":null}");
    YES("{\"SIP\":{\"exists\":false}}", "{\"SIP\":null}");
    YES("{\"SIP\":{\"exists\":false}}", "{}");
    NO("{\"SIP\":{\"exists\":false}}", "{\"SIP\":\"x\"}");
    YES("{\"SIP\":{\"exists\":true,\"none\":[\"y\"]}}", "{\"SIP\":\"x\"}");
    NO("{\"SIP\":{\"exists\":true,\"none\":[\"y\"]}}", "{}");
}

static void none_excludes(void **state)
{
    const char *on = "{\"Login\":{\"none\":[\"root\",{\"prefix\":\"svc-\"},"
                     "{\"is\":\"BACKUP\",\"nocase\":true}]}}";

    (void)state;
    YES(on, "{\"Login\":\"alice\"}");
    YES(on, "{}");
    NO(on, "{\"Login\":\"root\"}");
    NO(on, "{\"Login\":\"svc-x\"}");
    NO(on, "{\"Login\":\"backup\"}");
    NO("{\"SIP\":{\"none\":{\"cidr\":\"10.0.0.0/8\"}}}",
       "{\"SIP\":\"10.0.0.1\"}");
    YES("{\"SPort\":{\"min\":1,\"none\":[22]}}", "{\"SPort\":23}");
    NO("{\"SPort\":{\"min\":1,\"none\":[22]}}", "{\"SPort\":22}");
}

static void keys_may_be_paths(void **state)
{
    const char *alarm =
        "{\"rule\":{\"id\":7,\"groups\":[\"a\",\"b\"]},\"dotted.key\":1,"
        "\"list\":[{\"n\":1},{\"n\":2}]}";

    (void)state;
    YES("{\"rule.id\":7}", alarm);
    YES("{\"dotted.key\":1}", alarm);
    YES("{\"rule.groups[2]\":\"b\"}", alarm);
    NO("{\"rule.groups[1]\":\"b\"}", alarm);
    YES("{\"rule.groups[]\":\"b\"}", alarm);
    NO("{\"rule.groups[]\":\"c\"}", alarm);
    YES("{\"list[].n\":{\"min\":2}}", alarm);
    NO("{\"list[].n\":{\"min\":3}}", alarm);
    NO("{\"list[].n\":{\"none\":[2]}}", alarm);
    YES("{\"list[].n\":{\"none\":[3]}}", alarm);
    YES("{\"list[].n\":{\"exists\":true}}", alarm);
    NO("{\"list[].m\":{\"exists\":true}}", alarm);
    /* One item must pass all tests. */
    NO("{\"list[].n\":{\"min\":1.2,\"max\":1.8}}", alarm);
}

static void says(const char *on, const char *wanted)
{
    struct error error = {0};

    assert_true(adds(on, &error) < 0);
    if (!strstr(error.text, wanted))
        fail_msg("%s\nsays: %s\nnot:  %s", on, error.text, wanted);
    assert_string_equal(error.where, "policies/x.lua");
}

static void mistakes_are_named(void **state)
{
    (void)state;
    says("{\"SIP\":{\"cidrs\":\"10.0.0.0/8\"}}", "did you mean 'cidr'?");
    says("{\"SIP\":{\"none\":[{\"prefx\":\"10\"}]}}", "'prefix'?");
    says("{\"SIP\":{\"zzzzzzz\":1}}", "unknown operator 'zzzzzzz' (there are");
    says("{\"SIP\":{\"cidr\":\"10.0.0.0/33\"}}", "\"10.0.0.0/33\" is neither");
    says("{\"SIP\":{\"re\":\"(\"}}", "re: ");
    says("{\"SIP\":{\"min\":1}}", "this field is text");
    says("{\"SPort\":\"22\"}", "this field is a number");
    says("{\"SPort\":[1,\"22\"]}", "this field is a number");
    says("{\"SIP\":22}", "this field is text");
    says("{\"x\":{\"min\":\"1\"}}", "min takes a number");
    says("{\"x\":{\"min\":2,\"max\":1}}", "min is above max");
    says("{\"x\":{\"min\":[1]}}", "min takes a number");
    says("{\"x\":{\"prefix\":1}}", "prefix takes a text or a list of texts");
    says("{\"x\":{\"exists\":1}}", "exists is true or false");
    says("{\"x\":{\"nocase\":true,\"min\":1}}", "nocase goes with");
    says("{\"x\":{\"exists\":false,\"min\":1}}", "cannot both hold");
    says("{\"x\":[]}", "an empty list never matches");
    says("{\"x\":{\"none\":[]}}", "excludes nothing");
    says("{\"x\":{\"none\":[{\"none\":[1]}]}}", "cannot stand inside none");
    says("{\"x\":[[1]]}", "is takes a text, number or boolean");
    says("[]", "every alarm is");
    says("{}", "every alarm is");
    says("[{\"x\":1},5]", "a table of conditions");
    says("\"x\"", "a table of conditions");
}

/* data.c gives nodes their lines; JSON gives all of them the record's. */
static void mistakes_have_a_line(void **state)
{
    struct json_doc *doc = json_new();
    struct json *root = json_root_mutable(doc);
    struct json *member = json_room(doc, sizeof *member);
    struct match *match = match_new();
    struct error error = {0};

    (void)state;
    *member = (struct json){.type = JSON_TEXT, .line = 12};
    member->key = str_of("SPort");
    member->as.text = str_of("22");
    *root = (struct json){.type = JSON_OBJECT, .line = 11};
    root->as.list.items = member;
    root->as.list.len = 1;
    assert_true(match_add(match, root, 0, "policies/x.lua", &error) < 0);
    assert_int_equal(error.line, 12);
    match_free(match);
    match_free(NULL);
    json_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_never_converts),
        cmocka_unit_test(all_keys_must_hold),
        cmocka_unit_test(a_list_means_any),
        cmocka_unit_test(numbers_have_bounds),
        cmocka_unit_test(texts_have_operators),
        cmocka_unit_test(addresses_match_by_value),
        cmocka_unit_test(existence_can_be_asked),
        cmocka_unit_test(none_excludes),
        cmocka_unit_test(keys_may_be_paths),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(mistakes_have_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
