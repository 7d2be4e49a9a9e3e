#include "lines_help.h"

#define HEAD "CEF:0|V|P|1|100|N|5|"
#define CEF(event, severity)                                                   \
    "{\"cef\":{\"version\":\"0\",\"vendor\":\"V\",\"product\":\"P\","          \
    "\"product_version\":\"1\",\"event_class\":\"100\",\"name\":\"" event      \
    "\",\"severity\":\"" severity "\"},"
#define WITH(ext, custom)                                                      \
    CEF("N", "5") "\"ext\":{" ext "},\"custom\":{" custom "},\"syslog\":{}}"

static void good(const char *line, const char *want)
{
    line_is(source_parse_cef, line, want);
}

static void bad(const char *line, const char *why)
{
    line_refused(source_parse_cef, line, why);
}

static void the_header_has_seven_parts(void **state)
{
    (void)state;
    good(HEAD, WITH("", ""));
    good("CEF:0| V |P|1|100| N |5|  ", WITH("", ""));
    good("CEF:0|V|P|1|100|a\\|b\\\\c=d|Very-High|",
         CEF("a|b\\\\c=d",
             "Very-High") "\"ext\":{},\"custom\":{},\"syslog\":{}}");
    bad("CEF:0|V|P|1|100|N|5", "ends in its part 7 of 7 (severity)");
    bad("CEF:0|V|P|1|100|N", "ends in its part 6 of 7 (name)");
    bad("CEF:", "ends in its part 1 of 7 (version)");
    bad("CEF:0|V\\|P|1|100|N|5|", "ends in its part 7 of 7");
    bad("CEF:0|V\\", "a | is missing");
    bad("CEF:0|V\\=|P|1|100|N|5|", "the header: no escape begins \"\\=\"");
    bad("CEF:x|V|P|1|100|N|5|", "version is a number");
    bad("CEF:|V|P|1|100|N|5|", "version is a number");
    bad("CEF:1.|V|P|1|100|N|5|", "version is a number");
}

static void values_hold_blanks(void **state)
{
    (void)state;
    good(HEAD "a=1 b=two words  c= d=4 ",
         WITH("\"a\":\"1\",\"b\":\"two words\",\"c\":\"\",\"d\":\"4\"", ""));
    good(HEAD "msg=x  y z", WITH("\"msg\":\"x  y z\"", ""));
    good(HEAD "ad.f[0]=1 _x-y=2", WITH("\"ad.f[0]\":\"1\",\"_x-y\":\"2\"", ""));
    good(HEAD "request=http://e/?a=1&b=2 src=192.0.2.1",
         WITH("\"request\":\"http://e/?a=1&b=2\",\"src\":\"192.0.2.1\"", ""));
    good(HEAD "a==", WITH("\"a\":\"=\"", ""));
    bad(HEAD "words", "does not begin with key=value");
    bad(HEAD "=1", "does not begin with key=value");
    bad(HEAD "a b=1", "does not begin with key=value");
}

static void escapes_are_undone(void **state)
{
    (void)state;
    good(HEAD "a=1\\=2\\\\3\\n4\\r5\\|6|7",
         WITH("\"a\":\"1=2\\\\3\\n4\\r5|6|7\"", ""));
    good(HEAD "a=x b\\=c d=2", WITH("\"a\":\"x b=c\",\"d\":\"2\"", ""));
    good(HEAD "a=x\\\\ b=2", WITH("\"a\":\"x\\\\\",\"b\":\"2\"", ""));
    bad(HEAD "file=C:\\Windows", "no escape begins \"\\Windows\"");
    bad(HEAD "a=\\", "no escape begins");
    bad(HEAD "a=x\\ b=2", "no escape begins");
}

static void a_key_is_there_once(void **state)
{
    (void)state;
    bad(HEAD "src=192.0.2.1 src=192.0.2.2", "the key \"src\" is there twice");
    bad(HEAD "msg=hello src=1 dst=2 src=3", "\"src\" is there twice");
}

