#include "journal/record.h"

#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    ID_TEXT = 40, /* "r", 19 digits, ".", 10 digits, NUL */
};

void record_begin(struct record *record)
{
    *record = (struct record){0};
    record->out.buf = &record->buf;
    json_open(&record->out, '{');
}

int record_append(struct record *record, struct db *db, const char *kind,
                  int64_t time, struct error *error)
{
    int code;

    json_close(&record->out, '}');
    code = audit_append(db, kind, time, buf_str(&record->buf), error);
    buf_free(&record->buf);
    return code;
}

void record_run(struct record *record, int64_t run)
{
    char text[ID_TEXT];

    snprintf(text, sizeof text, "r%" PRId64, run);
    json_text(&record->out, "run", text);
}

void record_step(struct record *record, int64_t run, unsigned step)
{
    char text[ID_TEXT];

    snprintf(text, sizeof text, "r%" PRId64 ".%u", run, step);
    json_text(&record->out, "step", text);
}

void record_json(struct record *record, const char *key, struct str json)
{
    char hex[HASH_HEX];

    if (!json.len)
        return;
    json_key(&record->out, key);
    if (json.len <= RECORD_INLINE_MAX) {
        json_put_raw(&record->out, json);
        return;
    }
    hash_hex(json, hex);
    json_open(&record->out, '{');
    json_text(&record->out, "sha256", hex);
    json_int(&record->out, "bytes", (int64_t)json.len);
    json_close(&record->out, '}');
}

void record_text(struct record *record, const char *key, const char *text)
{
    if (text)
        json_text(&record->out, key, text);
}
