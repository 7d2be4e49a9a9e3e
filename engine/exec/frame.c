#include "exec/frame_inner.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Writing ---------------------------------------------------------- */

void frame_hello(struct buf *buf, const struct hello *hello)
{
    size_t start = frame_begin(buf, FRAME_HELLO);

    put_number(buf, hello->incarnation, 8);
    frame_end(buf, start);
}

static void put_secrets(struct buf *buf, const struct job *job)
{
    put_number(buf, job->nsecrets, 4);
    for (size_t i = 0; i < job->nsecrets; i++) {
        const struct secret_reference *secret = &job->secrets[i];

        put_number(buf, (uint64_t)secret->place, 1);
        put_number(buf, secret->index, 4);
        put_number(buf, secret->dash, 1);
        put_text(buf, secret->name);
    }
}

void frame_job(struct buf *buf, const struct job *job)
{
    size_t start = frame_begin(buf, FRAME_JOB);

    put_text(buf, job->step);
    put_list(buf, job->argv);
    put_list(buf, job->env);
    put_text(buf, job->folder);
    put_optional(buf, job->input, job->input_len);
    put_number(buf, job->timeout, 8);
    put_number(buf, job->grace, 8);
    put_number(buf, job->stream, 1);
    put_list(buf, job->hide);
    put_secrets(buf, job);
    put_optional(buf, job->store, job->store ? strlen(job->store) : 0);
    put_list(buf, job->secret_command);
    frame_end(buf, start);
}

void frame_step(struct buf *buf, enum frame_type type, const char *step)
{
    size_t start = frame_begin(buf, type);

    assert(type == FRAME_CANCEL || type == FRAME_FORGET || type == FRAME_AWAIT);
    put_text(buf, step);
    frame_end(buf, start);
}

void frame_output(struct buf *buf, const char *step, int stream,
                  struct str bytes)
{
    size_t start = frame_begin(buf, FRAME_OUTPUT);

    assert(stream == STDOUT_FILENO || stream == STDERR_FILENO);
    put_text(buf, step);
    put_number(buf, (uint64_t)stream, 1);
    put_bytes(buf, bytes.data, bytes.len);
    frame_end(buf, start);
}

void frame_result(struct buf *buf, const struct result *result)
{
    size_t start = frame_begin(buf, FRAME_RESULT);

    put_text(buf, result->step);
    put_number(buf, (uint64_t)result->verdict, 1);
    put_number(buf, (uint32_t)result->code, 4);
    put_number(buf, result->micros, 8);
    put_optional(buf, result->text, result->text ? strlen(result->text) : 0);
    put_bytes(buf, result->out, result->out_len);
    put_bytes(buf, result->err, result->err_len);
    put_number(buf, result->out_truncated, 1);
    put_number(buf, result->err_truncated, 1);
    frame_end(buf, start);
}

/* ---- Reading ---------------------------------------------------------- */

int frame_next(struct str bytes, struct str *frame, struct error *error)
{
    struct rest rest = {(const unsigned char *)bytes.data, bytes.len, false};
    size_t len;

    if (bytes.len < FRAME_HEADER)
        return 0;
    len = (size_t)take_number(&rest, FRAME_HEADER);
    if (len < FRAME_HEAD - FRAME_HEADER || len > FRAME_MAX)
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
    *frame = (struct str){bytes.data, FRAME_HEADER + len};
    return 1;
}

enum frame_type frame_type(struct str frame)
{
    assert(frame.len >= FRAME_HEAD);
    return (enum frame_type)(unsigned char)frame.data[FRAME_HEADER + 1];
}

int frame_read_hello(struct str frame, struct hello *hello, struct error *error)
{
    struct rest rest = frame_rest(frame, FRAME_HELLO);

    hello->incarnation = take_number(&rest, 8);
    return rest_end(&rest, "hello", error);
}

static size_t count(char *const *words)
{
    size_t len = 0;

    while (words && words[len])
        len++;
    return len;
}

static bool has_place(const struct job *job,
                      const struct secret_reference *secret)
{
    switch (secret->place) {
    case SECRET_ARGV: /* never the program */
        return secret->index && secret->index < count(job->argv);
    case SECRET_ENV:
        return secret->index < count(job->env);
    case SECRET_STDIN:
        return !secret->index;
    }
    return false;
}

