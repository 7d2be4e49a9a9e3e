#include "../seed.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "model/framing.h"
#include "model/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* All records of an input, one a line: "line@offset bytes" or, where it is
 * refused, "line@offset !reason". step: bytes a push, 0 for all at once. */
static char *cut_by(enum source_format format, struct str input, size_t step)
{
    struct framing *framing = framing_new(format);
    struct buf seen = {0};
    struct record record;
    size_t at = 0;

    do {
        size_t len = step && step < input.len - at ? step : input.len - at;

        framing_push(framing, (struct str){input.data + at, len});
        at += len;
        while (framing_next(framing, at == input.len, &record)) {
            buf_printf(&seen, "%u@%llu %s", record.line,
                       (unsigned long long)record.offset,
                       record.refused ? "!" : "");
            if (record.refused)
                buf_add_text(&seen, record.refused);
            else
                buf_add_str(&seen, record.bytes);
            buf_add_byte(&seen, '\n');
        }
    } while (at < input.len);
    buf_add_text(&seen, framing_digest(framing));
    framing_free(framing);
    return buf_take(&seen);
}

static void cuts(enum source_format format, const char *input, const char *want)
{
    for (size_t step = 0; step < 4; step++) {
        char *got = cut_by(format, str_of(input), step);
        char *digest = strrchr(got, '\n');

        *(digest ? digest + 1 : got) = '\0';
        assert_string_equal(got, want);
        free(got);
    }
}

static void lines_end_at_lf(void **state)
{
    (void)state;
    cuts(SOURCE_LINES, "", "");
    cuts(SOURCE_LINES, "a\nbc\n", "1@0 a\n2@2 bc\n");
    cuts(SOURCE_LINES, "a\nbc", "1@0 a\n2@2 bc\n");
    cuts(SOURCE_LINES, "a\r\n b\r\r\nc\r", "1@0 a\n2@3  b\r\n3@8 c\n");
    cuts(SOURCE_LINES, "\n\n \t\r\na\n\n", "4@6 a\n");
    cuts(SOURCE_LINES, "[1,\n2]\n", "1@0 [1,\n2@4 2]\n");
    cuts(SOURCE_LINES,
         "\xef\xbb\xbf"
         "a\n\xef\xbb\n",
         "1@3 a\n2@5 \xef\xbb\n");
    cuts(SOURCE_LINES, "\xef", "1@0 \xef\n");
}

static void json_lines_lose_their_blanks(void **state)
{
    (void)state;
    cuts(SOURCE_JSON, "{}\n", "1@0 {}\n");
    cuts(SOURCE_JSON, "\n  {\"a\":1} \r\n\n{}\n", "2@3 {\"a\":1}\n4@14 {}\n");
    cuts(SOURCE_JSON, "{}\n[1]\n{}", "1@0 {}\n2@3 [1]\n3@7 {}\n");
    cuts(SOURCE_JSON, "\xef\xbb\xbf{}\n", "1@3 {}\n");
    cuts(SOURCE_JSON, " \n ", "");
}

static void an_array_gives_its_items(void **state)
{
    (void)state;
    cuts(SOURCE_JSON, "[]", "");
    cuts(SOURCE_JSON, " [ ] \n", "");
    cuts(SOURCE_JSON, "[1]", "1@1 1\n");
    cuts(SOURCE_JSON, "[\n{\"a\":[1,2]},\n {\"b\":{}}\n]\n",
         "2@2 {\"a\":[1,2]}\n3@16 {\"b\":{}}\n");
    cuts(SOURCE_JSON, "[[1,[2]],\"x\"]", "1@1 [1,[2]]\n1@9 \"x\"\n");
    cuts(SOURCE_JSON, "\xef\xbb\xbf[1]", "1@4 1\n");
}

static void strings_hide_what_they_hold(void **state)
{
    (void)state;
    cuts(SOURCE_JSON, "[\"a,]\",\"\\\"],\",\"\\\\\",{\"]\":\"}\"}]",
         "1@1 \"a,]\"\n1@7 \"\\\"],\"\n1@14 \"\\\\\"\n1@19 "
         "{\"]\":\"}\"}\n");
}

static void a_string_never_closed_ends_at_its_line(void **state)
{
    (void)state;
    cuts(SOURCE_JSON, "[\"a,\n,2]", "1@1 \"a,\n2@6 2\n");
    cuts(SOURCE_JSON, "[\"a\\\n\",2]",
         "2@1 !the array has no end: a ']' is missing\n");
}

