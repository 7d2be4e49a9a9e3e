#ifndef RIPOSTE_EXEC_REDACT_H
#define RIPOSTE_EXEC_REDACT_H

#include "base/buf.h"

#include <stdbool.h>

/*
 * Hides secrets in a stream of bytes: each occurrence, in any of the forms of
 * form.h, becomes ***, also where it comes in pieces. Bytes that may be the
 * beginning of one are held back until it is known.
 */
struct redact;

/* secrets: texts with NULL at the end, copied; those below SECRET_MIN (form.h)
 * are left out. NULL where none is left: there is nothing to hide. */
struct redact *redact_new(char *const *secrets);
void redact_free(struct redact *redact); /* NULL is fine; wipes them */

/* Adds to safe what can be shown by now. */
void redact_push(struct redact *redact, struct str bytes, struct buf *safe);
/* The stream's end. cut: it was broken off, so that what is the beginning of
 * a secret is one, and is hidden. */
void redact_end(struct redact *redact, bool cut, struct buf *safe);

#endif
