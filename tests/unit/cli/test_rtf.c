#include "cli/rtf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *document, const char *wanted)
{
    struct buf text = {0};

    rtf_text(str_of(document), &text);
    assert_string_equal(text.data ? text.data : "", wanted);
    buf_free(&text);
}

static void plain(void **state)
{
    (void)state;
    expect("", "");
    expect("MIT\nLicence {\\b}\n", "MIT\nLicence {\\b}\n");
    expect("\xa9 1999", "\xc2\xa9 1999");
}

static void rich(void **state)
{
    (void)state;
    expect("{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}\r\n\\b Bold\\b0  text\\par\n"
           "next}",
           "Bold text\nnext");
    expect("{\\rtf1 {\\*\\generator Word;}a\\tab b\\{c\\}\\\\}", "a\tb{c}\\");
    expect("{\\rtf1 \\'93x\\'94 \\'e4}", "\u201cx\u201d \u00e4");
    expect("{\\rtf1 \\u8217?\\u-3913 x}", "\u2019\uf0b7");
    expect("{\\rtf1 {\\info{\\title T}}x}", "x");
}

static void ends(void **state)
{
    char deep[300] = "{\\rtf1 ";

    (void)state;
    expect("{\\rtf", "");
    expect("{\\rtf1 a\\", "a");
    expect("{\\rtf1 a\\'", "a");
    expect("{\\rtf1 }}}}a", "a");
    expect("{\\rtf1 \\u55555555555555555555 ab}", "\uc563b");
    for (size_t i = strlen(deep); i < sizeof deep - 1; i++)
        deep[i] = '{';
    expect(deep, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(rich),
        cmocka_unit_test(ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
