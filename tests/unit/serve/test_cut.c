#include "cutting.h"

#include "../seed.h"

static void lines(const char *bytes, const char *want)
{
    cuts_bytes(cut_line, str_of(bytes), want);
}

static void lines_end_at_lf(void **state)
{
    (void)state;
    lines("", "");
    lines("a\nb\n", "a;b;");
    lines("a\r\nb\r\r\nc", "a;b\r;c;");
    lines("\n\r\na\n\n", "a;");
    lines("a\rb\n", "a\rb;");
    lines("last", "last;");
    lines("last\r", "last;");
    cuts_bytes(cut_line, (struct str){"\0x\n\n", 4}, ";");
}

static void a_long_line_is_refused_once(void **state)
{
    (void)state;
    lines("0123456789\nb\n", "0123456789;b;");
    lines("0123456789\r\nb\n", "0123456789;b;");
    lines("0123456789", "0123456789;");
}

/* What is kept of it depends on how it came; that it is refused does not. */
static void what_is_behind_a_long_line_is_read(void **state)
{
    const struct str bytes = str_of("0123456789a\nb\n0123456789\r\r\nc");

    (void)state;
    for (size_t piece = 1; piece <= bytes.len; piece++) {
        char *got = cut_all(cut_line, bytes, piece), *at = got;

        assert_int_equal(at[0], '!');
        at = strchr(at, ';');
        assert_memory_equal(at, ";b;!", 4);
        at = strchr(at + 4, ';');
        assert_string_equal(at, ";c;");
        free(got);
    }
}

/* Whatever comes, lines are what lies between line ends. */
static void random_bytes_in_random_pieces(void **state)
{
    static const char letters[] = {'a', '\n', '\r', '\0', 'b', 'c'};
    unsigned seed = test_seed();
    const unsigned began = seed;
    char bytes[64];

    (void)state;
    print_message("# SEED=%u\n", began);
    for (int round = 0; round < 2000; round++) {
        char *whole, *pieces;

        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = letters[(unsigned)rand_r(&seed) % 3 +
                               (rand_r(&seed) % 4 ? 0 : 3)];
        for (size_t i = 5; i < sizeof bytes; i += 6)
            bytes[i] = '\n'; /* none is too long */
        whole =
            cut_all(cut_line, (struct str){bytes, sizeof bytes}, sizeof bytes);
        pieces = cut_all(cut_line, (struct str){bytes, sizeof bytes},
                         1 + (size_t)rand_r(&seed) % 7);
        assert_string_equal(pieces, whole);
        free(whole);
        free(pieces);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_at_lf),
        cmocka_unit_test(a_long_line_is_refused_once),
        cmocka_unit_test(what_is_behind_a_long_line_is_read),
        cmocka_unit_test(random_bytes_in_random_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
