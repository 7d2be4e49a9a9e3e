#include "cli/rtf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Groups that hold no text of the document. */
static const char *const silent[] = {
    "fonttbl", "colortbl", "stylesheet", "info",      "pict",     "generator",
    "header",  "footer",   "listtable",  "themedata", "xmlnstbl", "rsidtbl"};

enum { DEPTH_MAX = 64 }; /* groups deeper than that share one state */

struct reader {
    const char *at, *end;
    struct buf *out;
    size_t depth;
    bool quiet[DEPTH_MAX]; /* of each open group */
    int skip;              /* characters that repeat a \u for old readers */
};

static bool *quiet(struct reader *reader)
{
    size_t last = DEPTH_MAX - 1;

    return &reader->quiet[reader->depth < last ? reader->depth : last];
}

static void put_character(struct buf *out, unsigned c)
{
    if (c < 0x80) {
        buf_add_byte(out, (char)c);
    } else if (c < 0x800) {
        buf_add_byte(out, (char)(0xc0 | c >> 6));
        buf_add_byte(out, (char)(0x80 | (c & 0x3f)));
    } else {
        buf_add_byte(out, (char)(0xe0 | c >> 12));
        buf_add_byte(out, (char)(0x80 | (c >> 6 & 0x3f)));
        buf_add_byte(out, (char)(0x80 | (c & 0x3f)));
    }
}

static void put(struct reader *reader, unsigned c)
{
    if (reader->skip > 0)
        reader->skip--;
    else if (!*quiet(reader))
        put_character(reader->out, c);
}

/* Windows' code page 1252, which RTF means, as far as licences use it. */
static unsigned of_windows(unsigned c)
{
    static const struct {
        unsigned from, to;
    } table[] = {{0x85, 0x2026}, {0x91, 0x2018}, {0x92, 0x2019},
                 {0x93, 0x201c}, {0x94, 0x201d}, {0x95, 0x2022},
                 {0x96, 0x2013}, {0x97, 0x2014}, {0x99, 0x2122}};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].from == c)
            return table[i].to;
    return c >= 0x80 && c < 0xa0 ? '?' : c;
}

static void take_hex(struct reader *reader)
{
    char digits[3] = {0};

    for (int i = 0; i < 2 && reader->at < reader->end; i++)
        digits[i] = *reader->at++;
    put(reader, of_windows((unsigned)strtoul(digits, NULL, 16)));
}

static bool is_silent(struct str word)
{
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (str_is(word, silent[i]))
            return true;
    return false;
}

static void obey(struct reader *reader, struct str word, long number)
{
    if (str_is(word, "par") || str_is(word, "line") || str_is(word, "row"))
        put(reader, '\n');
    else if (str_is(word, "tab") || str_is(word, "cell"))
        put(reader, '\t');
    else if (str_is(word, "u")) {
        unsigned c = (unsigned)number & 0xffff;

        /* Half a character is none. */
        put(reader, c >= 0xd800 && c < 0xe000 ? '?' : c);
        reader->skip = 1;
    } else if (is_silent(word))
        *quiet(reader) = true;
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A control word and its number: \par, \u8217. */
static void take_word(struct reader *reader)
{
    struct str word = {reader->at, 0};
    char number[8] = {0};
    size_t len = 0;

    while (reader->at < reader->end && letter(*reader->at))
        reader->at++;
    word.len = (size_t)(reader->at - word.data);
    while (reader->at < reader->end &&
           ((*reader->at >= '0' && *reader->at <= '9') || *reader->at == '-')) {
        if (len < sizeof number - 1)
            number[len++] = *reader->at;
        reader->at++;
    }
    if (reader->at < reader->end && *reader->at == ' ')
        reader->at++;
    obey(reader, word, strtol(number, NULL, 10));
}

static void take_control(struct reader *reader)
{
    if (reader->at == reader->end)
        return;
    if (letter(*reader->at)) {
        take_word(reader);
        return;
    }
    switch (*reader->at++) {
    case '\'':
        take_hex(reader);
        break;
    case '*':
        *quiet(reader) = true;
        break;
    case '~':
        put(reader, ' ');
        break;
    case '\\':
    case '{':
    case '}':
        put(reader, (unsigned char)reader->at[-1]);
        break;
    default:
        break;
    }
}

static void take(struct reader *reader)
{
    char c = *reader->at++;

    if (c == '{') {
        bool inherited = *quiet(reader);

        reader->depth++;
        *quiet(reader) = inherited;
    } else if (c == '}') {
        reader->depth -= reader->depth ? 1 : 0;
    } else if (c == '\\') {
        take_control(reader);
    } else if (c != '\r' && c != '\n') {
        put(reader, (unsigned char)c);
    }
}

static void plain_text(struct str document, struct buf *text)
{
    if (str_utf8(document)) {
        buf_add_str(text, document);
        return;
    }
    for (size_t i = 0; i < document.len; i++)
        put_character(text, of_windows((unsigned char)document.data[i]));
}

void rtf_text(struct str document, struct buf *text)
{
    static const char mark[] = "{\\rtf";
    struct reader reader = {
        .at = document.data,
        .end = document.data + document.len,
        .out = text,
    };

    if (document.len < strlen(mark) ||
        memcmp(document.data, mark, strlen(mark)) != 0) {
        plain_text(document, text);
        return;
    }
    while (reader.at < reader.end)
        take(&reader);
}
