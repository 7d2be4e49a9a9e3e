#include "plugin_help.h"

#include "base/buf.h"
#include "base/clock.h"
#include "model/argv.h"

#include <stdio.h>

/* --- splitting --- */

static const struct {
    const char *text;
    const char *words[6]; /* NULL at the end */
} splits[] = {
    {"", {NULL}},
    {" \t  ", {NULL}},
    {"a", {"a"}},
    {"a b", {"a", "b"}},
    {" -name ", {"-name"}},
    {"-room  ", {"-room"}},
    {"a\tb", {"a", "b"}},
    {"a\nb", {"a\nb"}}, /* only blanks and tabs part */
    {"-sendEmail -smtpServer ", {"-sendEmail", "-smtpServer"}},
    {"-NmapCommand \"-T4 -A -v\"", {"-NmapCommand", "-T4 -A -v"}},
    {"-NmapCommand \"\"", {"-NmapCommand", ""}},
    {"\"\"", {""}},
    {"\"\" \"\"", {"", ""}},
    {"'a b'", {"'a", "b'"}}, /* single quotes are plain */
    {"\"a b\"", {"a b"}},
    {"a\"b c\"d", {"ab cd"}},
    {"\"a b\"\"c d\"", {"a b\"c d"}}, /* "" inside: one, still inside */
    {"\"a\"\"b\"", {"a\"b"}},
    {"\"\"\"", {"\""}},
    {"\"\"\"\"", {"\""}},
    {"\"a b", {"a b"}}, /* never closed */
    {"\"", {""}},
    {"\\", {"\\"}},
    {"a\\b c\\", {"a\\b", "c\\"}},
    {"C:\\x\\y.ps1", {"C:\\x\\y.ps1"}},
    {"a\\\\b", {"a\\\\b"}}, /* no quote follows: as they are */
    {"\\\"", {"\""}},
    {"a\\\"b", {"a\"b"}},
    {"a\\\\\"b c\"", {"a\\b c"}},
    {"a\\\\\\\"b c", {"a\\\"b", "c"}},
    {"\"a\\\\\" b", {"a\\", "b"}},
    {"\"a\\\" b\"", {"a\" b"}},
    {"\"C:\\Program Files\\\\\" x", {"C:\\Program Files\\", "x"}},
    {"\"\\\\server\\share dir\"", {"\\\\server\\share dir"}},
    {"\"ab\"c", {"abc"}},
    {"\"a\\\\\\\\b\"", {"a\\\\\\\\b"}},
    /* Microsoft's own examples */
    {"\"abc\" d e", {"abc", "d", "e"}},
    {"a\\\\\\b d\"e f\"g h", {"a\\\\\\b", "de fg", "h"}},
    {"a\\\\\\\"b c d", {"a\\\"b", "c", "d"}},
    {"a\\\\\\\\\"b c\" d e", {"a\\\\b c", "d", "e"}},
    {"a\"b\"\" c d", {"ab\" c d"}},
};

static void test_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct words words = argv_split(splits[i].text);
        size_t count = 0;

        while (splits[i].words[count])
            count++;
        if (words.len != count)
            fail_msg("<%s>: %zu words", splits[i].text, words.len);
        for (size_t j = 0; j < count; j++)
            assert_string_equal(words.items[j], splits[i].words[j]);
        words_free(&words);
    }
}

/* --- building --- */

static struct plugin *plugin;
static struct values values;
static struct argv argv;
static struct error error;

/* The plugin's first action is what the tests below build. */
static void start(const char *params)
{
    char *xml =
        alloc_printf("<Action Name='A' Command='c'>%s</Action>", params);

    plugin = plugin_of(xml);
    values = values_new(plugin->actions);
    free(xml);
}

static void start_whole(const char *action)
{
    plugin = plugin_of(action);
    values = values_new(plugin->actions);
}

static void set(const char *name, const char *text)
{
    const struct param *param = action_param(plugin->actions, name, NULL);

    assert_non_null(param);
    values_set(&values, action_index(plugin->actions, param), str_of(text));
}

static int build(const struct alarm *alarm)
{
    values_default(&values, plugin->actions, alarm);
    return argv_build(plugin->actions, &values, &argv, &error);
}

