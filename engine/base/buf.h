#ifndef RIPOSTE_BASE_BUF_H
#define RIPOSTE_BASE_BUF_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

/* A growing byte buffer. Zero-initialise it; data always has a NUL behind it
 * once something was added (data is NULL before that). */
struct buf {
    char *data; /* owned */
    size_t len;
    size_t cap;
    bool wiped; /* it may hold secrets: memory is wiped before it is let go,
                   also where the buffer grows, moves up or is cut */
};

void buf_add(struct buf *buf, const void *data, size_t len);
void buf_add_str(struct buf *buf, struct str text);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_byte(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for len more bytes behind the data; set buf->len after filling it. */
char *buf_room(struct buf *buf, size_t len);

/* Takes the first len bytes away, moving the rest to the front. */
void buf_consume(struct buf *buf, size_t len);
/* Takes everything away that is behind the first len bytes. */
void buf_cut(struct buf *buf, size_t len);

struct str buf_str(const struct buf *buf);

/* Hands the bytes to the caller, who frees them ("" where nothing was added),
 * and leaves the buffer empty. */
char *buf_take(struct buf *buf);
void buf_free(struct buf *buf); /* and leaves it empty, ready for use */

#endif