static void what_an_array_lacks_is_refused(void **state)
{
    (void)state;
    cuts(SOURCE_JSON, "[1,,2]",
         "1@1 1\n1@3 !an item of the array is missing\n1@4 2\n");
    cuts(SOURCE_JSON, "[1,]", "1@1 1\n1@3 !an item of the array is missing\n");
    cuts(SOURCE_JSON, "[,]",
         "1@1 !an item of the array is missing\n"
         "1@2 !an item of the array is missing\n");
    cuts(SOURCE_JSON, "[1,\n2,\n{\"a\"",
         "1@1 1\n2@4 2\n3@7 !the array has no end: a ']' is missing\n");
    cuts(SOURCE_JSON, "[1,\n2\n\n",
         "1@1 1\n4@4 !the array has no end: a ']' is missing\n");
    cuts(SOURCE_JSON, "[", "1@1 !the array has no end: a ']' is missing\n");
}

static void text_behind_an_array_is_refused(void **state)
{
    (void)state;
    cuts(SOURCE_JSON, "[1]x\n\n[2]\n ",
         "1@1 1\n1@3 !text behind the end of the array\n"
         "3@6 !text behind the end of the array\n");
    cuts(SOURCE_JSON, "[1]]",
         "1@1 1\n1@3 !text behind the end of the "
         "array\n");
}

static void brackets_that_do_not_match_spoil_their_items(void **state)
{
    (void)state;
    cuts(SOURCE_JSON, "[{]},}{,3]",
         "1@1 {]}\n1@5 !the array has no end: a ']' is missing\n");
}

/* A line or an item of that many bytes, and a short one behind it. */
static char *sized(size_t len, const char *before, const char *between,
                   const char *after, size_t *total)
{
    struct buf text = {0};

    buf_add_text(&text, before);
    memset(buf_room(&text, len), 'x', len);
    text.len += len;
    buf_add_text(&text, between);
    buf_add_text(&text, "y");
    buf_add_text(&text, after);
    *total = text.len;
    return buf_take(&text);
}

static void size_case(enum source_format format, const char *before,
                      const char *between, const char *after)
{
    static const size_t steps[] = {0, 65536, 1000003};

    for (size_t over = 0; over < 3; over++) {
        size_t total;
        char *text =
            sized(JSON_SIZE_MAX + over, before, between, after, &total);

        for (size_t i = 0; i < 3; i++) {
            char *got = cut_by(format, (struct str){text, total}, steps[i]);

            assert_int_equal(strstr(got, "!longer than 1 MiB\n") != NULL,
                             over > 0);
            assert_int_equal(strlen(got) > JSON_SIZE_MAX, over == 0);
            assert_non_null(strstr(got, " y\n"));
            free(got);
        }
        free(text);
    }
}

static void a_record_ends_at_a_mebibyte(void **state)
{
    (void)state;
    size_case(SOURCE_LINES, "", "\n", "\n");
    size_case(SOURCE_LINES, "", "\r\n", "");
    size_case(SOURCE_JSON, "", "\n", "\n");
    size_case(SOURCE_JSON, "[", ",", "]");
    size_case(SOURCE_JSON, "[1,\n", ",\n", "]\n");
}

static void the_last_record_can_be_too_long(void **state)
{
    size_t len = JSON_SIZE_MAX + 5;
    char *text = alloc_bytes(len), *got;

    (void)state;
    memset(text, 'x', len);
    text[0] = '\n';
    for (size_t step = 0; step <= 300000; step += 300000) {
        got = cut_by(SOURCE_LINES, (struct str){text, len}, step);
        assert_int_equal(strncmp(got, "2@1 !longer than 1 MiB\n", 23), 0);
        free(got);
    }
    text[0] = '[';
    for (size_t step = 0; step <= 300000; step += 300000) {
        got = cut_by(SOURCE_JSON, (struct str){text, len}, step);
        assert_int_equal(strncmp(got, "1@1 !longer than 1 MiB\n1@", 25), 0);
        assert_non_null(strstr(got, "!the array has no end"));
        free(got);
    }
    free(text);
}

/* What is too long is known by its first bytes, and not kept. */
static void a_refused_record_has_its_first_bytes(void **state)
{
    struct framing *framing = framing_new(SOURCE_LINES);
    char chunk[4096];
    struct record record;

    (void)state;
    memset(chunk, 'z', sizeof chunk);
    for (int i = 0; i < 1000; i++) {
        framing_push(framing, (struct str){chunk, sizeof chunk});
        assert_false(framing_next(framing, false, &record));
    }
    framing_push(framing, str_of("\nnext\n"));
    assert_true(framing_next(framing, false, &record));
    assert_string_equal(record.refused, "longer than 1 MiB");
    assert_int_equal(record.bytes.len, 1024);
    assert_int_equal(record.bytes.data[1023], 'z');
    assert_true(framing_next(framing, false, &record));
    assert_int_equal(record.offset, 4096001);
    assert_int_equal(record.line, 2);
    assert_false(framing_next(framing, false, &record));
    framing_free(framing);
}

