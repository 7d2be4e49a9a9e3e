#include "exec/redact.h"

#include "base/alloc.h"
#include "exec/form.h"

#include <limits.h>
#include <stdlib.h>

struct redact {
    struct patterns patterns; /* owned */
    /* The patterns that may begin with a byte, by their index and one more; 0
     * behind the last. */
    size_t *begins[UCHAR_MAX + 1]; /* owned; NULL: none does */
    struct buf held;               /* received, not yet shown */
    size_t hidden;                 /* so many bytes next are within a secret */
};

static void list_those_with(struct redact *redact, unsigned char byte)
{
    size_t *list = NULL;
    size_t len = 0;

    for (size_t i = 0; i < redact->patterns.len; i++) {
        if (!pattern_begins(&redact->patterns.items[i], byte))
            continue;
        if (!list)
            list = alloc_zeroed(redact->patterns.len + 1, sizeof *list);
        list[len++] = i + 1;
    }
    redact->begins[byte] = list;
}

struct redact *redact_new(char *const *secrets)
{
    struct redact *redact = ALLOC(struct redact);

    for (; secrets && *secrets; secrets++)
        patterns_add(&redact->patterns, str_of(*secrets));
    redact->held.wiped = true;
    if (!redact->patterns.len) {
        redact_free(redact);
        return NULL;
    }
    for (unsigned byte = 0; byte <= UCHAR_MAX; byte++)
        list_those_with(redact, (unsigned char)byte);
    return redact;
}

void redact_free(struct redact *redact)
{
    if (!redact)
        return;
    patterns_free(&redact->patterns);
    for (unsigned byte = 0; byte <= UCHAR_MAX; byte++)
        free(redact->begins[byte]);
    buf_free(&redact->held);
    free(redact);
}

/* The longest secret that the bytes begin with, or 0. *part: they are the
 * beginning of a longer one, as far as they go. */
static size_t secret_at(const struct redact *redact, struct str bytes,
                        bool *part)
{
    const size_t *list = redact->begins[(unsigned char)bytes.data[0]];
    size_t longest = 0;

    *part = false;
    for (; list && *list; list++) {
        bool beginning;
        size_t len = pattern_match(&redact->patterns.items[*list - 1], bytes,
                                   &beginning);

        *part = *part || beginning;
        if (len > longest)
            longest = len;
    }
    return longest;
}

/* Where secrets overlap, all that belongs to one of them is hidden. */
static void show(struct redact *redact, size_t secret, char byte,
                 struct buf *safe)
{
    if (secret && !redact->hidden)
        buf_add_text(safe, "***");
    if (secret > redact->hidden)
        redact->hidden = secret;
    if (redact->hidden)
        redact->hidden--;
    else
        buf_add_byte(safe, byte);
}

void redact_push(struct redact *redact, struct str bytes, struct buf *safe)
{
    struct buf *held = &redact->held;
    size_t at = 0;

    buf_add_str(held, bytes);
    while (at < held->len) {
        bool part;
        size_t secret = secret_at(
            redact, (struct str){held->data + at, held->len - at}, &part);

        if (part)
            break;
        show(redact, secret, held->data[at], safe);
        at++;
    }
    buf_consume(held, at);
}

void redact_end(struct redact *redact, bool cut, struct buf *safe)
{
    struct buf *held = &redact->held;

    for (size_t at = 0; at < held->len; at++) {
        struct str rest = {held->data + at, held->len - at};
        bool part;
        size_t secret = secret_at(redact, rest, &part);

        show(redact, cut && part ? rest.len : secret, held->data[at], safe);
    }
    buf_consume(held, held->len);
    redact->hidden = 0;
}
