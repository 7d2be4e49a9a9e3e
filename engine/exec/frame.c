#include "exec/frame.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 4, HEAD = HEADER + 2 }; /* the length; version and type too */

/* ---- Writing ---------------------------------------------------------- */

static void put_number(struct buf *buf, uint64_t value, unsigned bytes)
{
    while (bytes--)
        buf_add_byte(buf, (char)(unsigned char)(value >> (8 * bytes)));
}

static void put_bytes(struct buf *buf, const char *data, size_t len)
{
    assert(len <= UINT32_MAX);
    put_number(buf, len, 4);
    buf_add(buf, data, len);
}

static void put_text(struct buf *buf, const char *text)
{
    put_bytes(buf, text, strlen(text));
}

static void put_optional(struct buf *buf, const char *data, size_t len)
{
    put_number(buf, data != NULL, 1);
    if (data)
        put_bytes(buf, data, len);
}

static void put_list(struct buf *buf, char *const *words)
{
    size_t count = 0;

    while (words[count])
        count++;
    assert(count <= UINT32_MAX);
    put_number(buf, count, 4);
    for (size_t i = 0; i < count; i++)
        put_text(buf, words[i]);
}

/* Begins a frame; end_frame fills in its length. */
static size_t begin_frame(struct buf *buf, enum frame_type type)
{
    size_t start = buf->len;

    put_number(buf, 0, HEADER);
    put_number(buf, FRAME_VERSION, 1);
    put_number(buf, type, 1);
    return start;
}

static void end_frame(struct buf *buf, size_t start)
{
    size_t len = buf->len - start - HEADER;

    assert(len <= UINT32_MAX);
    for (size_t i = 0; i < HEADER; i++)
        buf->data[start + i] = (char)(unsigned char)(len >> (24 - 8 * i));
}

void frame_hello(struct buf *buf, const struct hello *hello)
{
    size_t start = begin_frame(buf, FRAME_HELLO);

    put_number(buf, hello->incarnation, 8);
    end_frame(buf, start);
}

void frame_job(struct buf *buf, const struct job *job)
{
    size_t start = begin_frame(buf, FRAME_JOB);

    put_text(buf, job->step);
    put_list(buf, job->argv);
    put_list(buf, job->env);
    put_text(buf, job->folder);
    put_optional(buf, job->input, job->input_len);
    put_number(buf, job->timeout, 8);
    put_number(buf, job->grace, 8);
    end_frame(buf, start);
}

void frame_step(struct buf *buf, enum frame_type type, const char *step)
{
    size_t start = begin_frame(buf, type);

    assert(type == FRAME_CANCEL || type == FRAME_FORGET);
    put_text(buf, step);
    end_frame(buf, start);
}

void frame_result(struct buf *buf, const struct result *result)
{
    size_t start = begin_frame(buf, FRAME_RESULT);

    put_text(buf, result->step);
    put_number(buf, (uint64_t)result->verdict, 1);
    put_number(buf, (uint32_t)result->code, 4);
    put_number(buf, result->micros, 8);
    put_optional(buf, result->text, result->text ? strlen(result->text) : 0);
    put_bytes(buf, result->out, result->out_len);
    put_bytes(buf, result->err, result->err_len);
    put_number(buf, result->out_truncated, 1);
    put_number(buf, result->err_truncated, 1);
    end_frame(buf, start);
}

/* ---- Reading ---------------------------------------------------------- */

/* What is left of a frame. After the first fault every read gives zero or
 * NULL, and rest_end tells. */
struct rest {
    const unsigned char *data;
    size_t len;
    bool bad;
};

static const unsigned char *take(struct rest *rest, size_t len)
{
    const unsigned char *data = rest->data;

    if (rest->bad || len > rest->len) {
        rest->bad = true;
        return NULL;
    }
    rest->data += len;
    rest->len -= len;
    return data;
}

static uint64_t take_number(struct rest *rest, unsigned bytes)
{
    const unsigned char *data = take(rest, bytes);
    uint64_t value = 0;

    for (unsigned i = 0; data && i < bytes; i++)
        value = value << 8 | data[i];
    return value;
}

static bool take_bool(struct rest *rest)
{
    uint64_t value = take_number(rest, 1);

    if (value > 1)
        rest->bad = true;
    return value == 1;
}

/* The bytes are the caller's, with a NUL behind them; NULL after a fault. */
static char *take_bytes(struct rest *rest, size_t *len)
{
    const unsigned char *data;

    *len = (size_t)take_number(rest, 4);
    data = take(rest, *len);
    return data ? alloc_copy((const char *)data, *len) : NULL;
}

/* A text becomes a C string: a NUL in it would cut it short unseen. */
static char *take_text(struct rest *rest)
{
    size_t len;
    char *text = take_bytes(rest, &len);

    if (text && memchr(text, '\0', len))
        rest->bad = true;
    return text;
}