static void end(void)
{
    argv_free(&argv);
    values_free(&values);
    plugin_free(plugin);
    plugin = NULL;
}

/* Builds, and compares the words after the Command. */
static void expect_words(const struct alarm *alarm, size_t count,
                         const char *const *words)
{
    if (build(alarm))
        fail_msg("%s", error.text);
    assert_int_equal(argv.words.len, count + 1);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(argv.words.items[i + 1], words[i]);
    end();
}

#define WORDS(...)                                                             \
    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *),         \
        (const char *const[])                                                  \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

/* Refused with this code and this part of the reason; nothing is left. */
static void expect_refused(int code, const char *part)
{
    assert_int_equal(build(NULL), code);
    if (!strstr(error.text, part))
        fail_msg("\"%s\" lacks \"%s\"", error.text, part);
    assert_int_equal(argv.words.len, 0);
    assert_null(argv.secret);
    end();
}

static struct alarm *alarm_of(const char *fields)
{
    struct alarm *alarm = ALLOC(struct alarm);

    alarm->refs = 1;
    alarm->time = 1764000000123;
    alarm->doc = json_parse(str_of(fields), "test", 1, NULL);
    assert_non_null(alarm->doc);
    alarm->fields = json_root(alarm->doc);
    return alarm;
}

/* The vectors of smartresponse.md section 5.4, on manifests of our own. */
static void test_vectors(void **state)
{
    struct alarm *alarm = alarm_of(
        "{\"SIP\":\"10.0.0.5\",\"AlarmId\":7,\"AlarmRuleName\":\"AIE: X Y\","
        "\"MessageClass\":\"Malware\",\"AlarmDate\":\"today\"}");

    (void)state;
    start("<ConstantParameter Name='Script' Switch='-file AddItemToList.ps1' "
          "Order='1'/><StringParameter Name='f' Switch='' Order='2'/>"
          "<StringParameter Name='i' Switch='' Order='3'/>");
    set("f", "bad ips.txt");
    set("i", "10.1.1.1");
    expect_words(
        NULL, WORDS("-file", "AddItemToList.ps1", "bad ips.txt", "10.1.1.1"));

    start("<ConstantParameter Switch='-file nmap.ps1' Order='1'/>"
          "<ConstantParameter Switch='-NmapCommand \"-T4 -A -v\"' Order='2'/>"
          "<StringParameter Name='t' Switch='-Target ' Order='3'>"
          "<DefaultInput><SIP/></DefaultInput></StringParameter>");
    expect_words(alarm, WORDS("-file", "nmap.ps1", "-NmapCommand", "-T4 -A -v",
                              "-Target", "10.0.0.5"));

    start("<ConstantParameter Switch='-file nmap.ps1' Order='1'/>"
          "<ConstantParameter Switch='-NmapCommand \"\"' Order='2'/>"
          "<StringParameter Name='t' Switch='-Target ' Order='3'>"
          "<DefaultInput><SIP/></DefaultInput></StringParameter>");
    expect_words(alarm, WORDS("-file", "nmap.ps1", "-NmapCommand", "",
                              "-Target", "10.0.0.5"));

    start("<ConstantParameter Switch='-nop -file fortinet.ps1' Order='0'/>"
          "<StringParameter Name='u' Switch='' Order='1'/>"
          "<EncryptedParameter><StringParameter Name='p' Switch='' Order='2'/>"
          "</EncryptedParameter>"
          "<StringParameter Name='h' Switch='' Order='3'/>"
          "<StringParameter Name='o' Switch='' Order='4'/>"
          "<ConstantParameter Name='Command' Switch='add_ip' Order='5'/>"
          "<StringParameter Name='s' Switch='' Order='6'><DefaultInput><SIP/>"
          "</DefaultInput></StringParameter>");
    set("u", "admin");
    set("p", "pw");
    set("h", "10.9.9.9");
    set("o", "8443");
    expect_words(alarm, WORDS("-nop", "-file", "fortinet.ps1", "admin", "pw",
                              "10.9.9.9", "8443", "add_ip", "10.0.0.5"));

    start("<ConstantParameter Switch='-file PATH_TO_FILE/basic.ps1' "
          "Order='1'/><StringParameter Name='a' Switch='' Order='2'>"
          "<DefaultInput><AlarmId/></DefaultInput></StringParameter>"
          "<StringParameter Name='b' Switch='' Order='3'><DefaultInput>"
          "<AlarmRuleName/></DefaultInput></StringParameter>"
          "<StringParameter Name='c' Switch='' Order='Unsorted'>"
          "<DefaultInput><MessageClass/></DefaultInput></StringParameter>"
          "<StringParameter Name='d' Switch='' Order='4'><DefaultInput>"
          "<AlarmDate><TimeFormat/></AlarmDate></DefaultInput>"
          "</StringParameter>");
    expect_words(alarm, WORDS("-file", "PATH_TO_FILE/basic.ps1", "7",
                              "AIE: X Y", "today", "Malware"));

    start("<ConstantParameter Switch='-file Spam-Tracker.ps1' Order='1'/>"
          "<StringParameter Name='e' Switch='-email' Order='2'/>"
          "<StringParameter Name='L' Switch='-spammerList' Order='5'/>"
          "<StringParameter Name='c' Switch='-case' Order='3'/>"
          "<StringParameter Name='h' Switch='-LogRhythmHost' Order='4'/>"
          "<StringParameter Name='t' Switch='-case -caseAPItoken' "
          "Order='6'/>");
    set("e", "e");
    set("L", "L");
    set("c", "c");
    set("h", "h");
    set("t", "t");
    expect_words(NULL,
                 WORDS("-file", "Spam-Tracker.ps1", "-email", "e", "-case", "c",
                       "-LogRhythmHost", "h", "-spammerList", "L", "-case",
                       "-caseAPItoken", "t"));

    start("<ConstantParameter Switch='-file extract-file.ps1' Order='1'/>"
          "<StringParameter Name='t' Switch='-target' Order='2'/>"
          "<ConstantParameter Switch='-file scsm' Order='3'/>");
    set("t", "pc");
    expect_words(NULL, WORDS("-file", "extract-file.ps1", "-target", "pc",
                             "-file", "scsm"));

    start("<ConstantParameter Switch='-file UrlFilter.ps1' Order='1'/>"
          "<StringParameter Name='l' Switch='-URLBlockList' Order='2'/>"
          "<StringParameter Name='f' Switch='-FilterName' Order='3'/>"
          "<StringParameter Name='d' Switch='-Description' Order='4'/>");
    set("l", "adult, games");
    set("f", "f1");
    expect_words(NULL, WORDS("-file", "UrlFilter.ps1", "-URLBlockList",
                             "adult, games", "-FilterName", "f1",
                             "-Description", ""));

    start_whole("<Action Name='A' Command='lrvt.exe'>"
                "<StringParameter Name='p' Switch='--scan-file ' Order='1'/>"
                "<EncryptedParameter><StringParameter Name='k' Switch='' "
                "Order='2'/></EncryptedParameter></Action>");
    set("p", "C:\\My Files\\a.exe");
    set("k", "key");
    expect_words(NULL, WORDS("--scan-file", "C:\\My Files\\a.exe", "key"));
    alarm_unref(alarm);
}

