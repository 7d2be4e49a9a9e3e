#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "model/json_out.h"
#include "model/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Sources are written here as JSON with ' for ", as data files come to be. */
static struct json_doc *data_of(const char *text)
{
    char *json = alloc_text(text);
    struct error error = {0};
    struct json_doc *doc;

    for (char *p = json; *p; p++)
        if (*p == '\'')
            *p = '"';
    doc = json_parse(str_of(json), "s.lua", 3, &error);
    if (!doc)
        fail_msg("%s: %s", error.text, json);
    free(json);
    return doc;
}

static struct source *compiled(const char *text)
{
    struct json_doc *data = data_of(text);
    struct error error = {0};
    struct source *source = source_compile(json_root(data), "s.lua", &error);

    if (!source)
        fail_msg("%s", error.text);
    json_free(data); /* the source keeps nothing of it */
    return source;
}

static void faulty(const char *text, const char *why)
{
    struct json_doc *data = data_of(text);
    struct error error = {0};

    assert_null(source_compile(json_root(data), "s.lua", &error));
    assert_int_equal(error.code, ERROR_INVALID);
    assert_string_equal(error.where, "s.lua");
    if (!strstr(error.text, why))
        fail_msg("\"%s\" does not say \"%s\"", error.text, why);
    json_free(data);
}

static int64_t at(const char *text)
{
    int64_t ms = 0;

    assert_int_equal(clock_parse(str_of(text), 0, &ms), 0);
    return ms;
}

static struct alarm *decoded(const char *config, const char *record)
{
    struct source *source = compiled(config);
    struct error error = {0};
    struct alarm *alarm = NULL;

    if (source_decode(source, str_of(record), at("2026-11-24T12:00:00Z"),
                      &alarm, &error) != 1)
        fail_msg("%s: %s", record, error.text);
    source_free(source);
    return alarm;
}

static void fields_are(const char *config, const char *record, const char *want)
{
    struct alarm *alarm = decoded(config, record);
    struct buf got = {0};
    struct json_out out = {.buf = &got};

    json_put_value(&out, alarm->fields);
    assert_string_equal(got.data, want);
    buf_free(&got);
    alarm_unref(alarm);
}

static void refused(const char *config, const char *record, const char *why)
{
    struct source *source = compiled(config);
    struct error error = {0};
    struct alarm *alarm = NULL;

    assert_true(source_decode(source, str_of(record), 0, &alarm, &error) < 0);
    assert_null(alarm);
    if (!strstr(error.text, why))
        fail_msg("\"%s\" does not say \"%s\"", error.text, why);
    source_free(source);
}

static void skipped(const char *config, const char *record)
{
    struct source *source = compiled(config);
    struct alarm *alarm = NULL;

    assert_int_equal(source_decode(source, str_of(record), 0, &alarm, NULL), 0);
    assert_null(alarm);
    source_free(source);
}

#define NAMED                                                                  \
    "{'name':'g','format':'json','named':true,'id_field':'AlarmId',"           \
    "'time_field':'AlarmDate'}"

static void canonical_names_are_fields(void **state)
{
    (void)state;
    fields_are(NAMED, "{\"SIP\":\"1.2.3.4\",\"x\":1,\"sip\":2,\"DPort\":443}",
               "{\"SIP\":\"1.2.3.4\",\"DPort\":443}");
    fields_are(NAMED, "{}", "{}");
}

static void values_take_their_fields_kind(void **state)
{
    (void)state;
    fields_are(NAMED,
               "{\"Login\":1001,\"Object\":true,\"Subject\":1.5,"
               "\"SPort\":\"22\",\"Rate\":\"0.5\",\"Size\":\" 7 \"}",
               "{\"Login\":\"1001\",\"Object\":\"true\",\"Subject\":\"1.5\","
               "\"SPort\":22,\"Rate\":0.5,\"Size\":7}");
    fields_are(NAMED, "{\"SIP\":null,\"SPort\":\"\",\"Login\":\"\"}",
               "{\"Login\":\"\"}");
    fields_are(NAMED, "{\"BytesIn\":18446744073709551615}",
               "{\"BytesIn\":18446744073709551615}");
}

