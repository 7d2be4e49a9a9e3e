#include "gate/spelling.h"

#include "base/buf.h"

#include <string.h>

/* Whoever wants the readings, and whether he has enough. */
struct sink {
    spelling_fn each;
    void *arg;
};

static struct str from(struct str text, size_t start)
{
    return (struct str){text.data + start, text.len - start};
}

static struct str first(struct str text, size_t len)
{
    return (struct str){text.data, len};
}

/* The position of the first byte that is one of those, or len. */
static size_t find(struct str text, const char *bytes)
{
    size_t at = 0;

    while (at < text.len && (!text.data[at] || !strchr(bytes, text.data[at])))
        at++;
    return at;
}

static size_t find_last(struct str text, char byte)
{
    const char *at = text.len ? memrchr(text.data, byte, text.len) : NULL;

    return at ? (size_t)(at - text.data) : text.len;
}

static bool tell_word(const struct sink *sink, struct str text, bool user)
{
    struct name name = {.kind = NAME_WORD, .text = text, .user = user};

    while (name.text.len && name.text.data[name.text.len - 1] == '.')
        name.text.len--;
    return name.text.len && sink->each(sink->arg, &name);
}

/* ---- hosts ------------------------------------------------------------- */

/* A host as it stands in a URL, after '@', or alone. */
static bool tell_host(const struct sink *sink, struct str text)
{
    return text.len && (spelling_addresses(text, sink->each, sink->arg) ||
                        tell_word(sink, text, false));
}