static void test_hostile_values(void **state)
{
    static const char *const hostile[] = {
        "a b",          "\"",     "\"\"", "'",
        "a;b",          "$(id)",  "`id`", "\n",
        "\\",           "\\\"",   "|",    "*",
        "\xff\xfe",     "%PATH%", "a\tb", " -x ",
        "\xe2\x80\xae", "${IFS}", "&&",   "> /etc/passwd",
    };

    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        start("<StringParameter Name='a' Switch=' -a \"b c\" '/>"
              "<StringParameter Name='p' Switch=''/>");
        set("a", hostile[i]);
        set("p", hostile[i]);
        expect_words(NULL, WORDS("-a", "b c", hostile[i], hostile[i]));
    }
}

static void test_dash(void **state)
{
    (void)state;
    start("<StringParameter Name='a' Switch='-a'/>");
    set("a", "--option");
    expect_refused(ERROR_INVALID, "a: begins with '-'");

    start("<StringParameter Name='a' Switch='-a'/>");
    set("a", " --option"); /* a blank before it: no option */
    expect_words(NULL, WORDS("-a", " --option"));

    start("<StringParameter Name='a' Switch='-a'/>");
    set("a", "--option");
    plugin->actions->params->dash = true;
    expect_words(NULL, WORDS("-a", "--option"));

    start("<StringParameter Name='a' Switch=''><DefaultInput>"
          "<StaticInput Value='-T4 -F'/></DefaultInput></StringParameter>");
    expect_words(NULL, WORDS("-T4 -F"));

    start("<StringParameter Name='a' Switch=''><DefaultInput>"
          "<StaticInput Value='-T4 -F'/></DefaultInput></StringParameter>");
    set("a", "-T5"); /* not the manifest's own */
    expect_refused(ERROR_INVALID, "begins with '-'");
}

