#include "gate/spelling.h"

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

/* The text without those bytes around it. */
static struct str without(struct str text, const char *bytes)
{
    while (text.len && text.data[0] && strchr(bytes, text.data[0]))
        text = from(text, 1);
    while (text.len && text.data[text.len - 1] &&
           strchr(bytes, text.data[text.len - 1]))
        text.len--;
    return text;
}

static struct str without_dots(struct str text)
{
    while (text.len && text.data[text.len - 1] == '.')
        text.len--;
    return text;
}

static bool tell_word(const struct sink *sink, struct str text, bool user)
{
    struct name name = {
        .kind = NAME_WORD, .text = without_dots(text), .user = user};

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

/* Parsers differ in what ends one: of "a#@b/", "a\\@b/" and "a:80@b/" either
 * is the host to some. */
static bool tell_authorities(const struct sink *sink, struct str text)
{
    bool enough = tell_authority(sink, first(text, find(text, "/\\?#")));

    text = first(text, find(text, "/"));
    while (text.len && !enough) {
        size_t len = find(text, "@");

        enough = tell_authority(sink, first(text, find(text, "@\\?#")));
        text = from(text, len < text.len ? len + 1 : len);
    }
    return enough;
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
    return tell_authorities(sink, from(text, at));
}

/* ---- accounts ---------------------------------------------------------- */

bool spelling_account(struct str text, struct str *user, struct str *domain)
{
    size_t slash = find(text, "\\"), at = find_last(text, '@');

    if (slash && slash + 1 < text.len) {
        *domain = without_dots(first(text, slash));
        *user = from(text, slash + 1);
        return true;
    }
    if (at && at + 1 < text.len) {
        *user = first(text, at);
        *domain = without_dots(from(text, at + 1));
        return true;
    }
    return false;
}

/* "user%domain@relay" is handed on to user@domain. */
static bool tell_relayed(const struct sink *sink, struct str user)
{
    size_t percent = find_last(user, '%');
    struct name name = {.kind = NAME_ACCOUNT};

    if (!percent || percent + 1 >= user.len)
        return false;
    name.text = first(user, percent);
    name.domain = without_dots(from(user, percent + 1));
    return sink->each(sink->arg, &name) || tell_host(sink, name.domain);
}

/* "user"@domain, and mailto:user@domain. */
static bool tell_quoted(const struct sink *sink, const struct name *account)
{
    struct name name = *account;
    size_t colon = find_last(name.text, ':');

    if (colon < name.text.len)
        name.text = from(name.text, colon + 1);
    name.text = without(name.text, "\"");
    return name.text.len < account->text.len && name.text.len &&
           (sink->each(sink->arg, &name) || tell_word(sink, name.text, false));
}

static bool tell_account(const struct sink *sink, struct str text)
{
    struct name name = {.kind = NAME_ACCOUNT};

    if (!spelling_account(text, &name.text, &name.domain))
        return false;
    return sink->each(sink->arg, &name) || tell_word(sink, name.text, false) ||
           tell_host(sink, name.domain) || tell_relayed(sink, name.text) ||
           tell_quoted(sink, &name);
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

/* What stands in quotes or brackets: <user@domain>. */
static bool tell_inside(const struct sink *sink, struct str word, bool whole)
{
    struct str inside = without(word, "\"'`<>(){}[];:,");

    return inside.len < word.len && inside.len &&
           (tell_word(sink, inside, whole) || tell_account(sink, inside));
}

/* What stands for every address. */
static bool tell_all(const struct sink *sink, struct str value)
{
    struct name name = {.kind = NAME_RANGE, .first = {.bits = 128}};

    if (!str_is(value, "*") && !str_same_nocase(value, str_of("any")))
        return false;
    name.last = name.first;
    memset(name.last.bytes, 0xff, sizeof name.last.bytes);
    return sink->each(sink->arg, &name);
}

/* whole: it is all of the value. */
static bool tell_untyped(const struct sink *sink, struct str word, bool whole)
{
    return tell_host(sink, without_port(word)) ||
           tell_word(sink, word, whole) || tell_url(sink, word) ||
           tell_account(sink, word) || tell_inside(sink, word, whole) ||
           tell_pieces(sink, word, SIGNS) ||
           tell_pieces(sink, word, SIGNS "/") ||
           tell_pieces(sink, word, SIGNS "/:");
}

#define BLANKS " \t\r\n\v\f,"

/* The word that the text begins with, and the one behind it: an address and
 * its mask. */
static bool tell_masked(const struct sink *sink, struct str text, size_t len)
{
    size_t next = len;

    while (next < text.len && strchr(BLANKS, text.data[next]))
        next++;
    if (next == len || next == text.len || text.data[len] == ',')
        return false;
    next += find(from(text, next), BLANKS);
    return spelling_addresses(first(text, next), sink->each, sink->arg);
}

static bool tell_words(const struct sink *sink, struct str value)
{
    struct str rest = str_trim(value);
    bool enough = tell_untyped(sink, rest, true) || tell_all(sink, rest);

    if (find(rest, BLANKS) == rest.len)
        return enough;
    while (rest.len && !enough) {
        size_t len = find(rest, BLANKS);

        if (len)
            enough = tell_untyped(sink, first(rest, len), false) ||
                     tell_masked(sink, rest, len);
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

/* ------------------------------------------------------------------------- */

bool spelling_each(enum value_type type, struct str value, spelling_fn each,
                   void *arg)
{
    const struct sink sink = {each, arg};
    struct buf folded = {0};
    bool enough = tell(&sink, type, value);

    if (!enough && spelling_fold(value, &folded))
        enough = tell(&sink, type, buf_str(&folded));
    buf_free(&folded);
    return enough;
}
