#ifndef RIPOSTE_MODEL_REGEX_H
#define RIPOSTE_MODEL_REGEX_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>

/*
 * Regular expressions by PCRE2, JIT where the system allows it, always with
 * limits: pattern 4 KiB, subject 1 MiB, match limit 100,000, depth 250, heap
 * 1 MiB. A match that costs more than that is "too costly", never "no match".
 */
struct regex; /* one compiled pattern; not shared between threads */

enum {
    REGEX_WHOLE = 1, /* must match the whole subject */
    REGEX_NOCASE = 2,
    REGEX_BYTES = 4, /* the subject may be any bytes, not only UTF-8 */
};

struct regex *regex_compile(struct str pattern, int flags, struct error *error);
void regex_free(struct regex *regex);

/* From byte `from` on. Returns 1 (matched), 0 (not), or a negative error
 * (ERROR_LIMIT: too costly; ERROR_INVALID: subject is no UTF-8). */
int regex_match(struct regex *regex, struct str subject, size_t from,
                struct error *error);

/* After a match: group 0 is the whole of it. False where the group took no
 * part. The piece points into the subject. */
bool regex_group(const struct regex *regex, unsigned group, struct str *text);
unsigned regex_groups(const struct regex *regex); /* without group 0 */
/* The named groups, in number order; name NULL where a group has none. */
const char *regex_group_name(const struct regex *regex, unsigned group);

/* PCRE2's version; ERROR_SYSTEM where it was built without Unicode. */
int regex_library(const char **version, struct error *error);
/* Does the JIT compiler work in this process? ERROR_SYSTEM and why not. */
int regex_jit(struct error *error);

#endif
