#include "model/syslog.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../seed.h"

static const int64_t now = 1795500000000;

static void gives(const char *message, enum source_form form, const char *want)
{
    struct syslog_message parsed;
    struct buf room = {0};
    struct str got;

    syslog_parse(str_of(message), &parsed);
    got = syslog_for(&parsed, form, now, &room);
    if (!str_is(got, want))
        fail_msg("%s: got %.*s, want %s", message, (int)got.len, got.data,
                 want);
    buf_free(&room);
}

static void text_sources_read_the_line_of_a_file(void **state)
{
    (void)state;
    gives("<34>Nov 24 06:55:46 h su[7]: x y", FORM_TEXT,
          "Nov 24 06:55:46 h su[7]: x y");
    gives("Nov 24 06:55:46 h su: x", FORM_TEXT, "Nov 24 06:55:46 h su: x");
    gives("<34>1 2026-11-24T06:55:46.1Z h su 7 ID - x y", FORM_TEXT,
          "2026-11-24T06:55:46.1Z h su[7]: x y");
    gives("<34>1 2026-11-24T06:55:46Z h su - - [a b=\"]\\\"\"][c] x", FORM_TEXT,
          "2026-11-24T06:55:46Z h su: x");
    gives("<34>1 2026-11-24T06:55:46Z h - - - - \xef\xbb\xbfx", FORM_TEXT,
          "2026-11-24T06:55:46Z h x");
    gives("<34>1 2026-11-24T06:55:46Z h su - - -", FORM_TEXT,
          "2026-11-24T06:55:46Z h su: ");
    gives("<34>1 2026-11-24T06:55:46Z h su - - [a]", FORM_TEXT,
          "2026-11-24T06:55:46Z h su: ");
    gives("<34>text\r\n", FORM_TEXT, "text");
    gives("text", FORM_TEXT, "text");
}

static void a_time_that_is_not_given_is_that_of_receipt(void **state)
{
    char time[CLOCK_TEXT], want[100];

    (void)state;
    clock_format(now, time);
    snprintf(want, sizeof want, "%s - su: x", time);
    gives("<34>1 - - su - - - x", FORM_TEXT, want);
}

static void objects_are_the_text(void **state)
{
    (void)state;
    gives("<34>Nov 24 06:55:46 h su[7]: {\"a\":1}", FORM_OBJECT, "{\"a\":1}");
    gives("<34>Nov 24 06:55:46 h {\"a\": 1}", FORM_OBJECT, "{\"a\": 1}");
    gives("<34>Nov 24 06:55:46 h su: @cee: {\"a\":1}", FORM_OBJECT,
          "{\"a\":1}");
    gives("<34>1 - h su - - - @cee:{}", FORM_OBJECT, "{}");
    gives("{\"a\":1}", FORM_OBJECT, "{\"a\":1}");
    gives("<34>{}\n", FORM_OBJECT, "{}");
}

static void marked_sources_read_all_of_it(void **state)
{
    (void)state;
    gives("<34>Nov 24 06:55:46 h CEF:0|x\r\n", FORM_MARKED,
          "<34>Nov 24 06:55:46 h CEF:0|x");
    gives("<34>1 - h - - - - CEF:0|x", FORM_MARKED,
          "<34>1 - h - - - - CEF:0|x");
}

static void what_is_no_header_is_text(void **state)
{
    static const char *const texts[] = {"<34",    "<>x",    "<3456>x", "<a>x",
                                        "<34 >x", "x <34>", " <34>x"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        gives(texts[i], FORM_TEXT, texts[i]);
    gives("<34>", FORM_TEXT, "");
    gives("<34>2 - h su - - - x", FORM_TEXT, "2 - h su - - - x");
    gives("<34>1 - h su", FORM_TEXT, "1 - h su");
    gives("<34>1 - h su - - [open x", FORM_TEXT, "1 - h su - - [open x");
    gives("<34>1 ", FORM_TEXT, "1 ");
    gives("", FORM_TEXT, "");
}

/* Only parts of the message, and nothing behind it. */
static void random_bytes_do_no_harm(void **state)
{
    static const char *const parts[] = {"<34>",
                                        "1 ",
                                        "Nov 24 06:55:46 ",
                                        "2026-11-24T06:55:46Z ",
                                        "- ",
                                        "h ",
                                        "su[7]: ",
                                        "[a b=\"c\"] ",
                                        "[",
                                        "]",
                                        "\"",
                                        "\\",
                                        "\xff",
                                        " ",
                                        "@cee:",
                                        "{}",
                                        "\n",
                                        "\xef\xbb\xbf",
                                        "<",
                                        ":"};
    unsigned seed = test_seed();

    (void)state;
    print_message("# SEED=%u\n", seed);
    for (int round = 0; round < 20000; round++) {
        struct syslog_message parsed;
        struct buf text = {0}, room = {0};
        char *exact;
        size_t len;

        buf_add_text(&text, "");
        for (int i = rand_r(&seed) % 10; i; i--)
            buf_add_text(
                &text,
                parts[(size_t)rand_r(&seed) % (sizeof parts / sizeof *parts)]);
        if (rand_r(&seed) % 4 == 0)
            buf_add(&text, "\0", 1);
        len = text.len;
        exact = malloc(len ? len : 1); /* a byte too far is seen */
        memcpy(exact, len ? text.data : "", len);
        syslog_parse((struct str){exact, len}, &parsed);
        for (int form = FORM_TEXT; form <= FORM_MARKED; form *= 2)
            assert_true(
                syslog_for(&parsed, (enum source_form)form, now, &room).len <=
                len + CLOCK_TEXT + 8);
        free(exact);
        buf_free(&text);
        buf_free(&room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_sources_read_the_line_of_a_file),
        cmocka_unit_test(a_time_that_is_not_given_is_that_of_receipt),
        cmocka_unit_test(objects_are_the_text),
        cmocka_unit_test(marked_sources_read_all_of_it),
        cmocka_unit_test(what_is_no_header_is_text),
        cmocka_unit_test(random_bytes_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
