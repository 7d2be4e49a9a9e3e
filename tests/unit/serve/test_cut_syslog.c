#include "cutting.h"

#include "base/alloc.h"

#include "../seed.h"

static void cuts(const char *bytes, const char *want)
{
    cuts_bytes(cut_syslog, str_of(bytes), want);
}

static void the_first_byte_decides(void **state)
{
    (void)state;
    cuts("", "");
    cuts("<1>a\n<2>b\r\n12 c\nlast", "<1>a;<2>b;12 c;last;");
    cuts("4 <1>a5 <2>b\n", "<1>a;<2>b\n;");
    cuts("4 a\nb\n4 <1>c", "a\nb\n;<1>c;");
    cuts("3 abc\n3 def\n", "abc;def;"); /* a line end behind each */
    cuts("10 0123456789", "0123456789;");
}

static void a_count_has_to_be_one(void **state)
{
    (void)state;
    cuts("3 abc<1>d\n", "abc;?");
    cuts("0 ", "?");
    cuts("03 abc", "?");
    cuts("3abc", "?");
    cuts("3\nabc", "?");
    cuts("99999999 x", "?"); /* eight digits */
    cuts("99999999999999999999999999 x", "?");
    cuts("3 abc 3 def", "abc;?");
    cuts("3 abc-1 x", "abc;?");
}

static void a_message_that_is_cut_short_is_refused(void **state)
{
    (void)state;
    cuts("3 ab", "!3 ab;");
    cuts("3 ", "!3 ;");
    cuts("3", "!3;");
    cuts("3 abc12", "abc;!12;");
}

static void bytes_are_not_looked_at(void **state)
{
    (void)state;
    cuts_bytes(cut_syslog,
               (struct str){"4 \0\xff\n\0"
                            "1 b",
                            9},
               ";b;");
}

/* From the longest that is taken on; the next one is read all the same. */
static void a_long_message_is_passed_over(void **state)
{
    static const size_t lengths[] = {MAX + 1, CUT_KEPT_OF_TOO_LONG,
                                     CUT_KEPT_OF_TOO_LONG + 1, 5000};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        int len = (int)lengths[i];
        size_t kept = lengths[i] < CUT_KEPT_OF_TOO_LONG ? lengths[i]
                                                        : CUT_KEPT_OF_TOO_LONG;
        char *text = alloc_printf("%d %0*d3 abc", len, len, 0);

        for (size_t piece = 1; piece < 3000; piece = piece * 3 + 1) {
            char *got = cut_all(cut_syslog, str_of(text), piece);

            assert_int_equal(strlen(got), 1 + kept + strlen(";abc;"));
            assert_int_equal(got[0], '!');
            assert_string_equal(got + 1 + kept, ";abc;");
            free(got);
        }
        free(text);
    }
}

/* The same, however it is cut in pieces. */
static void random_bytes_in_random_pieces(void **state)
{
    static const char letters[] = "12 0\n<>ab ";
    unsigned seed = test_seed();

    (void)state;
    print_message("# SEED=%u\n", seed);
    for (int round = 0; round < 5000; round++) {
        char bytes[40];
        struct str all = {bytes, 1 + (size_t)rand_r(&seed) % sizeof bytes};
        char *whole, *pieces;

        for (size_t i = 0; i < all.len; i++)
            bytes[i] = letters[(size_t)rand_r(&seed) % (sizeof letters - 1)];
        bytes[0] = '2'; /* lines have their own test */
        whole = cut_all(cut_syslog, all, all.len);
        pieces = cut_all(cut_syslog, all, 1 + (size_t)rand_r(&seed) % 5);
        assert_string_equal(pieces, whole);
        free(whole);
        free(pieces);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_byte_decides),
        cmocka_unit_test(a_count_has_to_be_one),
        cmocka_unit_test(a_message_that_is_cut_short_is_refused),
        cmocka_unit_test(bytes_are_not_looked_at),
        cmocka_unit_test(a_long_message_is_passed_over),
        cmocka_unit_test(random_bytes_in_random_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
