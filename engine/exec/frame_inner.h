#ifndef RIPOSTE_EXEC_FRAME_INNER_H
#define RIPOSTE_EXEC_FRAME_INNER_H

#include "exec/frame.h"

/* What frames are made of, shared by the files that know one each. */

enum {
    FRAME_HEADER = 4,             /* the length */
    FRAME_HEAD = FRAME_HEADER + 2 /* version and type too */
};

void put_number(struct buf *buf, uint64_t value, unsigned bytes);
void put_bytes(struct buf *buf, const char *data, size_t len);
void put_text(struct buf *buf, const char *text);
/* NULL: absent. */
void put_optional(struct buf *buf, const char *data, size_t len);
/* NULL: an empty list. */
void put_list(struct buf *buf, char *const *words);

/* Begins a frame; frame_end fills in its length. */
size_t frame_begin(struct buf *buf, enum frame_type type);
void frame_end(struct buf *buf, size_t start);

/* What is left of a frame. After the first fault every read gives zero or
 * NULL, and rest_end tells. */
struct rest {
    const unsigned char *data;
    size_t len;
    bool bad;
};
struct rest frame_rest(struct str frame, enum frame_type type);
uint64_t take_number(struct rest *rest, unsigned bytes);
bool take_bool(struct rest *rest);
/* The bytes are the caller's, with a NUL behind them; NULL after a fault. */
char *take_bytes(struct rest *rest, size_t *len);
/* A text becomes a C string: a NUL in it would cut it short unseen. */
char *take_text(struct rest *rest);
char **take_list(struct rest *rest);
/* Leaves nothing unread and nothing guessed. */
int rest_end(const struct rest *rest, const char *what, struct error *error);

#endif
