/* Frames at random: whatever is written is read again; whatever is no frame
 * does no harm. */
#include "exec/frame.h"

#include "../seed.h"
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct str next(const struct buf *buf)
{
    struct str frame = {0};
    struct error error = {0};

    assert_int_equal(frame_next(buf_str(buf), &frame, &error), 1);
    return frame;
}

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

static char *random_name(void)
{
    static const char fit[] = "aZ09._-";
    size_t len = below(4) ? 1 + below(12) : SECRET_NAME_MAX;
    char *name = alloc_bytes(len + 1);

    for (size_t i = 0; i < len; i++)
        name[i] = fit[below(sizeof fit - 1)];
    name[0] = 'n';
    name[len] = '\0';
    return name;
}

static unsigned count(char **words)
{
    unsigned len = 0;

    while (words && words[len])
        len++;
    return len;
}

/* Each has a place in the job. */
static void add_secrets(struct job *job)
{
    job->secrets = alloc_zeroed(SECRET_REFERENCES_MAX, sizeof *job->secrets);
    job->nsecrets = below(4) ? below(5) : SECRET_REFERENCES_MAX;
    for (size_t i = 0; i < job->nsecrets; i++) {
        struct secret_reference *secret = &job->secrets[i];
        unsigned words = count(job->argv), variables = count(job->env);

        secret->place = SECRET_STDIN;
        secret->dash = below(2);
        secret->name = random_name();
        if (below(2) && words > 1) {
            secret->place = SECRET_ARGV;
            secret->index = 1 + below(words - 1);
        } else if (below(2) && variables) {
            secret->place = SECRET_ENV;
            secret->index = below(variables);
        }
    }
    if (job->nsecrets || below(2))
        job->store = random_text("/");
    if (below(2))
        job->secret_command = random_list("/", 1);
    if (below(2))
        job->hide = random_list("", 0);
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
    if (below(2))
        add_secrets(&job);
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

/* No list is an empty one. */
static void same_words(char **a, char **b)
{
    char *none[] = {NULL};

    for (a = a ? a : none, b = b ? b : none; *a && *b; a++, b++)
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
    same_words(a->hide, b->hide);
    same_words(a->secret_command, b->secret_command);
    same_bytes(a->store, a->store ? strlen(a->store) : 0, b->store,
               b->store ? strlen(b->store) : 0);
    assert_int_equal(a->nsecrets, b->nsecrets);
    for (size_t i = 0; i < a->nsecrets; i++) {
        assert_int_equal(a->secrets[i].place, b->secrets[i].place);
        assert_int_equal(a->secrets[i].index, b->secrets[i].index);
        assert_int_equal(a->secrets[i].dash, b->secrets[i].dash);
        assert_string_equal(a->secrets[i].name, b->secrets[i].name);
    }
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
