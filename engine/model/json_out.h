#ifndef RIPOSTE_MODEL_JSON_OUT_H
#define RIPOSTE_MODEL_JSON_OUT_H

#include "base/buf.h"
#include "model/json.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Writes JSON without blanks. Zero-initialise a struct json_out with its buf
 * set; commas are its own affair. Bytes that are no UTF-8 are written as
 * {"base64":"…"}; U+2028 and U+2029 are escaped too.
 */
struct json_out {
    struct buf *buf;
    bool comma;
};

void json_open(struct json_out *out, char bracket);  /* '{' or '[' */
void json_close(struct json_out *out, char bracket); /* '}' or ']' */
void json_key(struct json_out *out, const char *key);
void json_key_str(struct json_out *out, struct str key);
void json_put_text(struct json_out *out, const char *text); /* NULL: null */
void json_put_str(struct json_out *out, struct str text);
void json_put_int(struct json_out *out, int64_t value);
void json_put_real(struct json_out *out, double value); /* shortest form */
void json_put_bool(struct json_out *out, bool value);
void json_put_null(struct json_out *out);
void json_put_value(struct json_out *out, const struct json *value);
void json_put_raw(struct json_out *out, struct str json); /* JSON already */

/* Key and value in one. */
void json_text(struct json_out *out, const char *key, const char *text);
void json_str(struct json_out *out, const char *key, struct str text);
void json_int(struct json_out *out, const char *key, int64_t value);
void json_real(struct json_out *out, const char *key, double value);
void json_bool(struct json_out *out, const char *key, bool value);
void json_null(struct json_out *out, const char *key);

#endif
