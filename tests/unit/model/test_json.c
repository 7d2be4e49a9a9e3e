#include "../seed.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "model/json.h"
#include "model/json_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct json_doc *parsed(const char *text)
{
    struct error error = {0};
    struct json_doc *doc = json_parse(str_of(text), "in", 1, &error);

    if (!doc)
        fail_msg("%s: %s", text, error.text);
    return doc;
}

static void refuses_bytes(struct str text, int code, const char *why)
{
    struct error error = {0};

    assert_null(json_parse(text, "in", 7, &error));
    assert_int_equal(error.code, code);
    assert_string_equal(error.where, "in");
    assert_int_equal(error.line, 7);
    if (!strstr(error.text, why))
        fail_msg("\"%s\" does not say \"%s\"", error.text, why);
}

static void refuses(const char *text, const char *why)
{
    refuses_bytes(str_of(text), ERROR_INVALID, why);
}

static void every_kind_of_value_is_read(void **state)
{
    struct json_doc *doc = parsed(" {\"t\":\"x\\u00e9\\n\",\"i\":-5,\"r\":0.5,"
                                  "\"y\":true,\"n\":null,\"l\":[1,[],{}]} ");
    const struct json *root = json_root(doc), *list;

    (void)state;
    assert_int_equal(root->type, JSON_OBJECT);
    assert_int_equal(root->line, 1);
    assert_int_equal(root->as.list.len, 6);
    assert_true(str_is(root->as.list.items[0].key, "t"));
    assert_true(str_is(json_member(root, "t")->as.text, "x\xc3\xa9\n"));
    assert_int_equal(json_member(root, "i")->as.integer, -5);
    assert_true(json_member(root, "r")->as.real == 0.5);
    assert_true(json_member(root, "y")->as.boolean);
    assert_int_equal(json_member(root, "n")->type, JSON_NULL);
    list = json_member(root, "l");
    assert_int_equal(list->type, JSON_ARRAY);
    assert_int_equal(list->as.list.len, 3);
    assert_int_equal(list->as.list.items[1].as.list.len, 0);
    assert_int_equal(list->as.list.items[2].type, JSON_OBJECT);
    assert_null(json_member(root, "zz"));
    assert_null(json_member(list, "t"));
    json_free(doc);
    json_free(NULL);
}

static void integers_are_exact(void **state)
{
    struct json_doc *doc =
        parsed("[9007199254740993,9223372036854775807,-9223372036854775808,"
               "9223372036854775808,18446744073709551615,0]");
    const struct json *items = json_root(doc)->as.list.items;

    (void)state;
    assert_true(items[0].as.integer == 9007199254740993);
    assert_true(items[1].as.integer == INT64_MAX);
    assert_true(items[2].as.integer == INT64_MIN);
    assert_int_equal(items[3].type, JSON_UINT);
    assert_true(items[3].as.natural == (uint64_t)INT64_MAX + 1);
    assert_true(items[4].as.natural == UINT64_MAX);
    assert_int_equal(items[5].type, JSON_INT);
    json_free(doc);
}

static void numbers_beyond_their_type_are_refused(void **state)
{
    (void)state;
    refuses("[18446744073709551616]",
            "18446744073709551616 at byte 1 is beyond 64 bits");
    refuses("{\"true\":true,\"a\":-9223372036854775809}",
            "-9223372036854775809 at byte 17 is beyond 64 bits");
    refuses("[1,1e400]", "1e400 at byte 3 is beyond a double");
    refuses("[-1e400]", "is beyond a double");
    refuses("[\"18446744073709551616\\\"\",01]",
            "01 at byte 26 is no JSON number");
    refuses("[1.]", "is no JSON number");
    refuses("[-]", "is no JSON number");
    refuses("[1e]", "is no JSON number");
    refuses("[.5]", "not JSON");
    refuses("[+1]", "not JSON");
    refuses("[NaN]", "not JSON");
    refuses("[Infinity]", "not JSON");
    refuses("[0x10]", "not JSON");
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        " ",
        "{",
        "}",
        "[1,]",
        "{\"a\"}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "[1 2]",
        "{} {}",
        "{}x",
        "tru",
        "\"a",
        "[\"\t\"]",
        "[\"\\x\"]",
        "[\"\\ud800\"]",
        "[\"\\udc00\\ud800\"]",
        "/* */ 1",
        "\xef\xbb\xbf{}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuses(wrong[i], "not JSON");
    refuses_bytes((struct str){"[1]\0", 4}, ERROR_INVALID, "not JSON");
}

