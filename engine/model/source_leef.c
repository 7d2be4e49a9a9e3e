#include "base/alloc.h"
#include "model/source_inner.h"

#include <stdlib.h>
#include <string.h>

/*
 * IBM's Log Event Extended Format: "LEEF:1.0|vendor|product|version|event|"
 * and key=value parted by tabs; LEEF:2.0 may name another delimiter in one
 * more part. The format has no escapes: the delimiter ends a value.
 */

static const char *const parts[] = {
    "version", "vendor", "product", "product_version", "event_id",
};
enum {
    PARTS = sizeof parts / sizeof *parts,
    HEX_MAX = 4,  /* digits behind "x" or "0x" */
    UTF8_MAX = 4, /* bytes of one character */
};

struct delimiter {
    char bytes[UTF8_MAX];
    size_t len;
};

static struct str behind(struct str text, size_t from)
{
    return (struct str){text.data + from, text.len - from};
}

static int read_header(struct str *text, struct str header[PARTS],
                       struct error *error)
{
    for (size_t i = 0; i < PARTS; i++) {
        const char *end = text->len ? memchr(text->data, '|', text->len) : NULL;
        struct str part = {text->data, end ? (size_t)(end - text->data) : 0};

        if (!end)
            return error_set(error, ERROR_INVALID,
                             "the header ends in its part %zu of %d (%s): "
                             "a | is missing",
                             i + 1, PARTS, parts[i]);
        header[i] = str_trim(part);
        *text = behind(*text, part.len + 1);
    }
    return 0;
}

/* Bytes of the UTF-8 character at the front (the line is well-formed). */
static size_t char_len(struct str text)
{
    size_t len = 1;

    while (len < text.len && ((unsigned char)text.data[len] & 0xc0) == 0x80)
        len++;
    return len;
}

static bool encode(unsigned code, struct delimiter *delimiter)
{
    char *out = delimiter->bytes;

    if (!code || (code >= 0xd800 && code <= 0xdfff))
        return false;
    if (code < 0x80) {
        out[0] = (char)code;
        delimiter->len = 1;
    } else if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        delimiter->len = 2;
    } else {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        delimiter->len = 3;
    }
    return true;
}

/* "x09" or "0x09". */
static bool read_hex(struct str text, struct delimiter *delimiter)
{
    size_t skip = text.len && text.data[0] == '0' ? 1 : 0;
    char digits[HEX_MAX + 1];
    size_t len;

    if (text.len <= skip || (text.data[skip] | 0x20) != 'x')
        return false;
    text = behind(text, skip + 1);
    len = text.len;
    if (!len || len > HEX_MAX)
        return false;
    memcpy(digits, text.data, len);
    digits[len] = '\0';
    return strspn(digits, "0123456789abcdefABCDEF") == len &&
           encode((unsigned)strtoul(digits, NULL, 16), delimiter);
}

/* LEEF 2.0's sixth part may be left out with its '|'. What is no delimiter
 * is the first attribute, then. */
static void read_delimiter(struct str *text, struct delimiter *delimiter)
{
    const char *end = text->len ? memchr(text->data, '|', text->len) : NULL;
    struct str part = {text->data, end ? (size_t)(end - text->data) : 0};

    if (!end)
        return;
    if (part.len && part.len <= UTF8_MAX && char_len(part) == part.len) {
        memcpy(delimiter->bytes, part.data, part.len);
        delimiter->len = part.len;
    } else if (part.len && !read_hex(part, delimiter)) {
        return;
    }
    *text = behind(*text, part.len + 1);
}

static int choose_delimiter(struct str version, struct str *text,
                            struct delimiter *delimiter, struct error *error)
{
    struct str shown = source_shown(version);

    *delimiter = (struct delimiter){"\t", 1};
    if (str_is(version, "1.0") || str_is(version, "1"))
        return 0;
    if (!str_is(version, "2.0") && !str_is(version, "2"))
        return error_set(error, ERROR_INVALID,
                         "LEEF's version is 1.0 or 2.0, not \"%.*s\"",
                         (int)shown.len, shown.data);
    read_delimiter(text, delimiter);
    if (delimiter->len == 1 && delimiter->bytes[0] == '=')
        return error_set(error, ERROR_INVALID, "the delimiter is =");
    return 0;
}

/* The bytes up to the delimiter, or all of them. */
static size_t piece_len(struct str text, const struct delimiter *delimiter)
{
    const char *at =
        memmem(text.data, text.len, delimiter->bytes, delimiter->len);

    return at ? (size_t)(at - text.data) : text.len;
}

static bool is_key(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            !(c >= '0' && c <= '9') && (!c || !strchr("_.-", c)))
            return false;
    }
    return key.len > 0;
}

static int read_attribute(struct str piece, struct pairs *attributes,
                          struct error *error)
{
    const char *equals = memchr(piece.data, '=', piece.len);
    struct str key = {piece.data, equals ? (size_t)(equals - piece.data) : 0};
    struct str shown = source_shown(piece);

    if (!equals || !is_key(str_trim(key)))
        return error_set(error, ERROR_INVALID, "\"%.*s\" is no key=value",
                         (int)shown.len, shown.data);
    return source_pair(attributes, str_trim(key),
                       str_trim(behind(piece, key.len + 1)), error);
}

static int read_attributes(struct str text, const struct delimiter *delimiter,
                           struct pairs *attributes, struct error *error)
{
    while (text.len) {
        size_t len = piece_len(text, delimiter);
        struct str piece = {text.data, len};

        if (str_trim(piece).len && read_attribute(piece, attributes, error))
            return ERROR_INVALID;
        text = behind(text, len < text.len ? len + delimiter->len : len);
    }
    return source_once(attributes, error);
}

static struct json_doc *make(const struct syslog *syslog,
                             const struct str header[PARTS],
                             struct pairs *attributes)
{
    struct json_doc *doc = json_new();
    struct pairs named = {.len = 0};
    struct json objects[2];

    for (size_t i = 0; i < PARTS; i++)
        source_pair(&named, str_of(parts[i]), header[i], NULL);
    objects[0] = source_object(doc, "leef", &named);
    objects[1] = source_object(doc, "ext", attributes);
    source_root(doc, syslog, objects, 2);
    return doc;
}

struct json_doc *source_parse_leef(struct str line, struct error *error)
{
    struct pairs attributes = {.len = 0};
    struct delimiter delimiter;
    struct str header[PARTS] = {{"", 0}};
    struct syslog syslog;

    if (source_line(line, error))
        return NULL;
    if (!source_syslog(line, "LEEF:", &syslog)) {
        error_set(error, ERROR_INVALID,
                  "no LEEF: at the start, nor behind a syslog header");
        return NULL;
    }
    if (read_header(&syslog.message, header, error) ||
        choose_delimiter(header[0], &syslog.message, &delimiter, error) ||
        read_attributes(syslog.message, &delimiter, &attributes, error)) {
        free(attributes.items);
        return NULL;
    }
    return make(&syslog, header, &attributes);
}
