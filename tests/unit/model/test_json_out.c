#include "../seed.h"
#include "model/json_out.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void text_is(const char *bytes, size_t len, const char *want)
{
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    json_put_str(&out, (struct str){bytes, len});
    assert_string_equal(buf.data, want);
    buf_free(&buf);
}

#define TEXT(bytes, want) text_is(bytes, sizeof(bytes) - 1, want)

static void commas_stand_between(void **state)
{
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    (void)state;
    json_open(&out, '{');
    json_text(&out, "a", "x");
    json_key(&out, "l");
    json_open(&out, '[');
    json_put_int(&out, INT64_MIN);
    json_open(&out, '[');
    json_close(&out, ']');
    json_put_bool(&out, false);
    json_put_null(&out);
    json_put_raw(&out, str_of("{\"raw\":1}"));
    json_close(&out, ']');
    json_str(&out, "s", str_of(""));
    json_int(&out, "i", 7);
    json_real(&out, "r", 0.25);
    json_bool(&out, "b", true);
    json_null(&out, "n");
    json_text(&out, "t", NULL);
    json_close(&out, '}');
    assert_string_equal(
        buf.data, "{\"a\":\"x\",\"l\":[-9223372036854775808,[],false,null,"
                  "{\"raw\":1}],\"s\":\"\",\"i\":7,\"r\":0.25,\"b\":true,"
                  "\"n\":null,\"t\":null}");
    buf_free(&buf);
}

static void text_is_escaped(void **state)
{
    (void)state;
    TEXT("", "\"\"");
    TEXT("plain \xc3\xa9 \xf0\x9f\x98\x80",
         "\"plain \xc3\xa9 \xf0\x9f\x98\x80\"");
    TEXT("q\"b\\n\nr\rt\t", "\"q\\\"b\\\\n\\nr\\rt\\t\"");
    TEXT("\0\x01\x1f\x7f", "\"\\u0000\\u0001\\u001f\\u007f\"");
    TEXT("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa",
         "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"");
}

static void other_bytes_are_base64(void **state)
{
    (void)state;
    TEXT("\xff", "{\"base64\":\"/w==\"}");
    TEXT("\xff\xfe", "{\"base64\":\"//4=\"}");
    TEXT("\xff\xfe\xfd", "{\"base64\":\"//79\"}");
    TEXT("ok\xc0\xaf!", "{\"base64\":\"b2vAryE=\"}");
    TEXT("\xed\xa0\x80\x00", "{\"base64\":\"7aCAAA==\"}");
}

static void a_key_is_text_whatever_it_holds(void **state)
{
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    (void)state;
    json_open(&out, '{');
    json_str(&out, "k\n\"", str_of("v"));
    json_key_str(&out, (struct str){"\xff", 1});
    json_put_null(&out);
    json_close(&out, '}');
    assert_string_equal(buf.data, "{\"k\\n\\\"\":\"v\",\"base64:/w==\":null}");
    buf_free(&buf);
}

static void real_is(double value, const char *want)
{
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};

    json_put_real(&out, value);
    assert_string_equal(buf.data, want);
    buf_free(&buf);
}

static void reals_are_short_and_stay_reals(void **state)
{
    (void)state;
    real_is(0.1, "0.1");
    real_is(5, "5.0");
    real_is(-0.0, "-0.0");
    real_is(1e300, "1e+300");
    real_is(5e-324, "5e-324");
    real_is(1.0 / 3, "0.3333333333333333");
    real_is(123456.789, "123456.789");
    real_is(NAN, "null");
    real_is(INFINITY, "null");
}

static void reals_come_back_the_same(void **state)
{
    unsigned seed = test_seed();

    (void)state;
    print_message("# seed %u\n", seed);
    srandom(seed);
    for (int i = 0; i < 2000; i++) {
        struct buf buf = {0};
        struct json_out out = {.buf = &buf};
        uint64_t bits = (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^
                        (uint64_t)random();
        double value, back;

        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        json_put_real(&out, value);
        back = strtod(buf.data, NULL);
        assert_memory_equal(&back, &value, sizeof value);
        buf_free(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(other_bytes_are_base64),
        cmocka_unit_test(a_key_is_text_whatever_it_holds),
        cmocka_unit_test(reals_are_short_and_stay_reals),
        cmocka_unit_test(reals_come_back_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
