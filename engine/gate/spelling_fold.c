#include "gate/spelling.h"

#include "model/casefold.h"

/*
 * What stands for ASCII in other ways: full-width and circled digits, %31,
 * signs that are not seen, blanks that a URL parser takes out.
 */
static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct str from(struct str text, size_t start)
{
    return (struct str){text.data + start, text.len - start};
}

/* "%31" is "1". */
static size_t take_percent(struct str at, struct buf *buf)
{
    if (at.len < 3 || at.data[0] != '%' || hex(at.data[1]) < 0 ||
        hex(at.data[2]) < 0)
        return 0;
    buf_add_byte(buf, (char)(hex(at.data[1]) << 4 | hex(at.data[2])));
    return 3;
}

static size_t take_blank(struct str at)
{
    return at.data[0] == '\t' || at.data[0] == '\r' || at.data[0] == '\n';
}

/* The ideographic full stop, which IDNA takes for a dot. */
static size_t take_stop(struct str at, struct buf *buf)
{
    if (at.len < 3 || (unsigned char)at.data[0] != 0xe3 ||
        (unsigned char)at.data[1] != 0x80 || (unsigned char)at.data[2] != 0x82)
        return 0;
    buf_add_byte(buf, '.');
    return 3;
}

static void replace(struct str text, struct buf *buf,
                    size_t (*take)(struct str at, struct buf *buf))
{
    for (size_t i = 0; i < text.len;) {
        size_t len = take(from(text, i), buf);

        if (!len)
            buf_add_byte(buf, text.data[i]);
        i += len ? len : 1;
    }
}

static size_t take_sign(struct str at, struct buf *buf)
{
    size_t len = take_percent(at, buf);

    return len ? len : take_blank(at);
}

bool spelling_fold(struct str value, struct buf *buf)
{
    struct buf plain = {0}, folded = {0};
    bool differs;

    replace(value, &plain, take_sign);
    casefold(buf_str(&plain), &folded);
    replace(buf_str(&folded), buf, take_stop);
    differs = !str_same_nocase(buf_str(buf), value);
    buf_free(&plain);
    buf_free(&folded);
    return differs;
}
