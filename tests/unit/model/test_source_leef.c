#include "lines_help.h"

#define HEAD1 "LEEF:1.0|V|P|1|100|"
#define HEAD2 "LEEF:2.0|V|P|1|100|"
#define WITH(version, ext)                                                     \
    "{\"leef\":{\"version\":\"" version "\",\"vendor\":\"V\","                 \
    "\"product\":\"P\",\"product_version\":\"1\",\"event_id\":\"100\"},"       \
    "\"ext\":{" ext "},\"syslog\":{}}"
#define TWO(version) WITH(version, "\"a\":\"1\",\"b\":\"2 3\"")

static void good(const char *line, const char *want)
{
    line_is(source_parse_leef, line, want);
}

static void bad(const char *line, const char *why)
{
    line_refused(source_parse_leef, line, why);
}

static void the_header_has_five_parts(void **state)
{
    (void)state;
    good(HEAD1, WITH("1.0", ""));
    good("LEEF:1| V |P|1| 100 |a=1", WITH("1", "\"a\":\"1\""));
    bad("LEEF:1.0|V|P|1|100", "ends in its part 5 of 5 (event_id)");
    bad("LEEF:1.0|V", "ends in its part 2 of 5 (vendor)");
    bad("LEEF:", "ends in its part 1 of 5 (version)");
    bad("LEEF:3.0|V|P|1|100|", "1.0 or 2.0, not \"3.0\"");
    bad("LEEF:|V|P|1|100|", "1.0 or 2.0, not \"\"");
}

static void the_first_version_parts_by_tabs(void **state)
{
    (void)state;
    good(HEAD1 "a=1\tb=2 3", TWO("1.0"));
    good(HEAD1 "\t a = 1 \t\tb=2 3\t", TWO("1.0"));
    good(HEAD1 "a=1=2|3\\4^b=5", WITH("1.0", "\"a\":\"1=2|3\\\\4^b=5\""));
    bad(HEAD1 "x09|a=1\tb=2", "\"x09|a=1\" is no key=value");
}

static void the_second_version_names_a_delimiter(void **state)
{
    (void)state;
    good(HEAD2 "^|a=1^b=2 3", TWO("2.0"));
    bad(HEAD2 "||a=1\tb=2 3", "\"|a=1\" is no key=value");
    good(HEAD2 "|a=1\tb=2 3", TWO("2.0"));
    good(HEAD2 "a=1\tb=2 3", TWO("2.0"));
    good(HEAD2 "x09|a=1\tb=2 3", TWO("2.0"));
    good(HEAD2 "0x09|a=1\tb=2 3", TWO("2.0"));
    good(HEAD2 "0X5e|a=1^b=2 3", TWO("2.0"));
    good(HEAD2 "x005E|a=1^b=2 3", TWO("2.0"));
    good(HEAD2 "0x7C|a=1|b=2 3", TWO("2.0"));
    good(HEAD2 "x20AC|a=1\xe2\x82\xac"
               "b=2 3",
         TWO("2.0"));
    good(HEAD2 "\xc2\xa6|a=1\xc2\xa6"
               "b=2 3",
         TWO("2.0"));
    good("LEEF:2|V|P|1|100|x|a=1xb=2 3", TWO("2"));
    bad(HEAD2 "=|a=1", "the delimiter is =");
    bad(HEAD2 "0x3d|a=1", "the delimiter is =");
    bad(HEAD2 "x0|a=1", "\"x0|a=1\" is no key=value");
    bad(HEAD2 "xd800|a=1", "is no key=value");
    bad(HEAD2 "x12345|a=1", "is no key=value");
    bad(HEAD2 "0x|a=1", "is no key=value");
    bad(HEAD2 "xg|a=1", "is no key=value");
    bad(HEAD2 "^^|a=1", "is no key=value");
}

static void pieces_are_keys_and_values(void **state)
{
    (void)state;
    bad(HEAD1 "a=1\twords", "\"words\" is no key=value");
    bad(HEAD1 "=1", "\"=1\" is no key=value");
    bad(HEAD1 "a b=1", "\"a b=1\" is no key=value");
    bad(HEAD1 "src=1\tsrc=2", "the key \"src\" is there twice");
}

static void hostile_lines_are_refused(void **state)
{
    static const char nul[] = HEAD1 "a=\0b";

    (void)state;
    bad("", "no LEEF:");
    bad("CEF:0|V|P|1|100|N|5|", "no LEEF:");
    bad("Dec 10 06:55:46 h sshd[1]: Invalid user " HEAD1, "no LEEF:");
    bad(HEAD1 "a=\xff", "no UTF-8");
    bytes_refused(source_parse_leef, (struct str){nul, sizeof nul - 1},
                  "a NUL byte");
    line_limits(source_parse_leef, HEAD1, "\t");
    line_limits(source_parse_leef, HEAD2 "^|", "^");
}

/* ---- random lines written by the format's rules ------------------------- */

enum { KEYS = 12 };

static void round_trip(void)
{
    static const struct {
        const char *header, *delimiter, *alphabet;
    } ways[] = {
        {HEAD1, "\t", "ab =|\\^"},
        {HEAD2, "\t", "ab =\\^"},
        {HEAD2 "^|", "^", "ab =|\\\t"},
        {HEAD2 "x7c|", "|", "ab =\\^\t"},
    };
    size_t way = (size_t)rand() % (sizeof ways / sizeof *ways);
    size_t count = (size_t)rand() % (KEYS + 1);
    char *keys[KEYS], *values[KEYS];
    struct error error = {0};
    struct buf line = {0};
    const struct json *ext;
    struct json_doc *doc;

    buf_add_text(&line, ways[way].header);
    for (size_t i = 0; i < count; i++) {
        char *tail = random_text("abcXYZ019_.-", 8);

        keys[i] = alloc_printf("k%zu_%s", i, tail);
        values[i] = random_text(ways[way].alphabet, 20);
        buf_printf(&line, "%s%s=%s", i ? ways[way].delimiter : "", keys[i],
                   values[i]);
        free(tail);
    }
    doc = source_parse_leef(buf_str(&line), &error);
    if (!doc)
        fail_msg("%s: %s", line.data, error.text);
    ext = json_member(json_root(doc), "ext");
    assert_int_equal(ext->as.list.len, count);
    for (size_t i = 0; i < count; i++) {
        const struct json *value = json_member(ext, keys[i]);

        if (!value || !str_is(value->as.text, values[i]))
            fail_msg("%s: %s is not %s", line.data, keys[i], values[i]);
        free(keys[i]);
        free(values[i]);
    }
    json_free(doc);
    buf_free(&line);
}

static void what_was_written_is_read(void **state)
{
    unsigned seed = test_seed();

    (void)state;
    print_message("# SEED=%u\n", seed);
    srand(seed);
    for (int i = 0; i < 5000; i++)
        round_trip();
    survives(source_parse_leef, "<1>1 - - " HEAD2 "^|a=1^", 20000);
    survives(source_parse_leef, HEAD2, 20000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_has_five_parts),
        cmocka_unit_test(the_first_version_parts_by_tabs),
        cmocka_unit_test(the_second_version_names_a_delimiter),
        cmocka_unit_test(pieces_are_keys_and_values),
        cmocka_unit_test(hostile_lines_are_refused),
        cmocka_unit_test(what_was_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