static void a_key_twice_is_refused_by_name(void **state)
{
    struct buf many = {0};
    struct json_doc *doc;

    (void)state;
    refuses("{\"SIP\":\"1.2.3.4\",\"SIP\":\"5.6.7.8\"}",
            "the key \"SIP\" stands twice");
    refuses("[{\"a\":{\"b\":1,\"c\":2,\"\\u0062\":3}}]",
            "the key \"b\" stands twice");
    doc = parsed("{\"a\":{\"a\":1},\"A\":1,\"\":1,\"aa\":1}");
    json_free(doc);
    for (int keys = 62; keys <= 1000; keys += keys < 66 ? 1 : 934) {
        many.len = 0;
        buf_add_byte(&many, '{');
        for (int i = 0; i < keys; i++)
            buf_printf(&many, "\"k%d\":%d,", i, i);
        buf_add_text(&many, "\"z\":1}");
        json_free(parsed(many.data));
        many.len -= 6;
        buf_add_text(&many, "\"k7\":1}");
        refuses(many.data, "the key \"k7\" stands twice");
    }
    buf_free(&many);
}

static void bytes_that_are_no_utf8_are_refused(void **state)
{
    (void)state;
    refuses("{\"a\":\"\xff\"}", "not UTF-8 at byte 6");
    refuses("{\"\xc3\xa9\":\"\xc0\xaf\"}", "not UTF-8 at byte 7");
    refuses("[\"\xed\xa0\x80\"]", "not UTF-8 at byte 2");
    refuses("[\"\xf4\x90\x80\x80\"]", "not UTF-8 at byte 2");
    json_free(parsed("[\"\xf4\x8f\xbf\xbf\"]"));
}

static char *nested(size_t depth, const char *open, const char *close)
{
    struct buf text = {0};

    for (size_t i = 0; i < depth; i++)
        buf_add_text(&text, open);
    buf_add_text(&text, "1");
    for (size_t i = 0; i < depth; i++)
        buf_add_text(&text, close);
    return buf_take(&text);
}

static void depth_ends_at_64(void **state)
{
    static const char *const shapes[][2] = {{"[", "]"}, {"{\"a\":", "}"}};
    static const size_t beyond[] = {65, 66, 1023, 1024, 1025, 100000};

    (void)state;
    for (size_t s = 0; s < 2; s++) {
        char *good = nested(JSON_DEPTH_MAX, shapes[s][0], shapes[s][1]);

        json_free(parsed(good));
        free(good);
        for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
            char *deep = nested(beyond[i], shapes[s][0], shapes[s][1]);

            refuses_bytes(str_of(deep), ERROR_LIMIT, "deeper than 64");
            free(deep);
        }
    }
}

static void size_ends_at_a_mebibyte(void **state)
{
    size_t len = JSON_SIZE_MAX;
    char *text = alloc_bytes(len + 1);
    struct json_doc *doc;

    (void)state;
    memset(text, 'a', len + 1);
    text[0] = text[len - 1] = '"';
    doc = json_parse((struct str){text, len}, "in", 1, NULL);
    assert_non_null(doc);
    assert_int_equal(json_root(doc)->as.text.len, len - 2);
    json_free(doc);
    text[len - 1] = 'a';
    text[len] = '"';
    refuses_bytes((struct str){text, len + 1}, ERROR_LIMIT, "at most 1048576");
    free(text);
}

static char *list_of(size_t count, const char *item)
{
    struct buf text = {0};

    buf_add_byte(&text, '[');
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%s", i ? "," : "", item);
    buf_add_byte(&text, ']');
    return buf_take(&text);
}