static void take_secrets(struct rest *rest, struct job *job)
{
    size_t len = (size_t)take_number(rest, 4);

    rest->bad = rest->bad || len > SECRET_REFERENCES_MAX;
    if (rest->bad)
        return;
    job->secrets = alloc_zeroed(len + 1, sizeof *job->secrets);
    while (job->nsecrets < len && !rest->bad) {
        struct secret_reference *secret = &job->secrets[job->nsecrets++];

        secret->place = (enum secret_place)take_number(rest, 1);
        secret->index = (size_t)take_number(rest, 4);
        secret->dash = take_bool(rest);
        secret->name = take_text(rest);
        rest->bad = rest->bad || !secret_name_fits(str_of(secret->name)) ||
                    !has_place(job, secret);
    }
}

/* Programs and folders are found by absolute paths alone. */
static int check_paths(const struct job *job, struct error *error)
{
    const char *what = NULL;

    if (!job->argv[0] || job->argv[0][0] != '/')
        what = "program";
    else if (job->folder[0] != '/')
        what = "working folder";
    else if (job->store ? job->store[0] != '/' : job->nsecrets)
        what = "folder of secrets";
    else if (job->secret_command[0] && job->secret_command[0][0] != '/')
        what = "program of secret_command";
    return what ? error_set(error, ERROR_INVALID,
                            "job %s: the %s is no absolute path", job->step,
                            what)
                : 0;
}

int frame_read_job(struct str frame, struct job *job, struct error *error)
{
    struct rest rest = frame_rest(frame, FRAME_JOB);
    int status;

    job->step = take_text(&rest);
    job->argv = take_list(&rest);
    job->env = take_list(&rest);
    job->folder = take_text(&rest);
    if (take_bool(&rest))
        job->input = take_bytes(&rest, &job->input_len);
    job->timeout = take_number(&rest, 8);
    job->grace = take_number(&rest, 8);
    job->stream = take_bool(&rest);
    job->hide = take_list(&rest);
    take_secrets(&rest, job);
    if (take_bool(&rest))
        job->store = take_text(&rest);
    job->secret_command = take_list(&rest);
    status = rest_end(&rest, "job", error);
    if (!status)
        status = check_paths(job, error);
    if (status)
        job_clear(job);
    return status;
}

int frame_read_step(struct str frame, char **step, struct error *error)
{
    enum frame_type type = frame_type(frame);
    struct rest rest = frame_rest(frame, type);
    int status;

    if (type != FRAME_CANCEL && type != FRAME_FORGET && type != FRAME_AWAIT)
        rest.bad = true;
    *step = take_text(&rest);
    status = rest_end(&rest, "step", error);
    if (status) {
        free(*step);
        *step = NULL;
    }
    return status;
}

int frame_read_output(struct str frame, struct output *output,
                      struct error *error)
{
    struct rest rest = frame_rest(frame, FRAME_OUTPUT);
    int status;

    output->step = take_text(&rest);
    output->stream = (int)take_number(&rest, 1);
    if (output->stream != STDOUT_FILENO && output->stream != STDERR_FILENO)
        rest.bad = true;
    output->bytes = take_bytes(&rest, &output->len);
    status = rest_end(&rest, "output", error);
    if (status)
        output_clear(output);
    return status;
}

int frame_read_result(struct str frame, struct result *result,
                      struct error *error)
{
    struct rest rest = frame_rest(frame, FRAME_RESULT);
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
    rest.bad = rest.bad || result->out_len > JOB_OUTPUT_KEPT ||
               result->err_len > JOB_OUTPUT_KEPT;
    result->out_truncated = take_bool(&rest);
    result->err_truncated = take_bool(&rest);
    status = rest_end(&rest, "result", error);
    if (status)
        result_clear(result);
    return status;
}

static void wipe(char *data, size_t len)
{
    if (data)
        explicit_bzero(data, len);
    free(data);
}

static void wipe_words(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        wipe(words[i], strlen(words[i]));
    free(words);
}

void job_clear(struct job *job)
{
    free(job->step);
    wipe_words(job->argv);
    wipe_words(job->env);
    free(job->folder);
    wipe(job->input, job->input_len);
    wipe_words(job->hide);
    for (size_t i = 0; i < job->nsecrets; i++)
        free(job->secrets[i].name);
    free(job->secrets);
    free(job->store);
    wipe_words(job->secret_command);
    *job = (struct job){0};
}

void output_clear(struct output *output)
{
    free(output->step);
    free(output->bytes);
    *output = (struct output){0};
}

void result_clear(struct result *result)
{
    free(result->step);
    free(result->text);
    wipe(result->out, result->out_len);
    wipe(result->err, result->err_len);
    *result = (struct result){0};
}