static void test_empty(void **state)
{
    static const char params[] = "<StringParameter Name='a' Switch='-a'/>"
                                 "<StringParameter Name='p' Switch=' '/>"
                                 "<StringParameter Name='b' Switch='-b'/>";

    (void)state;
    start(params);
    set("b", "x");
    expect_words(NULL, WORDS("-a", "", "", "-b", "x"));
    start(params);
    plugin->actions->empty_omitted = true;
    set("a", "");
    set("b", "x");
    expect_words(NULL, WORDS("", "-b", "x")); /* positions are kept */
}

static void expect_flag(const char *value, size_t count)
{
    start("<StringParameter Name='a' Switch='-force -now'/>"
          "<ConstantParameter Switch='z'/>");
    plugin->actions->params->type = TYPE_FLAG;
    set("a", value);
    if (count)
        expect_words(NULL, WORDS("-force", "-now", "z"));
    else
        expect_words(NULL, WORDS("z"));
}

static void test_flag(void **state)
{
    (void)state;
    expect_flag("true", 2);
    expect_flag("1", 2);
    expect_flag("Yes", 2);
    expect_flag("False", 0);
    expect_flag("0", 0);
    expect_flag("no", 0);
    expect_flag("", 0);
    start("<StringParameter Name='a' Switch='-force'/>");
    plugin->actions->params->type = TYPE_FLAG;
    set("a", "maybe");
    expect_refused(ERROR_INVALID, "a flag is true or false");
}

static void test_via(void **state)
{
    (void)state;
    start("<StringParameter Name='a' Switch='-a'/>"
          "<StringParameter Name='e' Switch='-e'/>"
          "<StringParameter Name='i' Switch='-i'/>");
    plugin->actions->params[1].via = VIA_ENV;
    plugin->actions->params[1].via_name = alloc_text("FW_KEY");
    plugin->actions->params[2].via = VIA_STDIN;
    set("a", "x");
    set("e", "se=cret");
    set("i", "line\nline");
    assert_int_equal(build(NULL), 0);
    assert_int_equal(argv.words.len, 3);
    assert_string_equal(argv.words.items[2], "x");
    assert_int_equal(argv.env.len, 1);
    assert_string_equal(argv.env.items[0], "FW_KEY=se=cret");
    assert_int_equal(argv.input_len, 9);
    assert_memory_equal(argv.input, "line\nline", 9);
    end();
}

