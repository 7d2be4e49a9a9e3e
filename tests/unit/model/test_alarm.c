#include "base/alloc.h"
#include "model/alarm.h"
#include "model/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char generic[] =
    "{\"name\":\"generic\",\"format\":\"json\",\"named\":true,"
    "\"id_field\":\"AlarmId\",\"time_field\":\"AlarmDate\"}";

static struct alarm *decoded(const char *config, const char *record)
{
    struct json_doc *data = json_parse(str_of(config), "s", 1, NULL);
    struct error error = {0};
    struct source *source = source_compile(json_root(data), "s", &error);
    struct alarm *alarm = NULL;

    if (!source ||
        source_decode(source, str_of(record), 5, &alarm, &error) != 1)
        fail_msg("%s", error.text);
    source_free(source);
    json_free(data);
    return alarm;
}

static bool text_at(const struct alarm *alarm, const char *name,
                    const char *want)
{
    const struct json *value = alarm_get(alarm, str_of(name));

    return value && value->type == JSON_TEXT && str_is(value->as.text, want);
}

static void a_name_is_a_field_or_else_a_path(void **state)
{
    struct alarm *alarm = decoded(
        generic, "{\"SIP\":\"1.2.3.4\",\"SPort\":\"22\",\"a\":{\"SIP\":\"x\","
                 "\"n\":null},\"b.c\":7,\"Login\":null}");

    (void)state;
    assert_true(text_at(alarm, "SIP", "1.2.3.4"));
    assert_true(text_at(alarm, "a.SIP", "x"));
    assert_int_equal(alarm_get(alarm, str_of("SPort"))->as.integer, 22);
    assert_int_equal(alarm_get(alarm, str_of("b.c"))->as.integer, 7);
    assert_null(alarm_get(alarm, str_of("a.n")));
    assert_null(alarm_get(alarm, str_of("Login")));
    assert_null(alarm_get(alarm, str_of("DIP")));
    alarm_unref(alarm);
}

static void alarm_id_falls_back_to_what_is_known(void **state)
{
    struct alarm *own = decoded(generic, "{\"AlarmId\":4711}");
    struct alarm *none = decoded(generic, "{}");
    struct alarm *other =
        decoded("{\"name\":\"w\",\"format\":\"json\",\"id_field\":\"id\"}",
                "{\"id\":\"w-1\"}");

    (void)state;
    assert_true(text_at(own, "AlarmId", "4711"));
    assert_string_equal(own->own_id, "4711");
    alarm_identify(none, "", 0);
    assert_int_equal(strlen(none->id), 64);
    assert_true(text_at(none, "AlarmId", none->id));
    assert_true(text_at(other, "AlarmId", "w-1"));
    alarm_unref(own);
    alarm_unref(none);
    alarm_unref(other);
}

static void prints(const char *json, const char *want)
{
    struct json_doc *doc = json_parse(str_of(json), "in", 1, NULL);
    size_t len;
    char *text = alarm_text(json_root(doc), &len);

    assert_string_equal(text, want);
    assert_int_equal(len, strlen(want));
    free(text);
    json_free(doc);
}

static void values_have_a_text(void **state)
{
    (void)state;
    prints("\"a b\"", "a b");
    prints("\"\"", "");
    prints("-5", "-5");
    prints("18446744073709551615", "18446744073709551615");
    prints("0.50", "0.5");
    prints("true", "true");
    prints("false", "false");
    prints("null", "");
    prints("[1, {\"a\": \"x\"}]", "[1,{\"a\":\"x\"}]");
}

/* The id of one record at a place of an input. */
static char *id_of(const char *config, const char *record, const char *digest,
                   uint64_t offset)
{
    struct alarm *alarm = decoded(config, record);
    char *id;

    alarm_identify(alarm, digest, offset);
    id = alloc_text(alarm->id);
    alarm_unref(alarm);
    return id;
}

static void differ(char *a, char *b)
{
    assert_string_not_equal(a, b);
    free(b);
}

static void an_id_is_the_senders_within_its_source(void **state)
{
    static const char renamed[] =
        "{\"name\":\"g2\",\"format\":\"json\",\"id_field\":\"AlarmId\"}";
    char *id = id_of(generic, "{\"AlarmId\":1}", "d", 0);
    char *elsewhere = id_of(generic, "{\"AlarmId\":1,\"x\":2}", "e", 9);

    (void)state;
    assert_string_equal(id, elsewhere);
    differ(id, id_of(generic, "{\"AlarmId\":2}", "d", 0));
    differ(id, id_of(renamed, "{\"AlarmId\":1}", "d", 0));
    free(id);
    free(elsewhere);
}

static void without_one_it_is_the_place_and_the_bytes(void **state)
{
    char *id = id_of(generic, "{\"SIP\":\"a\"}", "d", 0);
    char *again = id_of(generic, "{\"SIP\":\"a\"}", "d", 0);

    (void)state;
    assert_string_equal(id, again);
    differ(id, id_of(generic, "{\"SIP\":\"a\"}", "d", 1));
    differ(id, id_of(generic, "{\"SIP\":\"a\"}", "e", 0));
    differ(id, id_of(generic, "{\"SIP\":\"b\"}", "d", 0));
    differ(id, id_of(generic, "{\"SIP\":\"a\"}", "d", (uint64_t)1 << 40));
    free(id);
    free(again);
}

static void it_lives_as_long_as_someone_holds_it(void **state)
{
    struct alarm *alarm = decoded(generic, "{\"SIP\":\"a\"}");

    (void)state;
    assert_int_equal(alarm->refs, 1);
    assert_ptr_equal(alarm_ref(alarm), alarm);
    alarm_unref(alarm);
    assert_true(text_at(alarm, "SIP", "a"));
    alarm_unref(alarm);
    alarm_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_a_field_or_else_a_path),
        cmocka_unit_test(alarm_id_falls_back_to_what_is_known),
        cmocka_unit_test(values_have_a_text),
        cmocka_unit_test(an_id_is_the_senders_within_its_source),
        cmocka_unit_test(without_one_it_is_the_place_and_the_bytes),
        cmocka_unit_test(it_lives_as_long_as_someone_holds_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
