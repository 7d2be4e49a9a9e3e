#include "plugin_help.h"

#include "base/buf.h"
#include "model/argv.h"
#include "model/field.h"

#include <ctype.h>

/* What parameters are given that nobody set. */

static struct plugin *plugin;
static struct values values;

static void start(const char *params)
{
    char *xml =
        alloc_printf("<Action Name='A' Command='c'>%s</Action>", params);

    plugin = plugin_of(xml);
    values = values_new(plugin->actions);
    free(xml);
}

static void end(void)
{
    values_free(&values);
    plugin_free(plugin);
    plugin = NULL;
}

static struct alarm *alarm_of(const char *fields)
{
    struct alarm *alarm = ALLOC(struct alarm);

    alarm->refs = 1;
    alarm->time = 1764000000123;
    alarm->doc = json_parse(str_of(fields), "test", 1, NULL);
    assert_non_null(alarm->doc);
    alarm->fields = alarm->record = json_root(alarm->doc);
    return alarm;
}

static void expect_values(const struct alarm *alarm, size_t count,
                          const char *const *texts)
{
    values_default(&values, plugin->actions, alarm);
    assert_int_equal(values.len, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(values.items[i].text, texts[i]);
        assert_int_equal(values.items[i].len, strlen(texts[i]));
    }
    end();
}

#define TEXTS(...)                                                             \
    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *),         \
        (const char *const[])                                                  \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

static void expect_date(const char *fields, const char *text)
{
    struct alarm *alarm = alarm_of(fields);

    start("<StringParameter Name='d'><DefaultInput><AlarmDate><TimeFormat/>"
          "</AlarmDate></DefaultInput></StringParameter>");
    expect_values(alarm, TEXTS(text));
    alarm_unref(alarm);
}

static void test_dates(void **state)
{
    (void)state;
    expect_date("{}", "2025-11-24T16:00:00.123Z"); /* the alarm's time */
    expect_date("{\"AlarmDate\":\"2026-11-24 05:50:21+01:00\"}",
                "2026-11-24T04:50:21.000Z");
    expect_date("{\"AlarmDate\":\"2026-11-24T05:50:21Z\"}",
                "2026-11-24T05:50:21.000Z");
    expect_date("{\"AlarmDate\":\"2026-11-24 05:50:21\"}",
                "2026-11-24 05:50:21"); /* of which zone? */
    expect_date("{\"AlarmDate\":\"yesterday\"}", "yesterday");
    expect_date("{\"AlarmDate\":1764000000}", "1764000000");
}

/* One parameter a field, its element spelt by `spell`. */
static char *every_field(void (*spell)(char *name))
{
    struct buf xml = {0};

    for (size_t i = 0; i < field_count; i++) {
        char *name = alloc_text(field_table[i].name);

        spell(name);
        buf_printf(&xml,
                   "<StringParameter Name='%zu' Order='%zu'><DefaultInput>"
                   "<%s>%s</%s></DefaultInput></StringParameter>",
                   i, i, name, field_table[i].date ? "<TimeFormat/>" : "",
                   name);
        free(name);
    }
    return buf_take(&xml);
}

static void as_is(char *name)
{
    (void)name;
}

static void in_capitals(char *name)
{
    for (; *name; name++)
        *name = (char)toupper((unsigned char)*name);
}

static void every_field_is(void (*spell)(char *name), const char *fields)
{
    struct alarm *alarm = alarm_of(fields);
    char *xml = every_field(spell);

    start(xml);
    values_default(&values, plugin->actions, alarm);
    for (size_t i = 0; i < field_count; i++) {
        char *wanted =
            field_table[i].date
                ? alloc_text("2026-11-24T04:50:21.000Z")
                : alloc_printf("%s%zu", field_table[i].number ? "" : "v", i);

        assert_string_equal(values.items[i].text, wanted);
        free(wanted);
    }
    end();
    free(xml);
    alarm_unref(alarm);
}

static void test_every_field(void **state)
{
    struct buf fields = {0};

    (void)state;
    for (size_t i = 0; i < field_count; i++) {
        buf_printf(&fields, "%s\"%s\":", i ? "," : "{", field_table[i].name);
        if (field_table[i].date)
            buf_add_text(&fields, "\"2026-11-24T05:50:21+01:00\"");
        else if (field_table[i].number)
            buf_printf(&fields, "%zu", i);
        else
            buf_printf(&fields, "\"v%zu\"", i);
    }
    buf_add_byte(&fields, '}');
    every_field_is(as_is, fields.data);
    every_field_is(in_capitals, fields.data);
    buf_free(&fields);
}

