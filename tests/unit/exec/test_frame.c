#include "exec/frame.h"

#include "../seed.h"
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct str next(const struct buf *buf)
{
    struct str frame = {0};
    struct error error = {0};

    assert_int_equal(frame_next(buf_str(buf), &frame, &error), 1);
    return frame;
}

/* ---- One by one ------------------------------------------------------- */

static void hello_is_the_bytes_that_the_header_promises(void **state)
{
    static const char bytes[] = "\0\0\0\012\2\1\1\2\3\4\5\6\7\10";
    struct hello hello = {.incarnation = UINT64_C(0x0102030405060708)};
    struct hello copy = {0};
    struct buf buf = {0};

    (void)state;
    frame_hello(&buf, &hello);
    assert_int_equal(buf.len, sizeof bytes - 1);
    assert_memory_equal(buf.data, bytes, buf.len);
    assert_int_equal(frame_type(next(&buf)), FRAME_HELLO);
    assert_int_equal(frame_read_hello(next(&buf), &copy, NULL), 0);
    assert_true(copy.incarnation == hello.incarnation);
    buf_free(&buf);
}

static void job_with_least_and_most(void **state)
{
    char *argv[] = {"/bin/true", NULL};
    char *many[FRAME_WORDS_MAX + 2] = {"/bin/true"};
    char *none[] = {NULL};
    struct job job = {.step = "r1.1",
                      .argv = argv,
                      .env = none,
                      .folder = "/",
                      .timeout = UINT64_MAX};
    struct job copy = {0};
    struct buf buf = {0};

    (void)state;
    frame_job(&buf, &job);
    assert_int_equal(frame_read_job(next(&buf), &copy, NULL), 0);
    assert_null(copy.input);
    assert_null(copy.env[0]);
    assert_true(copy.timeout == UINT64_MAX);
    job_clear(&copy);
    buf_free(&buf);

    for (size_t i = 1; i < FRAME_WORDS_MAX; i++)
        many[i] = "";
    job.argv = many;
    job.input = "";
    frame_job(&buf, &job);
    assert_int_equal(frame_read_job(next(&buf), &copy, NULL), 0);
    assert_non_null(copy.input);
    assert_int_equal(copy.input_len, 0);
    assert_string_equal(copy.argv[FRAME_WORDS_MAX - 1], "");
    job_clear(&copy);
    buf_free(&buf);

    many[FRAME_WORDS_MAX] = "";
    frame_job(&buf, &job);
    assert_int_equal(frame_read_job(next(&buf), &copy, NULL), ERROR_INVALID);
    buf_free(&buf);
}

static void job_that_no_executor_may_start(void **state)
{
    char *relative[] = {"true", NULL};
    char *absolute[] = {"/bin/true", NULL};
    char *none[] = {NULL};
    struct job jobs[] = {
        {.step = "a", .argv = relative, .env = none, .folder = "/"},
        {.step = "a", .argv = none, .env = none, .folder = "/"},
        {.step = "a", .argv = absolute, .env = none, .folder = "tmp"},
        {.step = "a", .argv = absolute, .env = none, .folder = ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        struct job copy = {0};
        struct error error = {0};
        struct buf buf = {0};

        frame_job(&buf, &jobs[i]);
        assert_int_equal(frame_read_job(next(&buf), &copy, &error),
                         ERROR_INVALID);
        assert_non_null(strstr(error.text, "no absolute path"));
        assert_null(copy.step);
        buf_free(&buf);
    }
}

static void step_frames(void **state)
{
    struct buf buf = {0};
    char *step = NULL;

    (void)state;
    frame_step(&buf, FRAME_CANCEL, "r17.3");
    assert_int_equal(frame_type(next(&buf)), FRAME_CANCEL);
    assert_int_equal(frame_read_step(next(&buf), &step, NULL), 0);
    assert_string_equal(step, "r17.3");
    free(step);
    buf_free(&buf);
}

static void output_of_either_stream_and_of_no_other(void **state)
{
    (void)state;
    for (int stream = 1; stream <= 2; stream++) {
        struct output copy = {0};
        struct buf buf = {0};

        frame_output(&buf, "r17.3", stream, (struct str){"a\0b", 3});
        assert_int_equal(frame_read_output(next(&buf), &copy, NULL), 0);
        assert_string_equal(copy.step, "r17.3");
        assert_int_equal(copy.stream, stream);
        assert_int_equal(copy.len, 3);
        assert_memory_equal(copy.bytes, "a\0b", 3);
        output_clear(&copy);
        buf.data[buf.len - 3 - 4 - 1] = stream == 1 ? 0 : 3;
        assert_int_equal(frame_read_output(next(&buf), &copy, NULL),
                         ERROR_INVALID);
        assert_null(copy.step);
        buf_free(&buf);
    }
}

static void a_reader_refuses_the_frame_of_another_type(void **state)
{
    struct buf buf = {0};
    struct job job = {0};
    struct result result = {0};
    struct hello hello;
    char *step;

    (void)state;
    frame_step(&buf, FRAME_FORGET, "x");
    assert_int_equal(frame_read_job(next(&buf), &job, NULL), ERROR_INVALID);
    assert_int_equal(frame_read_result(next(&buf), &result, NULL),
                     ERROR_INVALID);
    assert_int_equal(frame_read_hello(next(&buf), &hello, NULL), ERROR_INVALID);
    buf_free(&buf);
    frame_hello(&buf, &(struct hello){0});
    assert_int_equal(frame_read_step(next(&buf), &step, NULL), ERROR_INVALID);
    assert_null(step);
    buf_free(&buf);
}

static void a_text_with_a_nul_is_refused(void **state)
{
    struct buf buf = {0};
    char *step;

    (void)state;
    frame_step(&buf, FRAME_CANCEL, "r1x1");
    *(char *)memchr(buf.data, 'x', buf.len) = '\0';
    assert_int_equal(frame_read_step(next(&buf), &step, NULL), ERROR_INVALID);
    buf_free(&buf);
}

/* ---- The length and the version --------------------------------------- */

static int next_of(const char *bytes, size_t len)
{
    struct str frame;
    struct error error = {0};

    return frame_next((struct str){bytes, len}, &frame, &error);
}

static void lengths_at_the_limit_and_beside_it(void **state)
{
    (void)state;
    assert_int_equal(next_of("", 0), 0);
    assert_int_equal(next_of("\0\0\0", 3), 0);
    assert_int_equal(next_of("\0\0\0\1", 4), ERROR_LIMIT);
    assert_int_equal(next_of("\0\0\0\2", 4), 0);
    assert_int_equal(next_of("\0\0\0\2\2\1", 6), 1);
    assert_int_equal(next_of("\0\x10\0\0", 4), 0);
    assert_int_equal(next_of("\0\x10\0\1", 4), ERROR_LIMIT);
    assert_int_equal(next_of("\xff\xff\xff\xff", 4), ERROR_LIMIT);
    assert_int_equal(next_of("\0\0\0\2\1", 5), ERROR_INVALID);
}

/* ---- At random -------------------------------------------------------- */

static unsigned below(unsigned limit)
{
    return (unsigned)random() % limit;
}

static char *random_bytes(size_t len)
{
    char *bytes = alloc_bytes(len + 1);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)below(256);
    bytes[len] = '\0';
    return bytes;
}