/* LogRhythm's console marks known hosts so; however the field is filled. */
static void hosts_lose_their_mark(void **state)
{
    (void)state;
    fields_are(NAMED,
               "{\"SHostName\":\"pc1 *\",\"DHostName\":\"pc2  *\","
               "\"KnownSHost\":\"pc 3 *\",\"KnownDHost\":\"pc4\"}",
               "{\"SHostName\":\"pc1\",\"DHostName\":\"pc2\","
               "\"KnownSHost\":\"pc 3\",\"KnownDHost\":\"pc4\"}");
    fields_are(NAMED,
               "{\"SHostName\":\"*\",\"DHostName\":\" *\","
               "\"KnownSHost\":\"pc*\",\"KnownDHost\":\"pc * *\"}",
               "{\"SHostName\":\"*\",\"DHostName\":\" *\","
               "\"KnownSHost\":\"pc*\",\"KnownDHost\":\"pc *\"}");
    fields_are(NAMED, "{\"Object\":\"a *\",\"SHostName\":\"\"}",
               "{\"Object\":\"a *\",\"SHostName\":\"\"}");
    fields_are("{'name':'t','format':'json','fields':{'DHostName':'h'}}",
               "{\"h\":\"pc1 *\"}", "{\"DHostName\":\"pc1\"}");
    fields_are("{'name':'t','format':'lines','patterns':[{'re':"
               "'(?<SHostName>.*)'}]}",
               "pc1 *", "{\"SHostName\":\"pc1\",\"Message\":\"pc1 *\"}");
}

static void dates_are_in_the_sources_zone(void **state)
{
    static const char config[] =
        "{'name':'t','format':'json','named':true,'zone':'-05:00'}";

    (void)state;
    fields_are(config,
               "{\"AlarmDate\":\"2026-11-24 05:50:21\","
               "\"NormalMessageDate\":\"2026-11-24T05:50:21+01:00\"}",
               "{\"AlarmDate\":\"2026-11-24T10:50:21.000Z\","
               "\"NormalMessageDate\":\"2026-11-24T05:50:21+01:00\"}");
    fields_are(config, "{\"AlarmDate\":\"today\",\"NormalMessageDate\":7}",
               "{\"AlarmDate\":\"today\",\"NormalMessageDate\":\"7\"}");
}

static void values_that_cannot_are_refused(void **state)
{
    static const char *const numbers[] = {
        "abc",
        "0x10",
        "1 2",
        "inf",
        "nan",
        "1e999",
        "22/tcp",
        "-",
        "9223372036854775808",
        "1e",
        "12345678901234567890123456789012345678901",
    };

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char *record = alloc_printf("{\"SPort\":\"%s\"}", numbers[i]);

        refused(NAMED, record, "a number was expected");
        free(record);
    }
    refused(NAMED, "{\"SPort\":true}", "SPort is no number and no text");
    refused(NAMED, "{\"SIP\":[\"1.2.3.4\"]}",
            "SIP is a list or a table: a text was expected");
    refused(NAMED, "[1]", "an alarm is a JSON object");
    refused(NAMED, "{\"SIP\":1,\"SIP\":2}", "stands twice");
    refused(NAMED, "{", "not JSON");
}

static void ids_come_from_their_field(void **state)
{
    struct alarm *alarm = decoded(NAMED, "{\"AlarmId\":42}");

    (void)state;
    assert_string_equal(alarm->own_id, "42");
    assert_string_equal(alarm->source, "g");
    assert_int_equal(alarm->refs, 1);
    assert_int_equal(alarm->count, 1);
    assert_int_equal(alarm->raw_len, 14);
    alarm_unref(alarm);
    alarm = decoded(NAMED, "{\"AlarmId\":\"\"}");
    assert_null(alarm->own_id);
    alarm_unref(alarm);
    refused(NAMED, "{\"AlarmId\":\"a\\u0000b\"}", "NUL");
    refused("{'name':'g','format':'json','id_field':'i'}", "{\"i\":[]}",
            "the id is a list or a table");
}

static void time_is(const char *keys, const char *value, const char *want)
{
    char *config =
        alloc_printf("{'name':'g','format':'json','time_field':'t'%s}", keys);
    char *record = alloc_printf("{\"t\":%s}", value);
    struct alarm *alarm = decoded(config, record);

    assert_int_equal(alarm->time, at(want));
    alarm_unref(alarm);
    free(config);
    free(record);
}

