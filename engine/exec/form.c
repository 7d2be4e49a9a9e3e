#include "exec/form.h"

#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- One escape -------------------------------------------------------- */

/* What one step in escaped output says. */
struct unit {
    size_t used;   /* bytes of the output; 0: it is none, or cut short */
    bool part;     /* cut short */
    char bytes[4]; /* what it stands for */
    size_t len;    /* of those */
    bool plus;     /* '+' of a URL: itself, or a blank */
};

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hex digits at the front; -1: others. There are enough bytes. */
static int32_t hex(struct str text, size_t digits)
{
    int32_t value = 0;

    for (size_t i = 0; i < digits; i++) {
        if (digit(text.data[i]) < 0)
            return -1;
        value = value << 4 | digit(text.data[i]);
    }
    return value;
}

static struct unit one(size_t used, char byte)
{
    return (struct unit){.used = used, .bytes = {byte}, .len = 1};
}

static struct unit cut_short(void)
{
    return (struct unit){.part = true};
}

static struct unit utf8(size_t used, uint32_t point)
{
    struct unit unit = {.used = used};
    size_t more = point < 0x80      ? 0
                  : point < 0x800   ? 1
                  : point < 0x10000 ? 2
                                    : 3;
    static const unsigned char heads[] = {0, 0xc0, 0xe0, 0xf0};

    unit.len = more + 1;
    unit.bytes[0] = (char)(unsigned char)(heads[more] | point >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        unit.bytes[i] =
            (char)(unsigned char)(0x80 | (point >> (6 * (more - i)) & 0x3f));
    return unit;
}

enum { SHORT = 6, PAIR = 12 }; /* \u with its four digits, and two of them */

static struct unit json_code(struct str text)
{
    int32_t high, low;

    if (text.len < SHORT)
        return cut_short();
    high = hex((struct str){text.data + 2, 4}, 4);
    if (high < 0)
        return (struct unit){0};
    if (high < 0xd800 || high > 0xdbff)
        return utf8(SHORT, (uint32_t)high);
    if (text.len < PAIR)
        return cut_short();
    low = hex((struct str){text.data + SHORT + 2, 4}, 4);
    if (text.data[SHORT] != '\\' || text.data[SHORT + 1] != 'u' ||
        low < 0xdc00 || low > 0xdfff)
        return (struct unit){0};
    return utf8(PAIR, 0x10000 + ((uint32_t)(high - 0xd800) << 10) +
                          (uint32_t)(low - 0xdc00));
}

static struct unit json_unit(struct str text)
{
    static const char names[] = "\"\\/'bfnrt";
    static const char bytes[] = "\"\\/'\b\f\n\r\t";
    const char *name;

    if (text.data[0] != '\\')
        return one(1, text.data[0]);
    if (text.len < 2)
        return cut_short();
    if (text.data[1] == 'u')
        return json_code(text);
    name = memchr(names, text.data[1], sizeof names - 1);
    return name ? one(2, bytes[name - names]) : (struct unit){0};
}

static struct unit url_unit(struct str text)
{
    struct unit unit = one(1, text.data[0]);
    int32_t byte;

