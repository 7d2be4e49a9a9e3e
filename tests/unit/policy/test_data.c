#include "base/alloc.h"
#include "model/json_out.h"
#include "policy/data.h"
#include "policy/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void gives(const char *lua, const char *json)
{
    struct error error = {0};
    struct json_doc *doc = data_parse(str_of(lua), "x.lua", &error);
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    if (!doc)
        fail_msg("%s: %u: %s", lua, error.line, error.text);
    json_put_value(&out, json_root(doc));
    assert_string_equal(buf.data, json);
    buf_free(&buf);
    json_free(doc);
}

static void refused(const char *lua, unsigned line, const char *part)
{
    struct error error = {0};

    assert_null(data_parse(str_of(lua), "x.lua", &error));
    assert_int_equal(error.line, line);
    assert_string_equal(error.where, "x.lua");
    if (!strstr(error.text, part))
        fail_msg("%s: %s", lua, error.text);
}

static void turns_tables_into_trees(void **state)
{
    (void)state;
    gives("return {}", "[]");
    gives("return { 1, -2, 2.5, true, 'x\\n' }", "[1,-2,2.5,true,\"x\\n\"]");
    gives("return { b = 1, a = { c = {} }, ['d e'] = 2 }",
          "{\"a\":{\"c\":[]},\"b\":1,\"d e\":2}");
    gives("local a = 'x' .. 1 return { a, { a } }", "[\"x1\",[\"x1\"]]");
    gives("return { 9223372036854775807 }", "[9223372036854775807]");
}

static void knows_lines(void **state)
{
    static const char text[] = "local re = 'x'\n"
                               "return {\n"
                               "  a = 1,\n"
                               "  list = {\n"
                               "    re,\n"
                               "    { b = re },\n"
                               "  },\n"
                               "}\n";
    struct json_doc *doc = data_parse(str_of(text), "x.lua", NULL);
    const struct json *root = json_root(doc);
    const struct json *list = json_member(root, "list");

    (void)state;
    assert_int_equal(root->line, 2);
    assert_int_equal(json_member(root, "a")->line, 3);
    assert_int_equal(list->line, 4);
    assert_int_equal(list->as.list.items[0].line, 5);
    assert_int_equal(json_member(&list->as.list.items[1], "b")->line, 6);
    json_free(doc);
}

static void refuses_what_is_no_data(void **state)
{
    (void)state;
    refused("return 1", 0, "must return a table");
    refused("x = ", 1, "unexpected symbol");
    refused("return { 1,\n a = 2 }", 1, "list without gaps");
    refused("return { [2] = 2 }", 1, "list without gaps");
    refused("return { [true] = 2 }", 1, "must be a name");
    refused("return {\n a = function() end }", 2, "function is no data");
    refused("return {\n a = 0/0 }", 2, "finite");
    refused("return {\n a = 1e999 }", 2, "finite");
    refused("\nreturn { os.time() }", 2, "os");
    refused("return { ('x'):rep(3) }", 1, "index");
    refused("\033Lua", 0, "binary");
    refused("local x <close> = nil return {}", 1, "<close>");
    refused("local t = {} t.t = t return t", 1, "too deep");
}

static char *filled(const char *head, const char *item, size_t count,
                    const char *tail)
{
    struct buf buf = {0};

    buf_add_text(&buf, head);
    for (size_t i = 0; i < count; i++)
        buf_add_text(&buf, item);
    buf_add_text(&buf, tail);
    return buf_take(&buf);
}

static void keeps_its_limits(void **state)
{
    char *text;
    struct json_doc *doc;

    (void)state;
    refused("while true do end", 1, "100,000 instructions");
    refused("local s = 'x' while true do s = s .. s end", 0, "over 1 MiB");
    refused("local t = {} for i = 1, 1e6 do t[i] = i end return t", 1,
            "100,000 instructions");
    refused("local s = 'x' for i = 1, 19 do s = s .. s end "
            "local t = {} for i = 1, 20 do t[i] = s .. i end return t",
            0, "over 4 MiB");
    /* One table many times is many nodes. */
    refused("local t = {1} for i = 1, 20 do t = {t, t} end return t", 1,
            "65536 values");

    text = filled("--", "x", DATA_SIZE_MAX - 12, "\nreturn {}");
    assert_int_equal(strlen(text), DATA_SIZE_MAX);
    doc = data_parse(str_of(text), "x.lua", NULL);
    assert_non_null(doc);
    json_free(doc);
    free(text);
    text = filled("--", "x", DATA_SIZE_MAX - 11, "\nreturn {}");
    refused(text, 0, "larger than");
    free(text);
}

static void takes_so_many_nodes(void **state)
{
    char *most = filled("return {", "1,", TREE_NODES_MAX, "}");
    char *more = filled("return {", "1,", TREE_NODES_MAX + 1, "}");
    struct json_doc *doc = data_parse(str_of(most), "x.lua", NULL);

    (void)state;
    assert_non_null(doc);
    json_free(doc);
    refused(more, 1, "65536 values");
    free(most);
    free(more);
}

static void nests_so_deep(void **state)
{
    char *open = filled("return ", "{", JSON_DEPTH_MAX, "");
    char *most = filled(open, "}", JSON_DEPTH_MAX, "");
    char *more;
    struct json_doc *doc = data_parse(str_of(most), "x.lua", NULL);

    (void)state;
    assert_non_null(doc);
    json_free(doc);
    free(open);
    free(most);
    open = filled("return ", "{", JSON_DEPTH_MAX + 1, "");
    more = filled(open, "}", JSON_DEPTH_MAX + 1, "");
    refused(more, 1, "too deep");
    free(open);
    free(more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_tables_into_trees),
        cmocka_unit_test(knows_lines),
        cmocka_unit_test(refuses_what_is_no_data),
        cmocka_unit_test(keeps_its_limits),
        cmocka_unit_test(takes_so_many_nodes),
        cmocka_unit_test(nests_so_deep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