static void values_end_at_4096(void **state)
{
    char *most = list_of(JSON_MEMBERS_MAX, "0");
    char *more = list_of(JSON_MEMBERS_MAX + 1, "0");
    char *inner = list_of(JSON_MEMBERS_MAX / 2, "[7]");
    char *outer = list_of(JSON_MEMBERS_MAX / 2 + 1, "{\"a\":7}");

    (void)state;
    json_free(parsed(most));
    json_free(parsed(inner));
    refuses_bytes(str_of(more), ERROR_LIMIT, "more than 4096 values");
    refuses_bytes(str_of(outer), ERROR_LIMIT, "more than 4096 values");
    free(most);
    free(more);
    free(inner);
    free(outer);
}

static void a_scalar_is_a_document(void **state)
{
    struct json_doc *doc = parsed("\"a\\u0000b\"");
    struct str text = json_root(doc)->as.text;

    (void)state;
    assert_int_equal(text.len, 3);
    assert_memory_equal(text.data, "a\0b", 3);
    json_free(doc);
}

static void a_tree_can_be_built_by_hand(void **state)
{
    struct json_doc *doc = json_new();
    char big[5000], *room;

    (void)state;
    memset(big, 'x', sizeof big);
    for (int i = 0; i < 200; i++) {
        struct json *node = json_room(doc, sizeof *node);
        char word[] = "word";
        struct str kept = json_keep(doc, str_of(word));

        assert_int_equal((uintptr_t)node % sizeof(void *), 0);
        node->as.text = kept;
        word[0] = 'l';
        assert_true(str_is(kept, "word"));
    }
    assert_int_equal(json_keep(doc, (struct str){big, sizeof big}).len, 5000);
    room = json_room(doc, 100000);
    memset(room, 1, 100000);
    json_root_mutable(doc)->type = JSON_BOOL;
    assert_int_equal(json_root(doc)->type, JSON_BOOL);
    json_free(doc);
}

/* Small documents by chance: what was read is written again, and read again
 * it is the same text. */
static void make(struct buf *text, int depth)
{
    static const char *const scalars[] = {
        "0",
        "-1",
        "0.1",
        "1e-07",
        "1.5e+300",
        "5.0",
        "\"\"",
        "\"a\\nb\"",
        "\"\xe2\x82\xac\"",
        "true",
        "false",
        "null",
        "18446744073709551615",
    };
    long kind = depth > 6 ? 0 : random() % 3;
    long count = random() % 5;

    if (kind == 0) {
        buf_add_text(text, scalars[(size_t)random() % 13]);
        return;
    }
    buf_add_byte(text, kind == 1 ? '[' : '{');
    for (long i = 0; i < count; i++) {
        buf_add_text(text, i ? "," : "");
        if (kind == 2)
            buf_printf(text, "\"k%ld\":", i);
        make(text, depth + 1);
    }
    buf_add_byte(text, kind == 1 ? ']' : '}');
}

static void writing_and_reading_again_changes_nothing(void **state)
{
    unsigned seed = test_seed();

    (void)state;
    print_message("# seed %u\n", seed);
    srandom(seed);
    for (int i = 0; i < 2000; i++) {
        struct buf text = {0}, again = {0};
        struct json_out out = {.buf = &again};
        struct json_doc *doc;

        make(&text, 0);
        doc = parsed(text.data);
        json_put_value(&out, json_root(doc));
        assert_string_equal(again.data, text.data);
        json_free(doc);
        buf_free(&text);
        buf_free(&again);
    }
}

/* Any bytes at all: refused or read, never worse. */
static void damaged_documents_do_no_harm(void **state)
{
    unsigned seed = test_seed();

    (void)state;
    print_message("# seed %u\n", seed);
    srandom(seed);
    for (int i = 0; i < 5000; i++) {
        struct buf text = {0};

        make(&text, 0);
        for (long n = random() % 4; n > 0; n--)
            text.data[(size_t)random() % text.len] = (char)random();
        json_free(json_parse(buf_str(&text), "in", 1, NULL));
        buf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_is_read),
        cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(numbers_beyond_their_type_are_refused),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(a_key_twice_is_refused_by_name),
        cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
        cmocka_unit_test(depth_ends_at_64),
        cmocka_unit_test(size_ends_at_a_mebibyte),
        cmocka_unit_test(values_end_at_4096),
        cmocka_unit_test(a_scalar_is_a_document),
        cmocka_unit_test(a_tree_can_be_built_by_hand),
        cmocka_unit_test(writing_and_reading_again_changes_nothing),
        cmocka_unit_test(damaged_documents_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