/* Elements that the schema does not have. */
static void test_other_fields(void **state)
{
    struct alarm *alarm = alarm_of("{\"DIP\":\"192.0.2.9\",\"SIP\":\"::1\"}");

    (void)state;
    start("<StringParameter Name='a'><DefaultInput><DHostIP/></DefaultInput>"
          "</StringParameter>"
          "<StringParameter Name='b'><DefaultInput><SHostIP/></DefaultInput>"
          "</StringParameter>"
          "<StringParameter Name='c'><DefaultInput><ObjectType/>"
          "</DefaultInput></StringParameter>");
    expect_values(alarm, TEXTS("192.0.2.9", "::1", ""));
    alarm_unref(alarm);
    alarm = alarm_of("{\"ObjectType\":\"file\",\"rule\":{\"level\":7}}");
    start("<StringParameter Name='c'><DefaultInput><ObjectType/>"
          "</DefaultInput></StringParameter>"
          "<StringParameter Name='d'><DefaultInput><rule.level/>"
          "</DefaultInput></StringParameter>");
    expect_values(alarm, TEXTS("file", "7"));
    alarm_unref(alarm);
}

static void int_is(const char *text, const char *wanted)
{
    start("<StringParameter Name='a'/><StringParameter Name='b'/>");
    plugin->actions[0].params[0].type = TYPE_INT;
    values_set(&values, 0, str_of(text));
    values_set(&values, 1, str_of(text));
    expect_values(NULL, TEXTS(wanted, text)); /* only an int is made decimal */
}

static void test_hex(void **state)
{
    struct alarm *alarm = alarm_of("{\"Process\":\"0x1A4\"}");

    (void)state;
    int_is("0x1a4", "420");
    int_is("0X1A4", "420");
    int_is("0x0", "0");
    int_is("420", "420");
    int_is("0x7fffffffffffffff", "9223372036854775807");
    int_is("0x00000000000000000001", "1");
    int_is("0x8000000000000000", "0x8000000000000000"); /* no int: refused */
    int_is("0x", "0x");
    int_is("0xg", "0xg");
    int_is("1x4", "1x4");
    int_is("x", "x");
    int_is("", "");
    start("<StringParameter Name='p'><DefaultInput><Process/></DefaultInput>"
          "</StringParameter>");
    plugin->actions[0].params[0].type = TYPE_INT;
    expect_values(alarm, TEXTS("420"));
    alarm_unref(alarm);
}

/* A date in the manifest's format is the manifest's own text, so it may begin
 * with '-'; what the alarm has, may not. */
static void preset_is(const char *fields, bool preset)
{
    struct alarm *alarm = alarm_of(fields);

    start("<StringParameter Name='d'><DefaultInput><AlarmDate><TimeFormat "
          "TimeZone='Eastern Standard Time' FormattingString='zz'/>"
          "</AlarmDate></DefaultInput></StringParameter>");
    values_default(&values, plugin->actions, alarm);
    assert_int_equal(values.items[0].text[0], '-');
    assert_int_equal(values.items[0].preset, preset);
    end();
    alarm_unref(alarm);
}

static void test_preset(void **state)
{
    (void)state;
    preset_is("{}", true);
    preset_is("{\"AlarmDate\":\"-rf\"}", false);
}

/* With a TimeFormat, in both date fields; what is no date stays as it is. */
static void test_formatted_dates(void **state)
{
    static const char params[] =
        "<StringParameter Name='a'><DefaultInput><AlarmDate><TimeFormat "
        "TimeZone='Eastern Standard Time' "
        "FormattingString='MM-dd-yyyy hh:mm:ss'/></AlarmDate></DefaultInput>"
        "</StringParameter>"
        "<StringParameter Name='n'><DefaultInput><NormalMessageDate>"
        "<TimeFormat TimeZone='India Standard Time'/></NormalMessageDate>"
        "</DefaultInput></StringParameter>"
        "<StringParameter Name='u'><DefaultInput><NormalMessageDate>"
        "<TimeFormat FormattingString='d MMM'/></NormalMessageDate>"
        "</DefaultInput></StringParameter>";
    struct alarm *alarm = alarm_of("{}");

    (void)state;
    start(params);
    expect_values(alarm, TEXTS("11-24-2025 11:00:00",
                               "2025-11-24T21:30:00.123+05:30", "24 Nov"));
    alarm_unref(alarm);
    alarm = alarm_of("{\"AlarmDate\":\"2026-07-24 05:50:21+01:00\","
                     "\"NormalMessageDate\":\"yesterday\"}");
    start(params);
    expect_values(alarm,
                  TEXTS("07-24-2026 12:50:21", "yesterday", "yesterday"));
    alarm_unref(alarm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_preset),
        cmocka_unit_test(test_formatted_dates),
        cmocka_unit_test(test_every_field),
        cmocka_unit_test(test_other_fields),
        cmocka_unit_test(test_hex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
