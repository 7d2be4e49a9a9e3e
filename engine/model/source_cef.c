#include "base/alloc.h"
#include "model/source_inner.h"

#include <stdlib.h>
#include <string.h>

/*
 * ArcSight's Common Event Format: "CEF:0|vendor|product|version|class|name|
 * severity|" and an extension of key=value, parted by blanks. Values hold
 * blanks too, so one ends where a blank, a key and '=' follow.
 */

static const char *const parts[] = {
    "version",     "vendor", "product",  "product_version",
    "event_class", "name",   "severity",
};
enum { PARTS = sizeof parts / sizeof *parts };

static int bad_escape(const char *where, struct str at, struct error *error)
{
    struct str shown = source_shown(at);

    return error_set(error, ERROR_INVALID,
                     "%s: no escape begins \"%.*s\": a \\ is written \\\\",
                     where, (int)shown.len, shown.data);
}

/* The character that \c stands for, or NUL. */
static char escaped(char c, bool header)
{
    if (c == '\\' || c == '|')
        return c;
    if (header)
        return '\0';
    return c == '=' ? '=' : c == 'n' ? '\n' : c == 'r' ? '\r' : '\0';
}

/* The text without its escapes and the blanks around it. */
static int unescape(struct json_doc *doc, struct str raw, bool header,
                    struct str *text, struct error *error)
{
    char *out = json_room(doc, raw.len);
    size_t len = 0;

    for (size_t i = 0; i < raw.len; i++) {
        out[len] = raw.data[i];
        if (raw.data[i] == '\\') {
            out[len] = i + 1 < raw.len ? escaped(raw.data[i + 1], header) : 0;
            if (!out[len])
                return bad_escape(header ? "the header" : "the extension",
                                  (struct str){raw.data + i, raw.len - i},
                                  error);
            i++;
        }
        len++;
    }
    *text = (struct str){out, len};
    return 0;
}

/* The bytes up to a '|' that is not escaped, or all of them. */
static size_t part_len(struct str text)
{
    size_t i = 0;

    while (i < text.len && text.data[i] != '|')
        i += text.data[i] == '\\' ? 2 : 1;
    return i < text.len ? i : text.len;
}

static bool is_version(struct str text)
{
    bool digit = false;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '.' && (text.data[i] < '0' || text.data[i] > '9'))
            return false;
        digit = text.data[i] != '.';
    }
    return digit;
}

/* Takes the header off the text. */
static int read_header(struct json_doc *doc, struct str *text,
                       struct pairs *header, struct error *error)
{
    for (size_t i = 0; i < PARTS; i++) {
        size_t len = part_len(*text);
        struct str part = {"", 0};

        if (len == text->len)
            return error_set(error, ERROR_INVALID,
                             "the header ends in its part %zu of %d (%s): "
                             "a | is missing",
                             i + 1, PARTS, parts[i]);
        if (unescape(doc, str_trim((struct str){text->data, len}), true, &part,
                     error) ||
            source_pair(header, str_of(parts[i]), part, error))
            return ERROR_INVALID;
        *text = (struct str){text->data + len + 1, text->len - len - 1};
    }
    if (!is_version(header->items[0].as.text))
        return error_set(error, ERROR_INVALID, "CEF's version is a number");
    return 0;
}

static bool in_key(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c && strchr("_.-[]", c));
}

/* The bytes of a key that '=' follows; 0 where there is none. */
static size_t key_len(struct str text)
{
    size_t i = 0;

    while (i < text.len && in_key(text.data[i]))
        i++;
    return i < text.len && text.data[i] == '=' ? i : 0;
}

static size_t skip_blanks(struct str text, size_t at)
{
    while (at < text.len && text.data[at] == ' ')
        at++;
    return at;
}

/* The bytes of a value: up to blanks with a key behind them, or the end. */
static size_t value_len(struct str text)
{
    size_t i = 0;

    while (i < text.len) {
        size_t next = skip_blanks(text, i);

        if (next > i &&
            key_len((struct str){text.data + next, text.len - next}))
            return i;
        if (next > i)
            i = next;
        else
            i += text.data[i] == '\\' && i + 1 < text.len ? 2 : 1;
    }
    return i;
}

static int read_extension(struct json_doc *doc, struct str text,
                          struct pairs *extension, struct error *error)
{
    text = str_trim(text);
    while (text.len) {
        size_t key = key_len(text), begin = key + 1, len;
        struct str value;

        if (!key)
            return error_set(error, ERROR_INVALID,
                             "the extension does not begin with key=value");
        len = value_len((struct str){text.data + begin, text.len - begin});
        value = str_trim((struct str){text.data + begin, len});
        if (unescape(doc, value, false, &value, error) ||
            source_pair(extension, (struct str){text.data, key}, value, error))
            return ERROR_INVALID;
        begin = skip_blanks(text, begin + len);
        text = (struct str){text.data + begin, text.len - begin};
    }
    return source_once(extension, error);
}

static const struct json *find(const struct pairs *pairs, struct str key)
{
    for (size_t i = 0; i < pairs->len; i++)
        if (str_same(pairs->items[i].key, key))
            return &pairs->items[i];
    return NULL;
}

/* cs1Label=Policy names what is in cs1. Of two labels that are equal the
 * first one's value stays. */
static void read_labels(const struct pairs *extension, struct pairs *custom)
{
    static const char suffix[] = "Label";
    const size_t len = strlen(suffix);

    for (size_t i = 0; i < extension->len; i++) {
        struct str key = extension->items[i].key;
        struct str label = extension->items[i].as.text;
        const struct json *value;

        if (key.len <= len || !label.len ||
            memcmp(key.data + key.len - len, suffix, len) != 0)
            continue;
        value = find(extension, (struct str){key.data, key.len - len});
        if (value && !find(custom, label))
            source_pair(custom, label, value->as.text, NULL);
    }
}

struct json_doc *source_parse_cef(struct str line, struct error *error)
{
    struct pairs header = {.len = 0}, extension = {.len = 0},
                 custom = {.len = 0};
    struct json_doc *doc = json_new();
    struct syslog syslog;
    int code = source_line(line, error);

    if (!code && !source_syslog(line, "CEF:", &syslog))
        code = error_set(error, ERROR_INVALID,
                         "no CEF: at the start, nor behind a syslog header");
    if (!code)
        code = read_header(doc, &syslog.message, &header, error);
    if (!code)
        code = read_extension(doc, syslog.message, &extension, error);
    if (!code) {
        struct json objects[3];

        read_labels(&extension, &custom);
        objects[0] = source_object(doc, "cef", &header);
        objects[1] = source_object(doc, "ext", &extension);
        objects[2] = source_object(doc, "custom", &custom);
        source_root(doc, &syslog, objects, 3);
        return doc;
    }
    free(header.items);
    free(extension.items);
    json_free(doc);
    return NULL;
}
