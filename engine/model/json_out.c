#include "model/json_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(struct json_out *out)
{
    if (out->comma)
        buf_add_byte(out->buf, ',');
    out->comma = true;
}

void json_open(struct json_out *out, char bracket)
{
    begin(out);
    buf_add_byte(out->buf, bracket);
    out->comma = false;
}

void json_close(struct json_out *out, char bracket)
{
    buf_add_byte(out->buf, bracket);
    out->comma = true;
}

/* The length of the escape-free bytes at the front. U+2028 and U+2029 (E2 80
 * A8 and A9) end a line for JavaScript and for some log readers. */
static size_t plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
            return i;
        if (c == 0xe2 && text.len - i >= 3 &&
            (unsigned char)text.data[i + 1] == 0x80 &&
            ((unsigned char)text.data[i + 2] & 0xfe) == 0xa8)
            return i;
    }
    return text.len;
}

/* The letter behind the backslash, or 0 where there is none for it. */
static char letter(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

/* Writes the character at the front as an escape; gives its length. */
static size_t escape(struct buf *buf, struct str text)
{
    unsigned char c = (unsigned char)text.data[0];
    char known = letter(text.data[0]);

    if (c == 0xe2) {
        buf_printf(buf, "\\u20%02x", 0x28 + ((unsigned char)text.data[2] & 1));
        return 3;
    }
    if (known) {
        buf_add_byte(buf, '\\');
        buf_add_byte(buf, known);
    } else {
        buf_printf(buf, "\\u%04x", c);
    }
    return 1;
}

static void put_quoted(struct buf *buf, struct str text)
{
    buf_add_byte(buf, '"');
    while (text.len) {
        size_t len = plain(text);

        buf_add(buf, text.data, len);
        if (len < text.len)
            len += escape(buf, (struct str){text.data + len, text.len - len});
        text.data += len;
        text.len -= len;
    }
    buf_add_byte(buf, '"');
}

/* RFC 4648 section 4. */
static void put_base64(struct buf *buf, struct str text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)text.data;

    for (size_t i = 0; i < text.len; i += 3) {
        size_t left = text.len - i;
        unsigned n = (unsigned)p[i] << 16 |
                     (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
                     (left > 2 ? p[i + 2] : 0);
        char four[4] = {digits[n >> 18], digits[n >> 12 & 63],
                        left > 1 ? digits[n >> 6 & 63] : '=',
                        left > 2 ? digits[n & 63] : '='};

        buf_add(buf, four, sizeof four);
    }
}

void json_put_str(struct json_out *out, struct str text)
{
    begin(out);
    if (str_utf8(text)) {
        put_quoted(out->buf, text);
        return;
    }
    buf_add_text(out->buf, "{\"base64\":\"");
    put_base64(out->buf, text);
    buf_add_text(out->buf, "\"}");
}

/* A name has to be text: bytes that are no UTF-8 are shown in base64 too. */
void json_key_str(struct json_out *out, struct str key)
{
    begin(out);
    if (str_utf8(key)) {
        put_quoted(out->buf, key);
    } else {
        buf_add_text(out->buf, "\"base64:");
        put_base64(out->buf, key);
        buf_add_byte(out->buf, '"');
    }
    buf_add_byte(out->buf, ':');
    out->comma = false;
}

void json_key(struct json_out *out, const char *key)
{
    json_key_str(out, str_of(key));
}

void json_put_text(struct json_out *out, const char *text)
{
    if (text)
        json_put_str(out, str_of(text));
    else
        json_put_null(out);
}

void json_put_int(struct json_out *out, int64_t value)
{
    begin(out);
    buf_printf(out->buf, "%lld", (long long)value);
}

/* The fewest digits that read back as the same double; a whole number keeps
 * ".0", so that it stays a real for whoever reads it. */
void json_put_real(struct json_out *out, double value)
{
    char text[40] = "null"; /* JSON has no word for infinity or NaN */

    begin(out);
    if (isfinite(value) && value == trunc(value) && fabs(value) < 1e15) {
        snprintf(text, sizeof text, "%.1f", value); /* 60.0, not 6e+01 */
    } else if (isfinite(value)) {
        for (int digits = 1; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, value);
            if (strtod(text, NULL) == value)
                break;
        }
    }
    buf_add_text(out->buf, text);
    if (isfinite(value) && !strpbrk(text, ".e"))
        buf_add_text(out->buf, ".0");
}

void json_put_bool(struct json_out *out, bool value)
{
    json_put_raw(out, str_of(value ? "true" : "false"));
}

void json_put_null(struct json_out *out)
{
    json_put_raw(out, str_of("null"));
}

void json_put_raw(struct json_out *out, struct str json)
{
    begin(out);
    buf_add_str(out->buf, json);
}

static void put_list(struct json_out *out, const struct json *value)
{
    bool object = value->type == JSON_OBJECT;

    json_open(out, object ? '{' : '[');
    for (size_t i = 0; i < value->as.list.len; i++) {
        if (object)
            json_key_str(out, value->as.list.items[i].key);
        json_put_value(out, &value->as.list.items[i]);
    }
    json_close(out, object ? '}' : ']');
}

void json_put_value(struct json_out *out, const struct json *value)
{
    switch (value->type) {
    case JSON_NULL:
        json_put_null(out);
        break;
    case JSON_BOOL:
        json_put_bool(out, value->as.boolean);
        break;
    case JSON_INT:
        json_put_int(out, value->as.integer);
        break;
    case JSON_UINT:
        begin(out);
        buf_printf(out->buf, "%llu", (unsigned long long)value->as.natural);
        break;
    case JSON_REAL:
        json_put_real(out, value->as.real);
        break;
    case JSON_TEXT:
        json_put_str(out, value->as.text);
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        put_list(out, value);
        break;
    }
}

void json_text(struct json_out *out, const char *key, const char *text)
{
    json_key(out, key);
    json_put_text(out, text);
}

void json_str(struct json_out *out, const char *key, struct str text)
{
    json_key(out, key);
    json_put_str(out, text);
}

void json_int(struct json_out *out, const char *key, int64_t value)
{
    json_key(out, key);
    json_put_int(out, value);
}

void json_real(struct json_out *out, const char *key, double value)
{
    json_key(out, key);
    json_put_real(out, value);
}

void json_bool(struct json_out *out, const char *key, bool value)
{
    json_key(out, key);
    json_put_bool(out, value);
}

void json_null(struct json_out *out, const char *key)
{
    json_key(out, key);
    json_put_null(out);
}