static void times_are_read_by_their_format(void **state)
{
    (void)state;
    time_is("", "\"2015-03-21T08:20:25.821-0600\"", "2015-03-21T14:20:25.821Z");
    time_is("", "null", "2026-11-24T12:00:00Z");
    time_is("", "\"2026-01-01T00:00:00\"", "2026-01-01T00:00:00Z");
    time_is(",'zone':'+01:00'", "\"2026-01-01T00:00:00\"",
            "2025-12-31T23:00:00Z");
    time_is(",'zone':'Z'", "\"2026-01-01T00:00:00+02:00\"",
            "2025-12-31T22:00:00Z");
    time_is(",'time_format':'syslog'", "\"Dec 10 06:55:46\"",
            "2025-12-10T06:55:46Z");
    time_is(",'time_format':'epoch'", "1418194546", "2014-12-10T06:55:46Z");
    time_is(",'time_format':'epoch'", "1418194546.25",
            "2014-12-10T06:55:46.25Z");
    time_is(",'time_format':'epoch'", "\"1418194546.5\"",
            "2014-12-10T06:55:46.5Z");
    time_is(",'time_format':'epoch_ms'", "1418194546001",
            "2014-12-10T06:55:46.001Z");
    time_is(",'time_format':['rfc3339','epoch']", "1418194546",
            "2014-12-10T06:55:46Z");
}

static void times_in_no_format_are_refused(void **state)
{
    (void)state;
    refused(NAMED, "{\"AlarmDate\":\"yesterday\"}",
            "the time \"yesterday\" is not in the source's time_format "
            "(rfc3339)");
    refused(NAMED, "{\"AlarmDate\":1418194546}", "time_format");
    refused("{'name':'g','format':'json','time_field':'t',"
            "'time_format':'epoch'}",
            "{\"t\":1e300}", "time_format");
    refused("{'name':'g','format':'json','time_field':'t',"
            "'time_format':'epoch'}",
            "{\"t\":\"0x10\"}", "time_format");
}

static void fields_are_taken_by_path(void **state)
{
    static const char config[] =
        "{'name':'m','format':'json','fields':{"
        "'SIP':['src.ip','src_ip'],'DIP':'dst[2]',"
        "'AlarmRuleName':{'value':'rule'},"
        "'Login':{'path':'who','re':'^CORP.([a-z]+)'},"
        "'Domain':[{'path':'who','re':'^[A-Z]+'},{'value':'none'}],"
        "'extra':'n'}}";

    (void)state;
    fields_are(config,
               "{\"src_ip\":\"a\",\"dst\":[\"b\",\"c\"],"
               "\"who\":\"CORP/jim2\",\"n\":[1]}",
               "{\"SIP\":\"a\",\"DIP\":\"c\",\"AlarmRuleName\":\"rule\","
               "\"Login\":\"jim\",\"Domain\":\"CORP\",\"extra\":[1]}");
    fields_are(config, "{\"src\":{\"ip\":\"x\"},\"src_ip\":\"a\",\"who\":5}",
               "{\"SIP\":\"x\",\"AlarmRuleName\":\"rule\",\"Domain\":"
               "\"none\"}");
}

static void a_mapped_field_wins_over_a_named_one(void **state)
{
    (void)state;
    fields_are("{'name':'m','format':'json','named':true,"
               "'fields':{'SIP':'ip','DIP':'none'}}",
               "{\"SIP\":\"wrong\",\"DIP\":\"d\",\"ip\":\"right\"}",
               "{\"SIP\":\"right\",\"DIP\":\"d\"}");
}

static void records_of_other_kinds_are_skipped(void **state)
{
    static const char config[] =
        "{'name':'m','format':'json','only':{'event.kind':['alert',7],"
        "'ok':true}}";

    (void)state;
    fields_are(config, "{\"event\":{\"kind\":\"alert\"},\"ok\":true}", "{}");
    fields_are(config, "{\"event\":{\"kind\":7},\"ok\":true}", "{}");
    skipped(config, "{\"event\":{\"kind\":\"flow\"},\"ok\":true}");
    skipped(config, "{\"event\":{\"kind\":\"alert\"},\"ok\":false}");
    skipped(config, "{\"event\":{\"kind\":\"alert\"}}");
    skipped(config, "{}");
}

