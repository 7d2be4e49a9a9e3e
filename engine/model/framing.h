#ifndef RIPOSTE_MODEL_FRAMING_H
#define RIPOSTE_MODEL_FRAMING_H

#include "base/buf.h"
#include "base/error.h"
#include "model/source.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Cuts a stream of bytes into records: lines, or, where a JSON input begins
 * with '[', the items of that array. Push bytes in, pull records out.
 *
 * A line ends at LF; one CR before it is dropped. A record over
 * JSON_SIZE_MAX is skipped to its end and reported once as refused. Blank
 * lines are no records.
 */
struct framing;

struct record {
    struct str bytes;    /* until the next framing_push or framing_next */
    uint64_t offset;     /* of its first byte in the input */
    unsigned line;       /* of its first byte, from 1 */
    const char *refused; /* the reason, or NULL where it is a good record */
};

struct framing *framing_new(enum source_format format);
/* One that goes on in lines where another one was: what framing_place and
 * framing_digest said there. */
struct framing *framing_resume(enum source_format format, uint64_t offset,
                               unsigned line, const char *digest);
void framing_free(struct framing *framing);
void framing_push(struct framing *framing, struct str bytes);

/* end: no more bytes will come, so a last line without LF counts. Returns
 * true where there was a record. */
bool framing_next(struct framing *framing, bool end, struct record *record);

/* Where the next record begins, as offset and line. False inside of an array,
 * where nobody could go on. */
bool framing_place(const struct framing *framing, uint64_t *offset,
                   unsigned *line);
/* Has it bytes that are no whole record yet? */
bool framing_partial(const struct framing *framing);

/* SHA-256 in hex of the input's first record; "" before there was one. */
const char *framing_digest(const struct framing *framing);

#endif