static void labels_name_values(void **state)
{
    (void)state;
    good(HEAD "cs1=v cs1Label=Policy.x cn1Label=Hits cs2Label= cs2=w Label=q",
         WITH("\"cs1\":\"v\",\"cs1Label\":\"Policy.x\",\"cn1Label\":\"Hits\","
              "\"cs2Label\":\"\",\"cs2\":\"w\",\"Label\":\"q\"",
              "\"Policy.x\":\"v\""));
    good(HEAD "cs1=1 cs1Label=a cs2=2 cs2Label=a",
         WITH("\"cs1\":\"1\",\"cs1Label\":\"a\",\"cs2\":\"2\","
              "\"cs2Label\":\"a\"",
              "\"a\":\"1\""));
}

static void hostile_lines_are_refused(void **state)
{
    static const char nul[] = HEAD "a=\0b";

    (void)state;
    bad("", "no CEF:");
    bad("cef:0|V|P|1|100|N|5|", "no CEF:");
    bad("Dec 10 06:55:46 h sshd[1]: Invalid user CEF:0|V|P|1|100|N|5|",
        "no CEF:");
    bad(HEAD "a=\xff", "no UTF-8");
    bytes_refused(source_parse_cef, (struct str){nul, sizeof nul - 1},
                  "a NUL byte");
    line_limits(source_parse_cef, HEAD, " ");
}

/* ---- random lines written by the format's rules ------------------------- */

static void put_escaped(struct buf *line, const char *text, bool header)
{
    for (; *text; text++) {
        char c = *text;

        if (c == '\\' || c == (header ? '|' : '='))
            buf_add_byte(line, '\\');
        if (c == '\n' || c == '\r')
            buf_add_text(line, c == '\n' ? "\\n" : "\\r");
        else
            buf_add_byte(line, c);
    }
}

enum { KEYS = 12 };

static void round_trip(void)
{
    struct buf line = {0};
    char *keys[KEYS], *values[KEYS];
    char *name = random_text("ab |\\=.", 12);
    size_t count = (size_t)rand() % (KEYS + 1);
    struct error error = {0};
    struct json_doc *doc;
    const struct json *ext;

    buf_add_text(&line, "CEF:0|V|P|1|100|");
    put_escaped(&line, name, true);
    buf_add_text(&line, "|5|");
    for (size_t i = 0; i < count; i++) {
        char *tail = random_text("abcXYZ019_.-[]", 8);

        keys[i] = alloc_printf("k%zu_%s", i, tail);
        values[i] = random_text("ab =|\\\n\r", 20);
        buf_printf(&line, "%s%s=", i ? " " : "", keys[i]);
        put_escaped(&line, values[i], false);
        free(tail);
    }
    doc = source_parse_cef(buf_str(&line), &error);
    if (!doc)
        fail_msg("%s: %s", line.data, error.text);
    ext = json_member(json_root(doc), "ext");
    assert_int_equal(ext->as.list.len, count);
    assert_true(
        str_is(json_path(json_root(doc), str_of("cef.name"))->as.text, name));
    for (size_t i = 0; i < count; i++) {
        const struct json *value = json_member(ext, keys[i]);

        if (!value || !str_is(value->as.text, values[i]))
            fail_msg("%s: %s is not %s", line.data, keys[i], values[i]);
        free(keys[i]);
        free(values[i]);
    }
    json_free(doc);
    buf_free(&line);
    free(name);
}

static void what_was_written_is_read(void **state)
{
    unsigned seed = test_seed();

    (void)state;
    print_message("# SEED=%u\n", seed);
    srand(seed);
    for (int i = 0; i < 5000; i++)
        round_trip();
    survives(source_parse_cef, "<1>1 - - " HEAD "a=1 ", 20000);
    survives(source_parse_cef, HEAD "a=1 cs1Label=x cs1=", 20000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_has_seven_parts),
        cmocka_unit_test(values_hold_blanks),
        cmocka_unit_test(escapes_are_undone),
        cmocka_unit_test(a_key_is_there_once),
        cmocka_unit_test(labels_name_values),
        cmocka_unit_test(hostile_lines_are_refused),
        cmocka_unit_test(what_was_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
