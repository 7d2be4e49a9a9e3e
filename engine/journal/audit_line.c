#include "journal/audit_log.h"

#include "base/clock.h"
#include "model/json_out.h"

#include <string.h>

void audit_put_start(struct buf *buf, const char *id,
                     const struct audit_head *head)
{
    struct json_out out = {.buf = buf};

    json_open(&out, '{');
    json_text(&out, "journal", id);
    json_int(&out, "n", head->n);
    json_text(&out, "hash", head->hash);
    json_close(&out, '}');
    buf_add_byte(buf, '\n');
}

void audit_put_record(struct buf *buf, const struct audit_record *record)
{
    struct json_out out = {.buf = buf};
    char time[CLOCK_TEXT];

    clock_format(record->time, time);
    json_open(&out, '{');
    json_int(&out, "n", record->n);
    json_text(&out, "time", time);
    json_text(&out, "kind", record->kind);
    json_text(&out, "hash", record->hash);
    json_key(&out, "body");
    json_put_raw(&out, record->body);
    json_close(&out, '}');
    buf_add_byte(buf, '\n');
}

/* ---- taking: what is left of a line --------------------------------------
 */

static bool eat(struct str *in, const char *text)
{
    size_t len = strlen(text);

    if (in->len < len || memcmp(in->data, text, len) != 0)
        return false;
    in->data += len;
    in->len -= len;
    return true;
}

/* Up to the next '"', into room of that size. */
static bool eat_text(struct str *in, char *out, size_t size)
{
    const char *end = memchr(in->data, '"', in->len);
    size_t len = end ? (size_t)(end - in->data) : size;

    if (len >= size)
        return false;
    memcpy(out, in->data, len);
    out[len] = '\0';
    in->data += len;
    in->len -= len;
    return true;
}

static bool eat_number(struct str *in, int64_t *out)
{
    size_t digits = 0;

    *out = 0;
    for (; in->len && *in->data >= '0' && *in->data <= '9';
         in->data++, in->len--, digits++)
        if (__builtin_mul_overflow(*out, 10, out) ||
            __builtin_add_overflow(*out, *in->data - '0', out))
            return false;
    return digits > 0;
}

/* There is one way to write a record: with another, the line was changed. */
static bool same(const struct buf *want, struct str line)
{
    return want->len == line.len + 1 &&
           !memcmp(want->data, line.data, line.len);
}

bool audit_take_start(struct str line, char id[AUDIT_ID_MAX],
                      struct audit_head *head)
{
    struct buf want = {0};
    struct str in = line;
    bool well = eat(&in, "{\"journal\":\"") &&
                eat_text(&in, id, AUDIT_ID_MAX) && eat(&in, "\",\"n\":") &&
                eat_number(&in, &head->n) && eat(&in, ",\"hash\":\"") &&
                eat_text(&in, head->hash, sizeof head->hash);

    if (well) {
        audit_put_start(&want, id, head);
        /* A whole log begins with what the journal's id gives. */
        well = same(&want, line) && (head->n || !strcmp(head->hash, id));
    }
    buf_free(&want);
    return well;
}

bool audit_take_record(struct str line, struct audit_line *out)
{
    struct audit_record *record = &out->record;
    char time[CLOCK_TEXT];
    struct buf want = {0};
    struct str in = line;
    bool well = eat(&in, "{\"n\":") && eat_number(&in, &record->n) &&
                eat(&in, ",\"time\":\"") && eat_text(&in, time, sizeof time) &&
                !clock_parse(str_of(time), 0, &record->time) &&
                eat(&in, "\",\"kind\":\"") &&
                eat_text(&in, out->kind, sizeof out->kind) &&
                eat(&in, "\",\"hash\":\"") &&
                eat_text(&in, out->hash, sizeof out->hash) &&
                eat(&in, "\",\"body\":") && in.len &&
                in.data[in.len - 1] == '}';

    record->kind = out->kind;
    record->hash = out->hash;
    if (well) {
        record->body = (struct str){in.data, in.len - 1};
        audit_put_record(&want, record);
        well = same(&want, line);
    }
    buf_free(&want);
    return well;
}
