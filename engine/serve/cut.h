#ifndef RIPOSTE_SERVE_CUT_H
#define RIPOSTE_SERVE_CUT_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Cuts the bytes of a connection into records. Pure functions over the bytes
 * that are held: what they keep between two calls is in the cutter.
 */
enum {
    CUT_KEPT_OF_TOO_LONG = 1024, /* bytes of a record that is too long: enough
                                    to recognise it by */
};

/* How a syslog connection frames its messages: its first byte decides. */
enum cut_way { CUT_UNDECIDED, CUT_LINES, CUT_COUNTED };

struct cutter {
    size_t max;           /* bytes of a record */
    const char *too_long; /* what a longer one is refused for */
    size_t scanned;       /* of what is held: they hold no end of a record */
    bool skipping;        /* a line that is too long, up to its end */
    enum cut_way way;
    size_t skip; /* bytes of a counted record that are passed over */
};

enum cut {
    CUT_MORE,   /* more bytes have to come */
    CUT_RECORD, /* one, maybe refused */
    CUT_BROKEN, /* nobody knows where the next record begins; refused says why
                 */
};
struct cut_record {
    struct str bytes;    /* of what is held */
    const char *refused; /* why it is none, or NULL */
};

/* held: what has come and is not used up; end: no more will come. *used: how
 * many of the bytes are used up by that, also where more have to come; where
 * that is not 0 it is called again. */
typedef enum cut (*cut_fn)(struct cutter *cutter, struct str held, bool end,
                           size_t *used, struct cut_record *record);

/* A line ends at LF, without one CR before it; the last one maybe at the end.
 * A line without any bytes is no record. */
enum cut cut_line(struct cutter *cutter, struct str held, bool end,
                  size_t *used, struct cut_record *record);

/* A message of syslog over TCP (RFC 6587): "LEN MESSAGE" where the connection
 * begins with a digit, else a line. */
enum cut cut_syslog(struct cutter *cutter, struct str held, bool end,
                    size_t *used, struct cut_record *record);

#endif