static char *random_text(const char *prefix)
{
    size_t len = below(8) ? below(20) : below(5000);
    char *text = alloc_bytes(strlen(prefix) + len + 1);

    memcpy(text, prefix, strlen(prefix));
    for (size_t i = 0; i < len; i++)
        text[strlen(prefix) + i] = (char)(1 + below(255));
    text[strlen(prefix) + len] = '\0';
    return text;
}

static char **random_list(const char *first, size_t least)
{
    size_t count = least + below(9);
    char **words = alloc_zeroed(count + 1, sizeof *words);

    for (size_t i = 0; i < count; i++)
        words[i] = random_text(i ? "" : first);
    return words;
}

static struct job random_job(void)
{
    struct job job = {
        .step = random_text("r"),
        .argv = random_list("/", 1),
        .env = random_list("", 0),
        .folder = random_text("/"),
        .timeout = (uint64_t)random() * (uint64_t)random(),
        .grace = (uint64_t)random(),
        .stream = below(2),
    };

    if (below(2)) {
        job.input_len = below(3000);
        job.input = random_bytes(job.input_len);
    }
    return job;
}

static struct result random_result(void)
{
    struct result result = {
        .step = random_text("r"),
        .verdict = (enum verdict)(VERDICT_EXITED + below(VERDICT_LOST)),
        .code = (int32_t)random() - 1000000,
        .micros = (uint64_t)random() << 20,
        .text = below(2) ? random_text("") : NULL,
        .out_len = below(JOB_OUTPUT_KEPT),
        .err_len = below(1000),
        .out_truncated = below(2),
        .err_truncated = below(2),
    };

    result.out = random_bytes(result.out_len);
    result.err = random_bytes(result.err_len);
    return result;
}

static void same_words(char **a, char **b)
{
    for (; *a && *b; a++, b++)
        assert_string_equal(*a, *b);
    assert_ptr_equal(*a, *b);
}

static void same_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    assert_int_equal(a == NULL, b == NULL);
    assert_int_equal(a_len, b_len);
    if (a_len)
        assert_memory_equal(a, b, a_len);
}

static void same_job(const struct job *a, const struct job *b)
{
    assert_string_equal(a->step, b->step);
    same_words(a->argv, b->argv);
    same_words(a->env, b->env);
    assert_string_equal(a->folder, b->folder);
    same_bytes(a->input, a->input_len, b->input, b->input_len);
    assert_true(a->timeout == b->timeout && a->grace == b->grace);
    assert_int_equal(a->stream, b->stream);
}

