#include "model/casefold.h"

#include "base/alloc.h"

#include <limits.h>
#include <stdlib.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

enum {
    MOST = 18,        /* UTF-16 units that one can become: U+FDFA */
    BYTES = 3,        /* of UTF-8 that a unit can become */
    UNIT_TO = 0xfffd, /* for what is no UTF-8 */
};

static void fold_ascii(struct str text, struct buf *folded)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        buf_add_byte(folded, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
}

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] >= 0x80)
            return false;
    return true;
}

/* UTF-16 in, UTF-16 out; the caller frees it. NULL: no such data here. */
static UChar *normalize(struct str text, int32_t *len)
{
    UErrorCode code = U_ZERO_ERROR;
    const UNormalizer2 *form = unorm2_getNFKCCasefoldInstance(&code);
    UChar *units = alloc_zeroed(text.len + 1, sizeof *units), *same;
    int32_t count = 0, room;

    u_strFromUTF8WithSub(units, (int32_t)text.len + 1, &count, text.data,
                         (int32_t)text.len, UNIT_TO, NULL, &code);
    room = count * MOST + 1;
    same = alloc_zeroed((size_t)room, sizeof *same);
    *len = unorm2_normalize(form, units, count, same, room, &code);
    free(units);
    if (U_SUCCESS(code))
        return same;
    free(same);
    return NULL;
}

static void fold_unicode(struct str text, struct buf *folded)
{
    UErrorCode code = U_ZERO_ERROR;
    int32_t len = 0, bytes = 0;
    UChar *same = normalize(text, &len);
    int32_t room = len * BYTES + 1;

    if (!same) {
        fold_ascii(text, folded);
        return;
    }
    u_strToUTF8(buf_room(folded, (size_t)room), room, &bytes, same, len, &code);
    folded->len += (size_t)bytes;
    free(same);
}

void casefold(struct str text, struct buf *folded)
{
    enum { PIECE = INT_MAX / MOST / BYTES - 1 }; /* what the library counts */

    if (text.len > PIECE || is_ascii(text))
        fold_ascii(text, folded);
    else
        fold_unicode(text, folded);
}