static char **take_list(struct rest *rest)
{
    size_t count = (size_t)take_number(rest, 4);
    char **words;

    if (rest->bad || count > FRAME_WORDS_MAX) {
        rest->bad = true;
        return NULL;
    }
    words = alloc_zeroed(count + 1, sizeof *words);
    for (size_t i = 0; i < count && !rest->bad; i++)
        words[i] = take_text(rest);
    return words;
}

/* Leaves nothing unread and nothing guessed. */
static int rest_end(const struct rest *rest, const char *what,
                    struct error *error)
{
    if (rest->bad || rest->len)
        return error_set(error, ERROR_INVALID,
                         "the %s frame does not decode: the other side is of "
                         "another version, or broken",
                         what);
    return 0;
}

static struct rest rest_of(struct str frame, enum frame_type type)
{
    assert(frame.len >= HEAD);
    return (struct rest){
        .data = (const unsigned char *)frame.data + HEAD,
        .len = frame.len - HEAD,
        .bad = frame_type(frame) != type,
    };
}

int frame_next(struct str bytes, struct str *frame, struct error *error)
{
    struct rest rest = {(const unsigned char *)bytes.data, bytes.len, false};
    size_t len;

    if (bytes.len < HEADER)
        return 0;
    len = (size_t)take_number(&rest, HEADER);
    if (len < HEAD - HEADER || len > FRAME_MAX)
        return error_set(error, ERROR_LIMIT,
                         "a frame of %zu bytes, where 2 to %d are allowed", len,
                         FRAME_MAX);
    if (rest.len && rest.data[0] != FRAME_VERSION)
        return error_set(
            error, ERROR_INVALID,
            "a frame of version %u, where this program speaks "
            "version %d: install riposte and riposte-exec together",
            rest.data[0], FRAME_VERSION);
    if (rest.len < len)
        return 0;
    *frame = (struct str){bytes.data, HEADER + len};
    return 1;
}

enum frame_type frame_type(struct str frame)
{
    assert(frame.len >= HEAD);
    return (enum frame_type)(unsigned char)frame.data[HEADER + 1];
}

int frame_read_hello(struct str frame, struct hello *hello, struct error *error)
{
    struct rest rest = rest_of(frame, FRAME_HELLO);

    hello->incarnation = take_number(&rest, 8);
    return rest_end(&rest, "hello", error);
}

int frame_read_job(struct str frame, struct job *job, struct error *error)
{
    struct rest rest = rest_of(frame, FRAME_JOB);
    int status;

    job->step = take_text(&rest);
    job->argv = take_list(&rest);
    job->env = take_list(&rest);
    job->folder = take_text(&rest);
    if (take_bool(&rest))
        job->input = take_bytes(&rest, &job->input_len);
    job->timeout = take_number(&rest, 8);
    job->grace = take_number(&rest, 8);
    status = rest_end(&rest, "job", error);
    if (!status && (!job->argv[0] || job->argv[0][0] != '/'))
        status =
            error_set(error, ERROR_INVALID,
                      "job %s: the program is no absolute path", job->step);
    if (!status && job->folder[0] != '/')
        status = error_set(error, ERROR_INVALID,
                           "job %s: the working folder is no absolute path",
                           job->step);
    if (status)
        job_clear(job);
    return status;
}

int frame_read_step(struct str frame, char **step, struct error *error)
{
    enum frame_type type = frame_type(frame);
    struct rest rest = rest_of(frame, type);
    int status;

    if (type != FRAME_CANCEL && type != FRAME_FORGET)
        rest.bad = true;
    *step = take_text(&rest);
    status = rest_end(&rest, "step", error);
    if (status) {
        free(*step);
        *step = NULL;
    }
    return status;
}

int frame_read_result(struct str frame, struct result *result,
                      struct error *error)
{
    struct rest rest = rest_of(frame, FRAME_RESULT);
    uint64_t verdict;
    int status;

    result->step = take_text(&rest);
    verdict = take_number(&rest, 1);
    if (verdict < VERDICT_EXITED || verdict > VERDICT_LOST)
        rest.bad = true;
    result->verdict = (enum verdict)verdict;
    result->code = (int32_t)(uint32_t)take_number(&rest, 4);
    result->micros = take_number(&rest, 8);
    if (take_bool(&rest))
        result->text = take_text(&rest);
    result->out = take_bytes(&rest, &result->out_len);
    result->err = take_bytes(&rest, &result->err_len);
    result->out_truncated = take_bool(&rest);
    result->err_truncated = take_bool(&rest);
    status = rest_end(&rest, "result", error);
    if (status)
        result_clear(result);
    return status;
}

static void free_words(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

void job_clear(struct job *job)
{
    free(job->step);
    free_words(job->argv);
    free_words(job->env);
    free(job->folder);
    free(job->input);
    *job = (struct job){0};
}

void result_clear(struct result *result)
{
    free(result->step);
    free(result->text);
    free(result->out);
    free(result->err);
    *result = (struct result){0};
}
