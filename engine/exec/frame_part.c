#include "exec/frame_inner.h"

#include "base/alloc.h"

#include <assert.h>
#include <string.h>

/* ---- Writing ---------------------------------------------------------- */

void put_number(struct buf *buf, uint64_t value, unsigned bytes)
{
    while (bytes--)
        buf_add_byte(buf, (char)(unsigned char)(value >> (8 * bytes)));
}

void put_bytes(struct buf *buf, const char *data, size_t len)
{
    assert(len <= UINT32_MAX);
    put_number(buf, len, 4);
    buf_add(buf, data, len);
}

void put_text(struct buf *buf, const char *text)
{
    put_bytes(buf, text, strlen(text));
}

void put_optional(struct buf *buf, const char *data, size_t len)
{
    put_number(buf, data != NULL, 1);
    if (data)
        put_bytes(buf, data, len);
}

void put_list(struct buf *buf, char *const *words)
{
    size_t count = 0;

    while (words && words[count])
        count++;
    assert(count <= UINT32_MAX);
    put_number(buf, count, 4);
    for (; words && *words; words++)
        put_text(buf, *words);
}

/* Begins a frame; frame_end fills in its length. */
size_t frame_begin(struct buf *buf, enum frame_type type)
{
    size_t start = buf->len;

    put_number(buf, 0, FRAME_HEADER);
    put_number(buf, FRAME_VERSION, 1);
    put_number(buf, type, 1);
    return start;
}

void frame_end(struct buf *buf, size_t start)
{
    size_t len = buf->len - start - FRAME_HEADER;

    assert(len <= UINT32_MAX);
    for (size_t i = 0; i < FRAME_HEADER; i++)
        buf->data[start + i] = (char)(unsigned char)(len >> (24 - 8 * i));
}

/* ---- Reading ---------------------------------------------------------- */

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

uint64_t take_number(struct rest *rest, unsigned bytes)
{
    const unsigned char *data = take(rest, bytes);
    uint64_t value = 0;

    for (unsigned i = 0; data && i < bytes; i++)
        value = value << 8 | data[i];
    return value;
}

bool take_bool(struct rest *rest)
{
    uint64_t value = take_number(rest, 1);

    if (value > 1)
        rest->bad = true;
    return value == 1;
}

/* The bytes are the caller's, with a NUL behind them; NULL after a fault. */
char *take_bytes(struct rest *rest, size_t *len)
{
    const unsigned char *data;

    *len = (size_t)take_number(rest, 4);
    data = take(rest, *len);
    return data ? alloc_copy((const char *)data, *len) : NULL;
}

/* A text becomes a C string: a NUL in it would cut it short unseen. */
char *take_text(struct rest *rest)
{
    size_t len;
    char *text = take_bytes(rest, &len);

    if (text && memchr(text, '\0', len))
        rest->bad = true;
    return text;
}

char **take_list(struct rest *rest)
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
int rest_end(const struct rest *rest, const char *what, struct error *error)
{
    if (rest->bad || rest->len)
        return error_set(error, ERROR_INVALID,
                         "the %s frame does not decode: the other side is of "
                         "another version, or broken",
                         what);
    return 0;
}

struct rest frame_rest(struct str frame, enum frame_type type)
{
    assert(frame.len >= FRAME_HEAD);
    return (struct rest){
        .data = (const unsigned char *)frame.data + FRAME_HEAD,
        .len = frame.len - FRAME_HEAD,
        .bad = frame_type(frame) != type,
    };
}