    unit.plus = text.data[0] == '+';
    if (text.data[0] != '%')
        return unit;
    if (text.len < 3)
        return cut_short();
    byte = hex((struct str){text.data + 1, 2}, 2);
    if (byte < 0)
        return (struct unit){0};
    return one(3, (char)(unsigned char)byte);
}

/* ---- Matching ---------------------------------------------------------- */

/* The unit says what comes next in the pattern. */
static bool says(const struct unit *unit, const struct pattern *pattern,
                 size_t at)
{
    if (unit->plus && pattern->text[at] == ' ')
        return true;
    return unit->len <= pattern->len - at &&
           !memcmp(unit->bytes, pattern->text + at, unit->len);
}

static size_t match_escaped(const struct pattern *pattern, struct str bytes,
                            bool *part)
{
    size_t at = 0, used = 0;

    while (at < pattern->len) {
        struct str rest = {bytes.data + used, bytes.len - used};
        struct unit unit = cut_short();

        if (rest.len)
            unit =
                pattern->form == FORM_JSON ? json_unit(rest) : url_unit(rest);
        *part = unit.part;
        if (!unit.used || !says(&unit, pattern, at))
            return 0;
        at += unit.len;
        used += unit.used;
    }
    return used;
}

size_t pattern_match(const struct pattern *pattern, struct str bytes,
                     bool *part)
{
    bool whole = pattern->len <= bytes.len;

    *part = false;
    if (pattern->form != FORM_PLAIN)
        return match_escaped(pattern, bytes, part);
    if (memcmp(bytes.data, pattern->text, whole ? pattern->len : bytes.len) !=
        0)
        return 0;
    *part = !whole;
    return whole ? pattern->len : 0;
}

bool pattern_begins(const struct pattern *pattern, unsigned char byte)
{
    switch (pattern->form) {
    case FORM_PLAIN:
        break;
    case FORM_JSON:
        if (byte == '\\')
            return true;
        break;
    case FORM_URL:
        if (byte == '%' || (byte == '+' && pattern->text[0] == ' '))
            return true;
        break;
    }
    return byte == (unsigned char)pattern->text[0];
}

/* ---- Making them ------------------------------------------------------- */

static void add(struct patterns *patterns, enum form form, struct str text)
{
    patterns->items = alloc_grown(patterns->items, patterns->len,
                                  &patterns->cap, sizeof *patterns->items);
    patterns->items[patterns->len++] =
        (struct pattern){form, str_copy(text), text.len};
}

/* No encoder escapes those. */
static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        char low = (char)(c | 0x20);

        if ((low < 'a' || low > 'z') && (c < '0' || c > '9') && c != '-' &&
            c != '.' && c != '_' && c != '~')
            return false;
    }
    return true;
}

static void add_escaped(struct patterns *patterns, struct str text)
{
    add(patterns, FORM_PLAIN, text);
    if (is_plain(text))
        return;
    add(patterns, FORM_JSON, text);
    add(patterns, FORM_URL, text);
}

/* The digits of base64 that the secret alone decides where so many bytes, of
 * every three, stand before it. */
static void add_base64(struct patterns *patterns, struct str secret,
                       size_t before, const char *digits)
{
    size_t bits = 8 * (before + secret.len);
    size_t first = (8 * before + 5) / 6;
    size_t len = bits / 6 - first;
    char *text = alloc_bytes(len);

    for (size_t i = 0; i < len; i++) {
        size_t bit = 6 * (first + i) - 8 * before;
        unsigned two = (unsigned)(unsigned char)secret.data[bit / 8] << 8;

        if (bit / 8 + 1 < secret.len)
            two |= (unsigned char)secret.data[bit / 8 + 1];
        text[i] = digits[two >> (10 - bit % 8) & 0x3f];
    }
    add(patterns, FORM_PLAIN, (struct str){text, len});
    explicit_bzero(text, len);
    free(text);
}

static void add_all_base64(struct patterns *patterns, struct str secret)
{
    static const char *const digits[] = {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    };

    for (size_t before = 0; before < 3; before++)
        for (size_t i = 0; i < 2; i++)
            add_base64(patterns, secret, before, digits[i]);
}

/* A key in several lines may be shown indented, numbered, one of them. */
static void add_lines(struct patterns *patterns, struct str secret)
{
    while (secret.len) {
        const char *end = memchr(secret.data, '\n', secret.len);
        struct str line = {secret.data, secret.len};

        if (end)
            line.len = (size_t)(end - secret.data);
        secret.data += line.len + (end != NULL);
        secret.len -= line.len + (end != NULL);
        if (line.len && line.data[line.len - 1] == '\r')
            line.len--;
        if (line.len >= SECRET_LINE_MIN)
            add_escaped(patterns, line);
    }
}

void patterns_add(struct patterns *patterns, struct str secret)
{
    if (secret.len < SECRET_MIN)
        return;
    add_escaped(patterns, secret);
    add_all_base64(patterns, secret);
    if (memchr(secret.data, '\n', secret.len))
        add_lines(patterns, secret);
}

void patterns_free(struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->len; i++) {
        explicit_bzero(patterns->items[i].text, patterns->items[i].len);
        free(patterns->items[i].text);
    }
    free(patterns->items);
    *patterns = (struct patterns){0};
}
