#ifndef RIPOSTE_MODEL_CASEFOLD_H
#define RIPOSTE_MODEL_CASEFOLD_H

#include "base/buf.h"

/* Appends the text as whoever looks names up compares it (Unicode's
 * NFKC_Casefold, which IDNA builds on): "ⓓⓒ①" is "dc1", "Straße" is "strasse",
 * full-width and mathematical digits are digits, and signs that nobody sees
 * are gone. Bytes that are no UTF-8 become U+FFFD. */
void casefold(struct str text, struct buf *folded);

#endif
