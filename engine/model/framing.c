#include "model/framing.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What is kept of a record that is too long: enough to recognise it by. */
enum { KEPT_OF_TOO_LONG = 1024 };

static const char byte_order_mark[] = "\xef\xbb\xbf"; /* Windows writes it */

enum place {
    PLACE_START, /* of the input: is it an array? */
    PLACE_LINES,
    PLACE_ITEMS,  /* inside the array */
    PLACE_BEHIND, /* the array has ended */
};

struct framing {
    enum source_format format;
    enum place place;
    struct buf held; /* the bytes that are left begin at `at` */
    size_t at;
    size_t scanned;  /* bytes from `at` on that hold no end of a record */
    uint64_t offset; /* of the byte at `at` in the input */
    unsigned line;   /* of the byte at `at` */
    char digest[HASH_HEX];
    /* The record is too long: only its first bytes are kept. */
    bool skipping;
    char kept[KEPT_OF_TOO_LONG];
    struct record too_long;
    /* Where scanning stands inside an item of the array. */
    size_t depth;
    bool in_text;
    bool escaped;
    bool item_due; /* a comma came before */
};

struct framing *framing_new(enum source_format format)
{
    struct framing *framing = ALLOC(struct framing);

    framing->format = format;
    framing->line = 1;
    return framing;
}

struct framing *framing_resume(enum source_format format, uint64_t offset,
                               unsigned line, const char *digest)
{
    struct framing *framing = framing_new(format);

    assert(strlen(digest) < sizeof framing->digest);
    if (offset)
        framing->place = PLACE_LINES;
    framing->offset = offset;
    framing->line = line;
    memcpy(framing->digest, digest, strlen(digest) + 1);
    return framing;
}

void framing_free(struct framing *framing)
{
    if (!framing)
        return;
    buf_free(&framing->held);
    free(framing);
}

void framing_push(struct framing *framing, struct str bytes)
{
    buf_consume(&framing->held, framing->at);
    framing->at = 0;
    buf_add_str(&framing->held, bytes);
}

const char *framing_digest(const struct framing *framing)
{
    return framing->digest;
}

bool framing_place(const struct framing *framing, uint64_t *offset,
                   unsigned *line)
{
    *offset = framing->offset;
    *line = framing->line;
    return framing->place <= PLACE_LINES && !framing->skipping;
}

bool framing_partial(const struct framing *framing)
{
    return framing->skipping || framing->held.len > framing->at;
}

static struct str left(const struct framing *framing)
{
    struct str held = buf_str(&framing->held);

    return (struct str){held.data + framing->at, held.len - framing->at};
}

static unsigned line_ends(struct str bytes)
{
    const char *end = bytes.data + bytes.len;
    unsigned count = 0;

    for (const char *p = bytes.data; p < end; p++) {
        p = memchr(p, '\n', (size_t)(end - p));
        if (!p)
            break;
        count++;
    }
    return count;
}

