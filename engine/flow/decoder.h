#ifndef RIPOSTE_FLOW_DECODER_H
#define RIPOSTE_FLOW_DECODER_H

#include "flow/set.h"

/*
 * The source that decodes an input. After a reload the one of the same name
 * in the new set does; where the new set has none of its format any more, the
 * old one goes on.
 */
struct decoder {
    const struct source *source; /* of `set`; NULL: none was chosen yet */
    char *name;                  /* owned */
    struct set *seen;            /* owned reference: that was in force */
    struct set *set;             /* owned reference */
};

/* The source is one of that set. Zero the decoder before. */
void decoder_begin(struct decoder *decoder, struct set *set,
                   const struct source *source);
/* set: the one in force. where: the input's name, for messages. Returns the
 * source; NULL where there was no decoder_begin. */
const struct source *decoder_follow(struct decoder *decoder, struct set *set,
                                    const char *where);
void decoder_end(struct decoder *decoder);

#endif