#define LINES                                                                  \
    "{'name':'l','format':'lines','time_format':'syslog',"                     \
    "'prefix':'^(?<time>[A-Z][a-z]+ [ 0-9]+ [0-9:]+) (?<DHostName>[^ ]+) ',"   \
    "'patterns':[{'re':'(?:(?<count>[0-9]+) x )?bad (?<Login>.*) from "        \
    "(?<SIP>[^ ]+) port (?<SPort>[^ ]+)','fields':{'AlarmRuleName':'bad'}},"   \
    "{'re':'good (?<who>[a-z]+)( .*)?','fields':{'AlarmRuleName':'good',"      \
    "'SPort':22}},{'re':'id (?<id>.*)'}]}"

static void the_first_pattern_that_matches_makes_the_alarm(void **state)
{
    (void)state;
    fields_are(LINES, "Dec 10 06:55:46 h bad jim from 1.2.3.4 port 9",
               "{\"AlarmRuleName\":\"bad\",\"DHostName\":\"h\",\"Login\":"
               "\"jim\",\"SIP\":\"1.2.3.4\",\"SPort\":9,\"Message\":\"Dec 10 "
               "06:55:46 h bad jim from 1.2.3.4 port 9\"}");
    fields_are(LINES, "Dec 10 06:55:46 h good bob",
               "{\"AlarmRuleName\":\"good\",\"SPort\":22,\"DHostName\":\"h\","
               "\"who\":\"bob\",\"Message\":\"Dec 10 06:55:46 h good bob\"}");
}

static void a_line_has_time_count_and_id(void **state)
{
    struct alarm *alarm =
        decoded(LINES, "Dec  1 06:55:46 h 5 x bad jim from a port 9");

    (void)state;
    assert_int_equal(alarm->count, 5);
    assert_int_equal(alarm->time, at("2025-12-01T06:55:46Z"));
    assert_null(alarm->own_id);
    assert_null(alarm->record);
    alarm_unref(alarm);
    alarm = decoded(LINES, "Dec 10 06:55:46 h id 77");
    assert_string_equal(alarm->own_id, "77");
    alarm_unref(alarm);
}

static void a_pattern_matches_the_whole_line(void **state)
{
    (void)state;
    skipped(LINES, "Dec 10 06:55:46 h bad jim from a port 9 more");
    skipped(LINES, "Dec 10 06:55:46 h so bad jim from a port 9");
    skipped(LINES, "x Dec 10 06:55:46 h bad jim from a port 9");
    skipped(LINES, "bad jim from a port 9");
    skipped(LINES, "Dec 10 06:55:46 h good bob\n");
    skipped(LINES, "");
}

static void the_last_address_of_a_line_wins(void **state)
{
    struct alarm *alarm = decoded(
        LINES, "Dec 10 06:55:46 h bad root from 9.9.9.9 port 1 from 1.2.3.4 "
               "port 2");

    (void)state;
    assert_true(str_is(alarm_get(alarm, str_of("SIP"))->as.text, "1.2.3.4"));
    assert_true(str_is(alarm_get(alarm, str_of("Login"))->as.text,
                       "root from 9.9.9.9 port 1"));
    alarm_unref(alarm);
}

static void lines_that_cannot_be_alarms_are_refused(void **state)
{
    (void)state;
    refused(LINES, "Dec 10 06:55:46 h bad \xff from a port 9",
            "not UTF-8 at byte 22");
    refused(LINES, "Dec 10 06:55:46 h bad jim from a port x",
            "SPort is \"x\": a number was expected");
    refused(LINES, "Dec 32 06:55:46 h bad jim from a port 1", "time");
    refused(LINES, "Dec 10 06:55:46 h 0 x bad jim from a port 1", "count");
    refused(LINES, "Dec 10 06:55:46 h 1000000001 x bad jim from a port 1",
            "count is not a whole number from 1 to 1000000000");
    refused("{'name':'l','format':'lines','patterns':[{'re':'(a+)+b?'}]}",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
            "too costly");
}

