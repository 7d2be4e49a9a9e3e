#ifndef RIPOSTE_EXEC_FORM_H
#define RIPOSTE_EXEC_FORM_H

#include "base/str.h"

#include <stdbool.h>

/*
 * The forms in which a secret may stand in output: as it is; with the escapes
 * of JSON or of URLs, of which every encoder has its own idea; as base64 of
 * bytes that hold it, in either alphabet; and a line of one that has several.
 */
enum form { FORM_PLAIN, FORM_JSON, FORM_URL };

struct pattern {
    enum form form;
    char *text; /* owned: the secret, or for base64 what stands for it */
    size_t len;
};
struct patterns {
    struct pattern *items; /* owned */
    size_t len, cap;
};

enum {
    SECRET_MIN = 4, /* bytes: hiding a shorter one would blot out output that
                       has nothing to do with it, and show where it stands */
    SECRET_LINE_MIN = 8, /* the same for a line of one: it may be "}" */
};

/* Adds every form of a secret of SECRET_MIN bytes and more. */
void patterns_add(struct patterns *patterns, struct str secret);
void patterns_free(struct patterns *patterns); /* wipes them */

/* With which bytes may it begin? */
bool pattern_begins(const struct pattern *pattern, unsigned char byte);
/* How many of the bytes, from the first on, are the pattern; 0: they are not
 * it. *part: they are its beginning, as far as they go. */
size_t pattern_match(const struct pattern *pattern, struct str bytes,
                     bool *part);

#endif
