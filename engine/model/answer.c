#include "model/step.h"

#include "base/alloc.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct answer *answer_new(enum step_status status)
{
    struct answer *answer = ALLOC(struct answer);

    answer->status = status;
    return answer;
}

struct answer *answer_refused(const char *rule, const struct error *error)
{
    struct answer *answer = answer_new(STEP_REFUSED);

    answer->rule = alloc_text(rule);
    answer->error = alloc_text(error->text);
    if (error->line)
        answer->place = alloc_printf("%s:%u", error->where, error->line);
    return answer;
}

void answer_free(struct answer *answer)
{
    if (!answer)
        return;
    free(answer->rule);
    free(answer->place);
    free(answer->error);
    free(answer->out);
    free(answer->err);
    free(answer);
}

void answer_put(const struct answer *answer, struct json_out *out)
{
    json_text(out, "status", step_status_names[answer->status]);
    json_text(out, "rule", answer->rule);
    if (answer->place)
        json_text(out, "place", answer->place);
    if (answer->exited)
        json_int(out, "exit", answer->exit);
    else
        json_null(out, "exit");
    if (answer->signal)
        json_int(out, "signal", answer->signal);
    json_real(out, "seconds", answer->seconds);
    json_str(out, "stdout", (struct str){answer->out, answer->out_len});
    json_str(out, "stderr", (struct str){answer->err, answer->err_len});
    if (answer->out_truncated || answer->err_truncated)
        json_bool(out, "truncated", true);
    if (answer->error)
        json_text(out, "error", answer->error);
}

void answer_write(const struct answer *answer, struct buf *buf)
{
    struct json_out out = {.buf = buf};

    json_open(&out, '{');
    answer_put(answer, &out);
    json_bool(&out, "stdout_truncated", answer->out_truncated);
    json_bool(&out, "stderr_truncated", answer->err_truncated);
    json_bool(&out, "shared", answer->shared);
    json_bool(&out, "yes", answer->yes);
    json_int(&out, "time", answer->time);
    json_int(&out, "total", answer->total);
    json_close(&out, '}');
}

/* --- reading what answer_write wrote --- */

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* RFC 4648 section 4, padded. */
static bool base64(struct str text, struct buf *bytes)
{
    unsigned bits = 0, have = 0;

    if (text.len % 4)
        return false;
    while (text.len && text.data[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit(text.data[i]);

        if (value < 0)
            return false;
        bits = bits << 6 | (unsigned)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            buf_add_byte(bytes, (char)(bits >> have));
            bits &= (1u << have) - 1;
        }
    }
    return true;
}

/* Text, or the bytes of {"base64":…}. */
static bool read_bytes(const struct json *value, char **bytes, size_t *len)
{
    const struct json *encoded = json_member(value, "base64");
    struct buf buf = {0};

    if (value && value->type == JSON_TEXT)
        buf_add_str(&buf, value->as.text);
    else if (!encoded || encoded->type != JSON_TEXT ||
             !base64(encoded->as.text, &buf)) {
        buf_free(&buf);
        return false;
    }
    *len = buf.len;
    *bytes = buf_take(&buf);
    return true;
}

/* Absent and null are NULL. */
static bool read_text(const struct json *value, char **text)
{
    size_t len;

    *text = NULL;
    return !value || value->type == JSON_NULL || read_bytes(value, text, &len);
}

/* Absent and null leave the number as it is. */
static bool read_int(const struct json *value, int64_t *number)
{
    if (!value || value->type == JSON_NULL)
        return true;
    *number = value->as.integer;
    return value->type == JSON_INT;
}

static bool read_real(const struct json *value, double *number)
{
    if (!value || (value->type != JSON_REAL && value->type != JSON_INT))
        return false;
    *number =
        value->type == JSON_REAL ? value->as.real : (double)value->as.integer;
    return true;
}

static bool is_true(const struct json *root, const char *key)
{
    const struct json *value = json_member(root, key);

    return value && value->type == JSON_BOOL && value->as.boolean;
}

static bool read_end(const struct json *root, struct answer *answer)
{
    const struct json *code = json_member(root, "exit");
    int64_t exit = 0, signal = 0;

    if (!read_int(code, &exit) ||
        !read_int(json_member(root, "signal"), &signal) || exit < INT_MIN ||
        exit > INT_MAX || signal < 0 || signal > INT_MAX)
        return false;
    answer->exited = code && code->type == JSON_INT;
    answer->exit = (int)exit;
    answer->signal = (int)signal;
    return true;
}

static bool read_all(const struct json *root, struct answer *answer)
{
    const struct json *status = json_member(root, "status");
    int found = status && status->type == JSON_TEXT
                    ? step_status_find(status->as.text)
                    : -1;

    if (found < 0)
        return false;
    answer->status = (enum step_status)found;
    answer->out_truncated = is_true(root, "stdout_truncated");
    answer->err_truncated = is_true(root, "stderr_truncated");
    answer->shared = is_true(root, "shared");
    answer->yes = is_true(root, "yes");
    return read_end(root, answer) &&
           read_text(json_member(root, "rule"), &answer->rule) &&
           read_text(json_member(root, "place"), &answer->place) &&
           read_text(json_member(root, "error"), &answer->error) &&
           read_real(json_member(root, "seconds"), &answer->seconds) &&
           read_bytes(json_member(root, "stdout"), &answer->out,
                      &answer->out_len) &&
           read_bytes(json_member(root, "stderr"), &answer->err,
                      &answer->err_len) &&
           read_int(json_member(root, "time"), &answer->time) &&
           read_int(json_member(root, "total"), &answer->total);
}

struct answer *answer_read(struct str json, struct error *error)
{
    struct json_doc *doc = json_parse(json, "", 0, error);
    struct answer *answer;

    if (!doc)
        return NULL;
    answer = answer_new(STEP_UNKNOWN);
    if (!read_all(json_root(doc), answer)) {
        error_set(error, ERROR_INVALID, "not the answer of a step");
        answer_free(answer);
        answer = NULL;
    }
    json_free(doc);
    return answer;
}
