#include "model/package.h"

#include "../seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"

static void expect(const char *xml, const char *guid, const char *wanted)
{
    struct buf out = {0}, again = {0};

    package_manifest(str_of(xml), guid, &out);
    assert_string_equal(out.data, wanted);
    /* What is canonical stays as it is. */
    package_manifest(buf_str(&out), "other", &again);
    if (guid)
        assert_string_equal(again.data, wanted);
    buf_free(&out);
    buf_free(&again);
}

static void lays_out(void **state)
{
    (void)state;
    expect("<?xml version='1.0'?>\n<!-- one\n two --><a  Guid = 'x'\n"
           "Version=\"2\"><b\n/><c></c>  <d>\n\n</d ></a>\n",
           "g",
           HEAD "<!-- one\r\n two -->\r\n<a Guid=\"x\" Version=\"2\">\r\n"
                "  <b />\r\n  <c>\r\n  </c>\r\n  <d>\r\n  </d>\r\n</a>");
}

static void keeps_values(void **state)
{
    (void)state;
    expect("<a Guid=\"&#x41;&quot;  \" Version='a\"b' x=\" -t  \" y='>'/>", "g",
           HEAD "<a Guid=\"&#x41;&quot;  \" Version=\"a&quot;b\" "
                "x=\" -t  \" y=\">\" />");
}

static void adds_what_is_missing(void **state)
{
    (void)state;
    expect("<a n=\"1\"/>", "g", HEAD "<a n=\"1\" Guid=\"g\" Version=\"1\" />");
    expect("<a n=\"1\"><b Guid=\"2\"/></a>", "g",
           HEAD "<a n=\"1\" Guid=\"g\" Version=\"1\">\r\n"
                "  <b Guid=\"2\" />\r\n</a>");
    expect("<a Version=\"\" Guid=\" \" n=\"1\"/>", "g",
           HEAD "<a n=\"1\" Guid=\"g\" Version=\"1\" />");
    expect("<a/>", NULL, HEAD "<a Version=\"1\" />");
    expect("<a Version=\"0\" guid=\"x\"/>", "x",
           HEAD "<a Version=\"0\" guid=\"x\" Guid=\"x\" />");
}

static void keeps_the_rest(void **state)
{
    (void)state;
    expect("<a Guid='x' Version='1'><?pi x?> text <![CDATA[<b/>]]><!--<c/>-->"
           "</a>",
           "g",
           HEAD "<a Guid=\"x\" Version=\"1\">\r\n  <?pi x?>\r\n  text\r\n  "
                "<![CDATA[<b/>]]>\r\n  <!--<c/>-->\r\n</a>");
}

/* Only well-formed text comes here; whatever else would, it ends. */
static void ends_on_anything(void **state)
{
    static const char pieces[][6] = {"<", ">",    "/",   "=",  "\"",
                                     "'", "<!--", "-->", "<?", "?>",
                                     "a", " ",    "<a",  "</", "\r\n"};

    unsigned seed = test_seed();

    (void)state;
    print_message("# seed %u\n", seed);
    srandom(seed);
    for (int i = 0; i < 20000; i++) {
        struct buf xml = {0}, out = {0};

        for (long k = random() % 20; k >= 0; k--)
            buf_add_text(
                &xml,
                pieces[(size_t)random() % (sizeof pieces / sizeof *pieces)]);
        package_manifest(buf_str(&xml), "g", &out);
        assert_true(out.len < 4096);
        buf_free(&xml);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lays_out),
        cmocka_unit_test(keeps_values),
        cmocka_unit_test(adds_what_is_missing),
        cmocka_unit_test(keeps_the_rest),
        cmocka_unit_test(ends_on_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