static void drop(struct framing *framing, size_t len)
{
    framing->line += line_ends((struct str){left(framing).data, len});
    framing->offset += len;
    framing->at += len;
    framing->scanned = 0;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void drop_blanks(struct framing *framing)
{
    struct str rest = left(framing);
    size_t len = 0;

    while (len < rest.len && blank(rest.data[len]))
        len++;
    drop(framing, len);
}

/* Decides what the input is; false where more bytes have to come first. */
static bool begin(struct framing *framing, bool end)
{
    struct str rest = left(framing);
    size_t mark = rest.len < 3 ? rest.len : 3;

    if (!rest.len)
        return false;
    if (!framing->offset && !memcmp(rest.data, byte_order_mark, mark)) {
        if (mark == 3)
            drop(framing, mark);
        else if (!end)
            return false;
    }
    framing->place = PLACE_LINES;
    if (framing->format == SOURCE_LINES)
        return true;
    drop_blanks(framing);
    rest = left(framing);
    if (!rest.len) {
        framing->place = PLACE_START;
        return false;
    }
    if (rest.data[0] == '[') {
        drop(framing, 1);
        framing->place = PLACE_ITEMS;
    }
    return true;
}

/* Both scans give the number of bytes before the record's terminator, or
 * false where it is not there yet. */
static bool scan_line(struct framing *framing, size_t *len)
{
    struct str rest = left(framing);
    const char *from = rest.data + framing->scanned;
    const char *lf = rest.len > framing->scanned
                         ? memchr(from, '\n', rest.len - framing->scanned)
                         : NULL;

    *len = lf ? (size_t)(lf - rest.data) : rest.len;
    framing->scanned = *len;
    return lf;
}

/* No string of JSON holds a line end, so one ends a string that its author
 * forgot to close: the items behind it are not swallowed. */
static void scan_text(struct framing *framing, char c)
{
    if (c == '\n' || (c == '"' && !framing->escaped))
        framing->in_text = false;
    framing->escaped = c == '\\' && !framing->escaped;
}

static bool scan_item(struct framing *framing, size_t *len)
{
    struct str rest = left(framing);
    size_t i = framing->scanned;

    for (; i < rest.len; i++) {
        char c = rest.data[i];

        if (framing->in_text) {
            scan_text(framing, c);
        } else if (c == '"') {
            framing->in_text = true;
            framing->escaped = false;
        } else if (c == '{' || c == '[') {
            framing->depth++;
        } else if (framing->depth && (c == '}' || c == ']')) {
            framing->depth--;
        } else if (!framing->depth && (c == ',' || c == ']')) {
            break;
        }
    }
    *len = framing->scanned = i;
    return i < rest.len;
}

/* Whether a record of that many bytes before its terminator, or before its
 * terminator came, is too long; a line may have a CR more. */
static bool too_long(const struct framing *framing, size_t len, bool whole)
{
    size_t most = JSON_SIZE_MAX;

    if (framing->place != PLACE_ITEMS && len &&
        (!whole || left(framing).data[len - 1] == '\r'))
        most++;
    return len > most;
}

static void keep_start(struct framing *framing)
{
    memcpy(framing->kept, left(framing).data, sizeof framing->kept);
    framing->too_long = (struct record){
        .bytes = {framing->kept, sizeof framing->kept},
        .offset = framing->offset,
        .line = framing->line,
        .refused = "longer than 1 MiB",
    };
    framing->skipping = true;
}

static struct str trimmed(const struct framing *framing, struct str bytes)
{
    if (framing->format == SOURCE_JSON)
        return str_trim(bytes);
    if (bytes.len && bytes.data[bytes.len - 1] == '\r')
        bytes.len--;
    return bytes;
}

/* Cuts the record off the front: len bytes and maybe a terminator. False
 * where it is a blank line, or an empty array. */
static bool cut(struct framing *framing, size_t len, bool terminated,
                struct record *record)
{
    struct str rest = left(framing), bytes = {rest.data, len};
    char terminator = terminated ? rest.data[len] : '\n';
    bool items = framing->place == PLACE_ITEMS;
    bool empty = !str_trim(bytes).len;

    if (!framing->skipping && too_long(framing, len, true))
        keep_start(framing);
    if (framing->skipping) {
        *record = framing->too_long;
        empty = false;
    } else {
        bytes = trimmed(framing, bytes);
        *record = (struct record){
            .bytes = bytes,
            .offset = framing->offset + (size_t)(bytes.data - rest.data),
            .line = framing->line,
        };
    }
    if (items && empty && (framing->item_due || terminator == ',')) {
        record->refused = "an item of the array is missing";
        empty = false;
    } else if (framing->place == PLACE_BEHIND) {
        record->refused = "text behind the end of the array";
    }
    framing->skipping = false;
    framing->item_due = items && terminator == ',';
    if (items && terminator == ']')
        framing->place = PLACE_BEHIND;
    drop(framing, len + terminated);
    return !empty;
}

/* The input ends inside the array. */
static bool cut_array(struct framing *framing, struct record *record)
{
    struct str rest = left(framing);

    *record = (struct record){
        .bytes = {rest.data,
                  rest.len < KEPT_OF_TOO_LONG ? rest.len : KEPT_OF_TOO_LONG},
        .offset = framing->offset,
        .line = framing->line + line_ends(rest),
        .refused = "the array has no end: a ']' is missing",
    };
    framing->place = PLACE_BEHIND;
    drop(framing, rest.len);
    return true;
}

/* The next record of any kind, blank ones too (*some is false then); false
 * where more bytes have to come. */
static bool step(struct framing *framing, bool end, struct record *record,
                 bool *some)
{
    bool items = framing->place == PLACE_ITEMS, whole;
    size_t len;

    if (items && !framing->scanned && !framing->skipping)
        drop_blanks(framing);
    whole = items ? scan_item(framing, &len) : scan_line(framing, &len);
    if (!whole && !framing->skipping && too_long(framing, len, false))
        keep_start(framing);
    if (whole || (end && (framing->skipping || (len && !items)))) {
        *some = cut(framing, len, whole, record);
        return true;
    }
    if (end && items) {
        *some = cut_array(framing, record);
        return true;
    }
    if (framing->skipping)
        drop(framing, len);
    return false;
}

bool framing_next(struct framing *framing, bool end, struct record *record)
{
    bool some = false;

    if (framing->place == PLACE_START && !begin(framing, end))
        return false;
    while (!some)
        if (!step(framing, end, record, &some))
            return false;
    if (!framing->digest[0])
        hash_hex(record->bytes, framing->digest);
    return true;
}