static void test_secret(void **state)
{
    (void)state;
    start("<StringParameter Name='u' Switch='-u'/><EncryptedParameter>"
          "<StringParameter Name='p' Switch='-p'/></EncryptedParameter>");
    set("u", "x");
    set("p", "pw");
    assert_int_equal(build(NULL), 0);
    assert_int_equal(argv.words.len, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(argv.secret[i], i == 4);
    end();
}

static void test_nul(void **state)
{
    (void)state;
    start("<StringParameter Name='a' Switch='-a'/>");
    values_set(&values, 0, (struct str){"x\0y", 3});
    expect_refused(ERROR_INVALID, "a: holds a NUL byte");
}

static char *letters(size_t count)
{
    char *text = alloc_zeroed(count + 1, 1);

    memset(text, 'x', count);
    return text;
}

static void test_value_limit(void **state)
{
    char *longest = letters(ARGV_VALUE_MAX);
    char *longer = letters(ARGV_VALUE_MAX + 1);

    (void)state;
    start("<StringParameter Name='a' Switch=''/>");
    set("a", longest);
    expect_words(NULL, WORDS(longest));
    start("<StringParameter Name='a' Switch=''/>");
    set("a", longer);
    expect_refused(ERROR_LIMIT, "a: 8193 bytes");
    free(longest);
    free(longer);
}

/* Sixteen values, and how long the last of them is, so that all words with
 * their NULs have `total` bytes; "c" is the Command. */
static void start_total(size_t total)
{
    struct buf params = {0};
    char *full = letters(ARGV_VALUE_MAX - 1);
    char *rest = letters(total - 2 - 15 * ARGV_VALUE_MAX - 1);
    char name[32];

    for (int i = 0; i < 16; i++)
        buf_printf(&params, "<StringParameter Name='p%d'/>", i);
    start(params.data);
    for (int i = 0; i < 16; i++) {
        snprintf(name, sizeof name, "p%d", i);
        set(name, i < 15 ? full : rest);
    }
    buf_free(&params);
    free(full);
    free(rest);
}

static void test_total_limit(void **state)
{
    (void)state;
    start_total(ARGV_TOTAL_MAX);
    assert_int_equal(build(NULL), 0);
    assert_int_equal(argv.words.len, 17);
    end();
    start_total(ARGV_TOTAL_MAX + 1);
    expect_refused(ERROR_LIMIT, "more than 131072 bytes");
}

static void test_defaults(void **state)
{
    struct alarm *alarm = alarm_of("{\"SIP\":\"192.0.2.1\",\"DPort\":443}");
    char date[CLOCK_TEXT];

    (void)state;
    start("<StringParameter Name='given'><DefaultInput><SIP/></DefaultInput>"
          "</StringParameter>"
          "<StringParameter Name='ip'><DefaultInput><SIP/></DefaultInput>"
          "</StringParameter>"
          "<StringParameter Name='port'><DefaultInput><DPort/></DefaultInput>"
          "</StringParameter>"
          "<StringParameter Name='date'><DefaultInput><AlarmDate>"
          "<TimeFormat/></AlarmDate></DefaultInput></StringParameter>"
          "<StringParameter Name='user'><DefaultInput><Login/></DefaultInput>"
          "</StringParameter>"
          "<StringParameter Name='none'/>");
    set("given", "");
    clock_format(alarm->time, date);
    expect_words(alarm, WORDS("", "192.0.2.1", "443", date, "", ""));

    start("<StringParameter Name='ip'><DefaultInput><SIP/></DefaultInput>"
          "</StringParameter>");
    expect_words(NULL, WORDS("")); /* no alarm */
    alarm_unref(alarm);
}

static void test_copy(void **state)
{
    struct values copy;

    (void)state;
    start("<StringParameter Name='a'/><StringParameter Name='b'/>");
    set("a", "x");
    copy = values_copy(&values);
    set("a", "y");
    assert_int_equal(copy.len, 2);
    assert_true(copy.items[0].given);
    assert_string_equal(copy.items[0].text, "x");
    assert_false(copy.items[1].given);
    assert_null(copy.items[1].text);
    values_free(&copy);
    end();
}

static void test_program(void **state)
{
    struct words program;

    (void)state;
    start("<StringParameter Name='a' Switch='-a'/>");
    words_add(&plugin->actions->program, "/usr/bin/pwsh");
    words_add(&plugin->actions->program, "-NoLogo");
    set("a", "x");
    assert_int_equal(build(NULL), 0);
    program = argv_program(plugin->actions, &argv);
    assert_int_equal(program.len, 4);
    assert_string_equal(program.items[0], "/usr/bin/pwsh");
    assert_string_equal(program.items[1], "-NoLogo");
    assert_string_equal(program.items[2], "-a");
    assert_string_equal(program.items[3], "x");
    words_free(&program);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_hostile_values),
        cmocka_unit_test(test_dash),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_flag),
        cmocka_unit_test(test_via),
        cmocka_unit_test(test_secret),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_value_limit),
        cmocka_unit_test(test_total_limit),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