static void count_of(const char *json, int64_t want)
{
    struct alarm *alarm =
        decoded("{'name':'g','format':'json','count_field':'n'}", json);

    assert_int_equal(alarm->count, want);
    alarm_unref(alarm);
}

static void json_has_a_count_too(void **state)
{
    (void)state;
    count_of("{\"n\":3}", 3);
    count_of("{\"n\":\"1000000000\"}", 1000000000);
    count_of("{}", 1);
    refused("{'name':'g','format':'json','count_field':'n'}", "{\"n\":1.5}",
            "count");
    refused("{'name':'g','format':'json','count_field':'n'}", "{\"n\":-1}",
            "count");
}

static int fit(const char *config, const char *record)
{
    struct source *source = compiled(config);
    int fits = source_fits(source, str_of(record));

    source_free(source);
    return fits;
}

#define TAKING(more)                                                           \
    "{'name':'g','format':'json'," more ","                                    \
    "'fields':{'Login':['a','b'],'SPort':'p','own':'c'}}"

static void a_source_says_what_is_none(void **state)
{
    (void)state;
    fields_are(TAKING("'absent':['',-1,'N/A']"),
               "{\"a\":\"\",\"b\":\"x\",\"p\":-1,\"c\":\"N/A\"}",
               "{\"Login\":\"x\"}");
    fields_are(TAKING("'absent':[-1]"),
               "{\"a\":\"\",\"b\":\"x\",\"p\":-2,\"c\":\"-1\"}",
               "{\"Login\":\"\",\"SPort\":-2,\"own\":\"-1\"}");
    faulty("{'name':'g','format':'json','absent':[[]]}",
           "absent is a list of texts and numbers");
}

static void of_a_list_the_first_may_be_meant(void **state)
{
    (void)state;
    fields_are(TAKING("'first':true"),
               "{\"a\":[],\"b\":[[\"x\"],\"y\"],\"p\":[1,2],\"c\":[3]}",
               "{\"Login\":\"x\",\"SPort\":1,\"own\":3}");
    refused(TAKING("'first':false"), "{\"a\":[\"x\"]}",
            "Login is a list or a table");
    refused(TAKING("'first':true"), "{\"a\":{}}", "Login is a list or a table");
}

static void a_map_says_what_values_stand_for(void **state)
{
    static const char config[] =
        "{'name':'g','format':'json','fields':{"
        "'Direction':{'path':'d','map':{'0':'in','1':'out','x':null}},"
        "'SPort':{'path':'p','re':'p(.*)','map':{'web':443}}}}";

    (void)state;
    fields_are(config, "{\"d\":0,\"p\":\"pweb\"}",
               "{\"Direction\":\"in\",\"SPort\":443}");
    fields_are(config, "{\"d\":\"1\",\"p\":\"p80\"}",
               "{\"Direction\":\"out\",\"SPort\":80}");
    fields_are(config, "{\"d\":2,\"p\":\"web\"}", "{\"Direction\":\"2\"}");
    fields_are(config, "{\"d\":\"x\"}", "{}");
    faulty("{'name':'g','format':'json','fields':{'SIP':{'path':'p','map':1}}}",
           "map is a table");
    faulty("{'name':'g','format':'json','fields':{'SIP':{'path':'p',"
           "'map':{'a':[]}}}}",
           "map is a table");
    faulty("{'name':'g','format':'json','fields':{'SIP':{'value':1,"
           "'map':{'1':2}}}}",
           "a field is {");
}

static void id_time_and_count_have_places(void **state)
{
    struct alarm *alarm = decoded(
        "{'name':'g','format':'json','id_field':['i','j'],"
        "'time_field':['t','u'],'count_field':['n','m'],'absent':['']}",
        "{\"i\":\"\",\"j\":\"7\",\"u\":\"2026-01-02T03:04:05Z\",\"m\":4}");

    (void)state;
    assert_string_equal(alarm->own_id, "7");
    assert_int_equal(alarm->time, at("2026-01-02T03:04:05Z"));
    assert_int_equal(alarm->count, 4);
    alarm_unref(alarm);
    faulty("{'name':'g','format':'json','time_field':[]}",
           "time_field is a path or a list of paths");
    faulty("{'name':'g','format':'json','id_field':['a',1]}",
           "id_field is a path or a list of paths");
    faulty("{'name':'g','format':'json','count_field':''}",
           "count_field is a path or a list of paths");
}

