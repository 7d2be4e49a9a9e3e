#include "exec/redact.h"

#include "base/alloc.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct redact {
    struct str *secrets; /* owned, and what they point to */
    size_t len;
    bool begins[UCHAR_MAX + 1]; /* with this byte some secret begins */
    struct buf held;            /* received, not yet shown */
    size_t hidden;              /* so many bytes next are within a secret */
};

struct redact *redact_new(char *const *secrets)
{
    struct redact *redact = ALLOC(struct redact);
    size_t count = 0;

    while (secrets && secrets[count])
        count++;
    redact->secrets = alloc_zeroed(count + 1, sizeof *redact->secrets);
    for (size_t i = 0; i < count; i++) {
        struct str secret = str_of(secrets[i]);

        if (secret.len < SECRET_MIN)
            continue;
        secret.data = str_copy(secret);
        redact->secrets[redact->len++] = secret;
        redact->begins[(unsigned char)secret.data[0]] = true;
    }
    if (redact->len)
        return redact;
    redact_free(redact);
    return NULL;
}

static void wipe(void *data, size_t len)
{
    if (data)
        explicit_bzero(data, len);
}

void redact_free(struct redact *redact)
{
    if (!redact)
        return;
    for (size_t i = 0; i < redact->len; i++) {
        char *data = (char *)(uintptr_t)redact->secrets[i].data;

        wipe(data, redact->secrets[i].len);
        free(data);
    }
    free(redact->secrets);
    wipe(redact->held.data, redact->held.cap);
    buf_free(&redact->held);
    free(redact);
}

/* The longest secret that the bytes begin with, or 0. *part: they are the
 * beginning of a longer one, as far as they go. */
static size_t secret_at(const struct redact *redact, struct str bytes,
                        bool *part)
{
    size_t longest = 0;

    *part = false;
    if (!redact->begins[(unsigned char)bytes.data[0]])
        return 0;
    for (size_t i = 0; i < redact->len; i++) {
        struct str secret = redact->secrets[i];
        bool whole = secret.len <= bytes.len;
        size_t len = whole ? secret.len : bytes.len;

        if (memcmp(bytes.data, secret.data, len) != 0)
            continue;
        *part = *part || !whole;
        if (whole && len > longest)
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