static void same_result(const struct result *a, const struct result *b)
{
    assert_string_equal(a->step, b->step);
    assert_int_equal(a->verdict, b->verdict);
    assert_int_equal(a->code, b->code);
    assert_true(a->micros == b->micros);
    same_bytes(a->text, a->text ? strlen(a->text) : 0, b->text,
               b->text ? strlen(b->text) : 0);
    same_bytes(a->out, a->out_len, b->out, b->out_len);
    same_bytes(a->err, a->err_len, b->err, b->err_len);
    assert_int_equal(a->out_truncated, b->out_truncated);
    assert_int_equal(a->err_truncated, b->err_truncated);
}

static void add_random_frame(struct buf *buf)
{
    struct job job = random_job();
    struct result result = random_result();

    switch (below(3)) {
    case 0:
        frame_job(buf, &job);
        break;
    case 1:
        frame_output(buf, result.step, 1 + (int)below(2),
                     (struct str){result.out, result.out_len});
        break;
    default:
        frame_result(buf, &result);
    }
    job_clear(&job);
    result_clear(&result);
}

static void what_goes_in_comes_out(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++) {
        struct job job = random_job(), job_copy = {0};
        struct result result = random_result(), result_copy = {0};
        struct buf buf = {0};
        struct str frame;

        frame_job(&buf, &job);
        frame_result(&buf, &result);
        frame = next(&buf);
        assert_int_equal(frame_read_job(frame, &job_copy, NULL), 0);
        same_job(&job, &job_copy);
        buf_consume(&buf, frame.len);
        frame = next(&buf);
        assert_int_equal(frame.len, buf.len);
        assert_int_equal(frame_read_result(frame, &result_copy, NULL), 0);
        same_result(&result, &result_copy);
        job_clear(&job);
        job_clear(&job_copy);
        result_clear(&result);
        result_clear(&result_copy);
        buf_free(&buf);
    }
}

/* Reads the bytes as whatever they are, from a block that ends where they do,
 * so that a sanitizer sees a read beyond. True where they decoded. */
static bool read_any(const char *data, size_t len)
{
    char *exact = malloc(len ? len : 1);
    struct str frame;
    struct hello hello;
    struct job job = {0};
    struct output output = {0};
    struct result result = {0};
    char *step = NULL;
    bool good = false;

    assert_non_null(exact);
    memcpy(exact, data, len);
    if (frame_next((struct str){exact, len}, &frame, NULL) == 1) {
        good = frame_read_hello(frame, &hello, NULL) == 0;
        good |= frame_read_job(frame, &job, NULL) == 0;
        good |= frame_read_step(frame, &step, NULL) == 0;
        good |= frame_read_output(frame, &output, NULL) == 0;
        good |= frame_read_result(frame, &result, NULL) == 0;
    }
    job_clear(&job);
    output_clear(&output);
    result_clear(&result);
    free(step);
    free(exact);
    return good;
}

static void set_length(struct buf *buf)
{
    size_t len = buf->len - 4;

    for (int i = 0; i < 4; i++)
        buf->data[i] = (char)(unsigned char)(len >> (24 - 8 * i));
}

/* Cut off anywhere, and with a header that claims to be whole. */
static void a_frame_cut_short_never_decodes(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        struct buf buf = {0};

        add_random_frame(&buf);
        buf.len = 6 + below((unsigned)buf.len - 6);
        assert_false(read_any(buf.data, buf.len));
        set_length(&buf);
        assert_false(read_any(buf.data, buf.len));
        buf_free(&buf);
    }
}

static void a_frame_with_bytes_behind_never_decodes(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct buf buf = {0};

        add_random_frame(&buf);
        buf_add_byte(&buf, '\0');
        set_length(&buf);
        assert_false(read_any(buf.data, buf.len));
        buf_free(&buf);
    }
}

/* Many change only what a text says. The rest is for the sanitizers to see. */
static void changed_bytes_are_read_without_harm(void **state)
{
    unsigned decoded = 0;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct buf buf = {0};

        add_random_frame(&buf);
        for (unsigned changes = 1 + below(4); changes; changes--) {
            /* Mostly at the front, where the lengths and counts are. */
            unsigned reach = below(2) ? 64 : (unsigned)buf.len;

            if (reach > buf.len)
                reach = (unsigned)buf.len;
            buf.data[below(reach)] = (char)(below(3) ? below(256) : 0xff);
        }
        decoded += read_any(buf.data, buf.len);
        buf_free(&buf);
    }
    assert_in_range(decoded, 1, 2999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_is_the_bytes_that_the_header_promises),
        cmocka_unit_test(job_with_least_and_most),
        cmocka_unit_test(job_that_no_executor_may_start),
        cmocka_unit_test(step_frames),
        cmocka_unit_test(output_of_either_stream_and_of_no_other),
        cmocka_unit_test(a_reader_refuses_the_frame_of_another_type),
        cmocka_unit_test(a_text_with_a_nul_is_refused),
        cmocka_unit_test(lengths_at_the_limit_and_beside_it),
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(a_frame_cut_short_never_decodes),
        cmocka_unit_test(a_frame_with_bytes_behind_never_decodes),
        cmocka_unit_test(changed_bytes_are_read_without_harm),
    };
    unsigned seed = test_seed();

    fprintf(stderr, "# seed: SEED=%u\n", seed);
    srandom(seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