static void a_line_waits_for_its_end(void **state)
{
    struct framing *framing = framing_new(SOURCE_LINES);
    struct record record;

    (void)state;
    assert_false(framing_next(framing, false, &record));
    framing_push(framing, str_of("half"));
    assert_false(framing_next(framing, false, &record));
    assert_string_equal(framing_digest(framing), "");
    framing_push(framing, str_of(" line\n"));
    assert_true(framing_next(framing, false, &record));
    assert_true(str_is(record.bytes, "half line"));
    framing_free(framing);
    framing_free(NULL);
}

/* Cut off behind any record, and gone on with, it gives the same. */
static void one_goes_on_where_another_was(void **state)
{
    static const char text[] = "one\n\ntwo\r\n three \n{\nfour";
    enum source_format formats[] = {SOURCE_LINES, SOURCE_JSON};
    struct record record;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct framing *framing = framing_new(formats[i]);
        uint64_t offset;
        unsigned line;

        framing_push(framing, str_of(text));
        while (framing_next(framing, false, &record)) {
            struct framing *next;
            struct record again;

            assert_true(framing_place(framing, &offset, &line));
            next = framing_resume(formats[i], offset, line,
                                  framing_digest(framing));
            framing_push(next, str_of(text + offset));
            assert_string_equal(framing_digest(next), framing_digest(framing));
            if (framing_next(next, true, &again)) {
                assert_true(again.offset >= offset);
                assert_true(again.line >= line);
                assert_memory_equal(text + again.offset, again.bytes.data,
                                    again.bytes.len);
            }
            framing_free(next);
        }
        assert_true(framing_place(framing, &offset, &line));
        assert_string_equal(text + offset, "four");
        assert_int_equal(line, 6);
        assert_true(framing_partial(framing));
        assert_true(framing_next(framing, true, &record));
        assert_false(framing_partial(framing));
        framing_free(framing);
    }
}

static void inside_of_an_array_nobody_goes_on(void **state)
{
    struct framing *framing = framing_new(SOURCE_JSON);
    struct record record;
    uint64_t offset;
    unsigned line;

    (void)state;
    framing_push(framing, str_of("[{\"a\":1},"));
    assert_true(framing_next(framing, false, &record));
    assert_false(framing_place(framing, &offset, &line));
    framing_free(framing);
}

static void the_digest_is_of_the_first_record(void **state)
{
    static const char *const inputs[] = {"one\ntwo\n", "\none\r\n", "one"};
    char want[HASH_HEX];

    (void)state;
    hash_hex(str_of("one"), want);
    for (size_t i = 0; i < 3; i++) {
        char *got = cut_by(SOURCE_LINES, str_of(inputs[i]), 1);

        assert_non_null(strstr(got, want));
        free(got);
    }
}

static void pushes_of_any_size_give_the_same_records(void **state)
{
    static const char alphabet[] = "[]{},\"\\ \n\r\t1a:\xef\xbb\xbf";
    unsigned seed = test_seed();

    (void)state;
    print_message("# seed %u\n", seed);
    srandom(seed);
    for (int i = 0; i < 20000; i++) {
        enum source_format format = i % 4 ? SOURCE_JSON : SOURCE_LINES;
        char text[40];
        size_t len = (size_t)random() % sizeof text;
        char *one, *many;

        for (size_t j = 0; j < len; j++)
            text[j] = alphabet[(size_t)random() % (sizeof alphabet - 1)];
        if (i % 2 && len)
            text[0] = '[';
        one = cut_by(format, (struct str){text, len}, 0);
        many =
            cut_by(format, (struct str){text, len}, 1 + (size_t)random() % 5);
        assert_string_equal(one, many);
        free(one);
        free(many);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_at_lf),
        cmocka_unit_test(json_lines_lose_their_blanks),
        cmocka_unit_test(an_array_gives_its_items),
        cmocka_unit_test(strings_hide_what_they_hold),
        cmocka_unit_test(a_string_never_closed_ends_at_its_line),
        cmocka_unit_test(what_an_array_lacks_is_refused),
        cmocka_unit_test(text_behind_an_array_is_refused),
        cmocka_unit_test(brackets_that_do_not_match_spoil_their_items),
        cmocka_unit_test(a_record_ends_at_a_mebibyte),
        cmocka_unit_test(the_last_record_can_be_too_long),
        cmocka_unit_test(a_refused_record_has_its_first_bytes),
        cmocka_unit_test(a_line_waits_for_its_end),
        cmocka_unit_test(one_goes_on_where_another_was),
        cmocka_unit_test(inside_of_an_array_nobody_goes_on),
        cmocka_unit_test(the_digest_is_of_the_first_record),
        cmocka_unit_test(pushes_of_any_size_give_the_same_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