static bool is_port(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

/* The text without :PORT, which stands behind a name, an IPv4 address or a
 * bracket. */
static struct str without_port(struct str text)
{
    size_t colon = find_last(text, ':');

    if (colon < text.len && is_port(from(text, colon + 1)) &&
        (find(text, ":") == colon || (colon && text.data[colon - 1] == ']')))
        text.len = colon;
    return text;
}

/* The host of an authority: userinfo before it, a port behind it. */
static bool tell_authority(const struct sink *sink, struct str text)
{
    size_t at = find_last(text, '@');

    if (at < text.len)
        text = from(text, at + 1);
    return tell_host(sink, without_port(text));
}

/* scheme://authority/…, //authority, also where '\' stands for '/'. */
static bool tell_url(const struct sink *sink, struct str text)
{
    size_t at = 0;

    while (at + 1 < text.len &&
           (!strchr("/\\", text.data[at]) || !strchr("/\\", text.data[at + 1])))
        at++;
    if (at + 1 >= text.len)
        return false;
    while (at < text.len && strchr("/\\", text.data[at]))
        at++;
    text = from(text, at);
    return tell_authority(sink, first(text, find(text, "/\\?#")));
}

/* ---- accounts ---------------------------------------------------------- */

bool spelling_account(struct str text, struct str *user, struct str *domain)
{
    size_t slash = find(text, "\\"), at = find_last(text, '@');

    if (slash && slash + 1 < text.len) {
        *domain = first(text, slash);
        *user = from(text, slash + 1);
        return true;
    }
    if (at && at + 1 < text.len) {
        *user = first(text, at);
        *domain = from(text, at + 1);
        return true;
    }
    return false;
}

static bool tell_account(const struct sink *sink, struct str text)
{
    struct name name = {.kind = NAME_ACCOUNT};

    if (!spelling_account(text, &name.text, &name.domain))
        return false;
    return sink->each(sink->arg, &name) || tell_word(sink, name.text, false) ||
           tell_host(sink, name.domain);
}

/* ---- untyped values ---------------------------------------------------- */

/* Addresses that stand between other signs: "src=192.0.2.1;", "<192.0.2.1>",
 * "192.0.2.1:80/tcp". */
static bool tell_pieces(const struct sink *sink, struct str word,
                        const char *signs)
{
    bool enough = false;

    if (find(word, signs) == word.len)
        return false;
    while (word.len && !enough) {
        size_t len = find(word, signs);

        if (len)
            enough =
                spelling_addresses(first(word, len), sink->each, sink->arg);
        word = from(word, len < word.len ? len + 1 : len);
    }
    return enough;
}

#define SIGNS "\"'`<>(){}[]|;=&?#!@\\*+$~^"

/* whole: it is all of the value. */
static bool tell_untyped(const struct sink *sink, struct str word, bool whole)
{
    return tell_host(sink, without_port(word)) ||
           tell_word(sink, word, whole) || tell_url(sink, word) ||
           tell_account(sink, word) || tell_pieces(sink, word, SIGNS) ||
           tell_pieces(sink, word, SIGNS "/") ||
           tell_pieces(sink, word, SIGNS "/:");
}

#define BLANKS " \t\r\n\v\f,"

static bool tell_words(const struct sink *sink, struct str value)
{
    struct str rest = str_trim(value);
    bool enough = tell_untyped(sink, rest, true);

    if (find(rest, BLANKS) == rest.len)
        return enough;
    while (rest.len && !enough) {
        size_t len = find(rest, BLANKS);

        if (len)
            enough = tell_untyped(sink, first(rest, len), false);
        rest = from(rest, len < rest.len ? len + 1 : len);
    }
    return enough;
}

static bool tell(const struct sink *sink, enum value_type type,
                 struct str value)
{
    switch (type) {
    case TYPE_IP:
    case TYPE_CIDR:
        return spelling_addresses(value, sink->each, sink->arg);
    case TYPE_HOST:
        return tell_host(sink, value);
    case TYPE_URL:
        return tell_url(sink, value);
    case TYPE_USER:
        return tell_word(sink, value, true) || tell_account(sink, value);
    case TYPE_EMAIL:
        return tell_account(sink, value);
    case TYPE_UNTYPED:
        return tell_words(sink, value);
    default:
        return false;
    }
}

/* ---- other alphabets --------------------------------------------------- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What IDNA makes of full-width signs and of the other full stops (UTS 46):
 * how many bytes stand for which ASCII one, or 0. */
static size_t fold_wide(struct str at, char *ascii)
{
    unsigned code;

    if (at.len < 3 || ((unsigned char)at.data[0] & 0xf0) != 0xe0)
        return 0;
    code = ((unsigned char)at.data[0] & 0xfu) << 12 |
           ((unsigned char)at.data[1] & 0x3fu) << 6 |
           ((unsigned char)at.data[2] & 0x3fu);
    if (code == 0x3002 || code == 0xff61)
        *ascii = '.';
    else if (code > 0xff00 && code < 0xff5f)
        *ascii = (char)(code - 0xff00 + 0x20);
    else
        return 0;
    return 3;
}

/* %31 stands for "1" in a URL. */
static size_t fold_percent(struct str at, char *ascii)
{
    if (at.len < 3 || at.data[0] != '%' || hex(at.data[1]) < 0 ||
        hex(at.data[2]) < 0)
        return 0;
    *ascii = (char)(hex(at.data[1]) << 4 | hex(at.data[2]));
    return 3;
}

/* Without what stands for ASCII in other ways. False: there is nothing. */
static bool fold(struct str value, struct buf *buf)
{
    bool folded = false;

    for (size_t i = 0; i < value.len;) {
        char ascii = value.data[i];
        size_t len = fold_wide(from(value, i), &ascii);

        if (!len)
            len = fold_percent(from(value, i), &ascii);
        folded |= len > 0;
        buf_add_byte(buf, ascii);
        i += len ? len : 1;
    }
    return folded;
}

bool spelling_each(enum value_type type, struct str value, spelling_fn each,
                   void *arg)
{
    const struct sink sink = {each, arg};
    struct buf folded = {0};
    bool enough = tell(&sink, type, value);

    if (!enough && fold(value, &folded))
        enough = tell(&sink, type, buf_str(&folded));
    buf_free(&folded);
    return enough;
}