static void a_record_may_bring_its_times_pattern(void **state)
{
    static const char config[] =
        "{'name':'g','format':'json','time_field':'t',"
        "'time_pattern_field':'p','time_format':['epoch','cef']}";
    static const struct {
        const char *record, *time;
    } cases[] = {
        {"{\"t\":\"24/11/2026 06:55:46\",\"p\":\"dd/MM/yyyy HH:mm:ss\"}",
         "2026-11-24T06:55:46Z"},
        {"{\"t\":\"0\",\"p\":\"dd/MM/yyyy HH:mm:ss\"}", "1970-01-01T00:00:00Z"},
        {"{\"t\":\"Nov 24 2026 06:55:46\",\"p\":\"QQQ\"}",
         "2026-11-24T06:55:46Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alarm *alarm = decoded(config, cases[i].record);

        assert_int_equal(alarm->time, at(cases[i].time));
        alarm_unref(alarm);
    }
    refused(config, "{\"t\":\"gestern\",\"p\":\"QQQ\"}",
            "the time \"gestern\" is not in the source's time_format");
}

static void dates_become_rfc_3339(void **state)
{
    static const char config[] =
        "{'name':'g','format':'json','time_format':['epoch_ms','cef'],"
        "'fields':{'AlarmDate':'a','NormalMessageDate':'n'}}";

    (void)state;
    fields_are(config,
               "{\"a\":1795162542371,\"n\":\"Nov 24 2026 06:55:46 EST\"}",
               "{\"AlarmDate\":\"2026-11-20T08:15:42.371Z\","
               "\"NormalMessageDate\":\"2026-11-24T11:55:46.000Z\"}");
    fields_are(config, "{\"a\":\"2026-11-24 06:55:46\",\"n\":\"soon\"}",
               "{\"AlarmDate\":\"2026-11-24 06:55:46\","
               "\"NormalMessageDate\":\"soon\"}");
    fields_are("{'name':'g','format':'json',"
               "'fields':{'AlarmDate':'a','NormalMessageDate':'n'}}",
               "{\"a\":\"2026-11-20T08:15:42+0100\","
               "\"n\":\"2026-11-20T08:15:42.1+01:00\"}",
               "{\"AlarmDate\":\"2026-11-20T07:15:42.000Z\","
               "\"NormalMessageDate\":\"2026-11-20T08:15:42.1+01:00\"}");
}

static void fields_know_their_path(void **state)
{
    struct source *source = compiled(
        "{'name':'g','format':'json','absent':[''],'fields':{"
        "'Login':['a',{'path':'b','re':'x(.)'},'c'],'own':{'value':1}}}");
    struct alarm *alarm = NULL;
    struct str path;

    (void)state;
    assert_int_equal(source_decode(source,
                                   str_of("{\"a\":\"\",\"b\":\"y\",\"c\":2}"),
                                   0, &alarm, NULL),
                     1);
    path = source_origin(source, alarm, str_of("Login"));
    assert_true(str_is(path, "c"));
    assert_int_equal(source_origin(source, alarm, str_of("own")).len, 0);
    assert_int_equal(source_origin(source, alarm, str_of("SIP")).len, 0);
    alarm_unref(alarm);
    source_free(source);
}

static void sources_say_how_well_a_record_fits(void **state)
{
    static const char any[] =
        "{'name':'g','format':'json','detect':{'any':true}}";
    static const char some[] =
        "{'name':'s','format':'json','detect':{'paths':['a.b','c']}}";
    static const char re[] = "{'name':'l','format':'lines',"
                             "'detect':{'re':' sshd.'},"
                             "'patterns':[{'re':'x'}]}";

    static const char either[] =
        "{'name':'s','format':'json','detect':{'paths':[['a','b'],'c']}}";
    static const char cef[] =
        "{'name':'c','format':'cef','detect':{'any':true}}";
    static const char ours[] =
        "{'name':'o','format':'cef','detect':{'paths':['ext.src']}}";

    (void)state;
    assert_int_equal(fit(any, "{\"x\":1}"), 1);
    assert_int_equal(fit(any, "{}"), 0);
    assert_int_equal(fit(any, "[]"), 0);
    assert_int_equal(fit(any, "text"), 0);
    assert_true(fit(some, "{\"a\":{\"b\":1},\"c\":null}") > 1);
    assert_int_equal(fit(some, "{\"a\":{\"b\":1}}"), 0);
    assert_int_equal(fit(NAMED, "{}"), 0);
    assert_true(fit(re, "h sshd: noise") > 0);
    assert_int_equal(fit(re, "x"), 0);
    assert_true(fit(LINES, "Dec 10 06:55:46 h good bob") > 0);
    assert_int_equal(fit(either, "{\"b\":1,\"c\":1}"), 3);
    assert_int_equal(fit(either, "{\"b\":1}"), 0);
    assert_true(fit(cef, "CEF:0|broken") > fit(re, "h sshd: CEF:0|"));
    assert_int_equal(fit(cef, "h sshd: CEF:0|"), 0);
    assert_int_equal(fit(cef, "Dec 10 06:55:46 h sshd: CEF:0|"), 0);
    assert_int_equal(fit(cef, "Dec 10 06:55:46 h CEF: 0|"), 0);
    assert_true(fit(cef, "Dec 10 06:55:46 h CEF:0|") > 0);
    assert_true(fit(cef, "<13>1 - h a p m - CEF:0|") > 0);
    assert_int_equal(fit(cef, "{}"), 0);
    assert_true(fit(ours, "CEF:0|V|P|1|2|N|3|src=1") >
                fit(cef, "CEF:0|V|P|1|2|N|3|src=1"));
    assert_int_equal(fit(ours, "CEF:0|broken"), 0);
    assert_int_equal(fit(LINES, "{}"), 0);
}

static void unknown_names_name_their_nearest(void **state)
{
    (void)state;
    faulty("{'name':'g','format':'json','time_feld':'t'}",
           "source: unknown key \"time_feld\"; did you mean \"time_field\"?");
    faulty("{'name':'g','format':'json','qqqqqq':'t'}",
           "source: unknown key \"qqqqqq\"");
    faulty("{'name':'g','format':'json','fields':{'SLogin':'t'}}",
           "SLogin is no SmartResponse field (did you mean Login?)");
    faulty("{'name':'g','format':'json','fields':{'SIP':{'paht':'t'}}}",
           "did you mean \"path\"?");
    faulty("{'name':'g','format':'lines','patterns':[{'re':'x','fild':1}]}",
           "pattern: unknown key \"fild\"");
    faulty("{'name':'g','format':'lines','patterns':[{'re':'(?<Sip>x)'}]}",
           "Sip is no SmartResponse field (did you mean SIP?)");
    faulty("{'name':'g','format':'json','detect':{'pats':['x']}}",
           "did you mean \"paths\"?");
}

static void wrong_sources_are_refused(void **state)
{
    (void)state;
    faulty("[1]", "a source is a table");
    faulty("{'name':'g'}", "the key \"format\" is missing");
    faulty("{'format':'json'}", "the key \"name\" is missing");
    faulty("{'name':'g','format':'lines'}", "the key \"patterns\" is missing");
    faulty("{'name':'g','format':'xml'}", "format is \"json\", \"lines\"");
    faulty("{'name':'','format':'json'}", "name is empty");
    faulty("{'name':'A b','format':'json'}", "name is made of");
    faulty("{'name':1,'format':'json'}", "\"name\" is a text");
    faulty("{'name':'g','format':'json','named':1}", "is true or false");
    faulty("{'name':'g','format':'json','patterns':[]}",
           "\"patterns\" is only for format = \"lines\"");
    faulty("{'name':'g','format':'lines','fields':{},'patterns':[]}",
           "\"fields\" is not for format = \"lines\"");
    faulty("{'name':'g','format':'json','zone':'CET'}", "zone \"CET\"");
    faulty("{'name':'g','format':'json','zone':''}", "zone is a text");
    faulty("{'name':'g','format':'json','time_format':'iso'}",
           "none of rfc3339");
    faulty("{'name':'g','format':'json','time_format':[]}", "is empty");
    faulty("{'name':'g','format':'json','time_format':[1]}", "a text or a");
    faulty("{'name':'g','format':'json','detect':{'re':'x'}}", "detect is");
    faulty("{'name':'g','format':'json','detect':{'paths':[1]}}", "paths");
    faulty("{'name':'g','format':'json','detect':{'paths':'x'}}", "paths");
    faulty("{'name':'g','format':'json','detect':{'paths':7}}", "paths");
    faulty("{'name':'g','format':'json','detect':{'any':false}}", "any is");
    faulty("{'name':'g','format':'json','only':{'a':{'b':1}}}", "only:");
}

static void wrong_fields_and_patterns_are_refused(void **state)
{
    (void)state;
    faulty("{'name':'g','format':'json','fields':{'SIP':1}}",
           "a field is a path");
    faulty("{'name':'g','format':'json','fields':{'SIP':''}}",
           "a field is a path");
    faulty("{'name':'g','format':'json','fields':{'SIP':[]}}",
           "SIP: the list is empty");
    faulty("{'name':'g','format':'json','fields':{'SIP':{'re':'x'}}}",
           "a field is { path");
    faulty("{'name':'g','format':'json','fields':{'SIP':{'value':[1]}}}",
           "a field is { path");
    faulty("{'name':'g','format':'json','fields':{'SIP':{'path':'a',"
           "'re':'('}}}",
           "regular expression, byte 1");
    faulty("{'name':'g','format':'lines','patterns':[{'re':'('}]}",
           "regular expression, byte 1");
    faulty("{'name':'g','format':'lines','patterns':['x']}",
           "a pattern is a table");
    faulty("{'name':'g','format':'lines','patterns':[]}", "patterns is a");
    faulty("{'name':'g','format':'lines','patterns':[{'re':'(?<SIP>x)',"
           "'fields':{'SIP':'y'}}]}",
           "SIP is both a group and a constant");
    faulty("{'name':'g','format':'lines','prefix':'^(?<SIP>x)',"
           "'patterns':[{'re':'(?<SIP>y)'}]}",
           "the prefix has a group SIP too");
    faulty("{'name':'g','format':'lines','patterns':[{'re':'x',"
           "'fields':{'SIP':['a']}}]}",
           "SIP: a pattern's fields are constants");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_names_are_fields),
        cmocka_unit_test(values_take_their_fields_kind),
        cmocka_unit_test(hosts_lose_their_mark),
        cmocka_unit_test(dates_are_in_the_sources_zone),
        cmocka_unit_test(values_that_cannot_are_refused),
        cmocka_unit_test(ids_come_from_their_field),
        cmocka_unit_test(times_are_read_by_their_format),
        cmocka_unit_test(times_in_no_format_are_refused),
        cmocka_unit_test(fields_are_taken_by_path),
        cmocka_unit_test(a_mapped_field_wins_over_a_named_one),
        cmocka_unit_test(records_of_other_kinds_are_skipped),
        cmocka_unit_test(the_first_pattern_that_matches_makes_the_alarm),
        cmocka_unit_test(a_line_has_time_count_and_id),
        cmocka_unit_test(a_pattern_matches_the_whole_line),
        cmocka_unit_test(the_last_address_of_a_line_wins),
        cmocka_unit_test(lines_that_cannot_be_alarms_are_refused),
        cmocka_unit_test(json_has_a_count_too),
        cmocka_unit_test(a_source_says_what_is_none),
        cmocka_unit_test(of_a_list_the_first_may_be_meant),
        cmocka_unit_test(a_map_says_what_values_stand_for),
        cmocka_unit_test(id_time_and_count_have_places),
        cmocka_unit_test(a_record_may_bring_its_times_pattern),
        cmocka_unit_test(dates_become_rfc_3339),
        cmocka_unit_test(fields_know_their_path),
        cmocka_unit_test(sources_say_how_well_a_record_fits),
        cmocka_unit_test(unknown_names_name_their_nearest),
        cmocka_unit_test(wrong_sources_are_refused),
        cmocka_unit_test(wrong_fields_and_patterns_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
