#include "exec/frame.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
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
    static const char bytes[] = "\0\0\0\012\3\1\1\2\3\4\5\6\7\10";
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

/* ---- Secrets ------------------------------------------------------------- */

enum { REFERENCES = SECRET_REFERENCES_MAX + 1 };

/* What a reader says to a job with so many of that reference. */
static int read_with(struct secret_reference secret, size_t times,
                     const char *store, char *const *command)
{
    char *argv[] = {"/bin/true", "***", NULL};
    char *env[] = {"KEY=***", NULL};
    struct secret_reference secrets[REFERENCES];
    struct job copy = {0};
    struct buf buf = {0};
    int status;

    for (size_t i = 0; i < times; i++)
        secrets[i] = secret;
    frame_job(&buf, &(struct job){.step = "r1.1",
                                  .argv = argv,
                                  .env = env,
                                  .folder = "/",
                                  .secrets = secrets,
                                  .nsecrets = times,
                                  .store = (char *)(uintptr_t)store,
                                  .secret_command = (char **)command});
    status = frame_read_job(next(&buf), &copy, NULL);
    assert_int_equal(copy.nsecrets, status ? 0 : times);
    job_clear(&copy);
    buf_free(&buf);
    return status;
}

static void references_at_the_limit_and_beside_it(void **state)
{
    struct secret_reference in = {SECRET_STDIN, 0, false, "key"};

    (void)state;
    assert_int_equal(read_with(in, 0, NULL, NULL), 0);
    assert_int_equal(read_with(in, 1, "/store", NULL), 0);
    assert_int_equal(read_with(in, REFERENCES - 1, "/store", NULL), 0);
    assert_int_equal(read_with(in, REFERENCES, "/store", NULL), ERROR_INVALID);
}

/* Never the program, and nothing that is not there. */
static void a_secret_has_a_place_or_the_job_is_refused(void **state)
{
    static const struct {
        struct secret_reference secret;
        int status;
    } cases[] = {
        {{SECRET_ARGV, 0, false, "key"}, ERROR_INVALID},
        {{SECRET_ARGV, 1, true, "key"}, 0},
        {{SECRET_ARGV, 2, false, "key"}, ERROR_INVALID},
        {{SECRET_ARGV, UINT32_MAX, false, "key"}, ERROR_INVALID},
        {{SECRET_ENV, 0, false, "key"}, 0},
        {{SECRET_ENV, 1, false, "key"}, ERROR_INVALID},
        {{SECRET_STDIN, 0, false, "key"}, 0},
        {{SECRET_STDIN, 1, false, "key"}, ERROR_INVALID},
        {{(enum secret_place)0, 0, false, "key"}, ERROR_INVALID},
        {{(enum secret_place)4, 0, false, "key"}, ERROR_INVALID},
        {{SECRET_ENV, 0, false, ""}, ERROR_INVALID},
        {{SECRET_ENV, 0, false, "../key"}, ERROR_INVALID},
        {{SECRET_ENV, 0, false, ".key"}, ERROR_INVALID},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(read_with(cases[i].secret, 1, "/store", NULL),
                         cases[i].status);
}

static void store_and_command_are_absolute_paths(void **state)
{
    static char *const relative[] = {"vault", NULL};
    static char *const absolute[] = {"/vault", NULL};
    static char *const none[] = {NULL};
    struct secret_reference in = {SECRET_STDIN, 0, false, "key"};

    (void)state;
    assert_int_equal(read_with(in, 1, NULL, NULL), ERROR_INVALID);
    assert_int_equal(read_with(in, 1, "", NULL), ERROR_INVALID);
    assert_int_equal(read_with(in, 1, "store", NULL), ERROR_INVALID);
    assert_int_equal(read_with(in, 0, "store", NULL), ERROR_INVALID);
    assert_int_equal(read_with(in, 1, "/s", relative), ERROR_INVALID);
    assert_int_equal(read_with(in, 1, "/s", absolute), 0);
    assert_int_equal(read_with(in, 1, "/s", none), 0);
}

/* A slot keeps no more, so one that says more lies. */
static void output_of_a_result_at_the_limit_and_beside_it(void **state)
{
    char *bytes = alloc_zeroed(JOB_OUTPUT_KEPT + 1, 1);

    (void)state;
    for (int stream = 1; stream <= 2; stream++) {
        for (size_t more = 0; more <= 1; more++) {
            struct result result = {.step = "r1.1",
                                    .verdict = VERDICT_EXITED,
                                    .out = bytes,
                                    .err = bytes};
            struct result copy = {0};
            struct buf buf = {0};

            *(stream == 1 ? &result.out_len : &result.err_len) =
                JOB_OUTPUT_KEPT + more;
            frame_result(&buf, &result);
            assert_int_equal(frame_read_result(next(&buf), &copy, NULL),
                             more ? ERROR_INVALID : 0);
            assert_int_equal(copy.step == NULL, more);
            result_clear(&copy);
            buf_free(&buf);
        }
    }
    free(bytes);
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
    assert_int_equal(next_of("\0\0\0\2\3\1", 6), 1);
    assert_int_equal(next_of("\0\x10\0\0", 4), 0);
    assert_int_equal(next_of("\0\x10\0\1", 4), ERROR_LIMIT);
    assert_int_equal(next_of("\xff\xff\xff\xff", 4), ERROR_LIMIT);
    assert_int_equal(next_of("\0\0\0\2\1", 5), ERROR_INVALID);
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
        cmocka_unit_test(references_at_the_limit_and_beside_it),
        cmocka_unit_test(a_secret_has_a_place_or_the_job_is_refused),
        cmocka_unit_test(store_and_command_are_absolute_paths),
        cmocka_unit_test(output_of_a_result_at_the_limit_and_beside_it),
        cmocka_unit_test(lengths_at_the_limit_and_beside_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
