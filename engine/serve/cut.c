#include "serve/cut.h"

#include <string.h>

static struct str without_cr(struct str line)
{
    if (line.len && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* The rest of a line that is too long goes without a word: it was refused as
 * soon as that was known. */
static enum cut skip_line(struct cutter *cutter, const char *lf, size_t len,
                          size_t *used)
{
    cutter->skipping = !lf;
    *used = len + !!lf;
    return CUT_MORE;
}

static enum cut refuse_line(struct cutter *cutter, struct str held,
                            const char *lf, size_t len, size_t *used,
                            struct cut_record *record)
{
    *record = (struct cut_record){
        .bytes = {held.data,
                  len < CUT_KEPT_OF_TOO_LONG ? len : CUT_KEPT_OF_TOO_LONG},
        .refused = cutter->too_long,
    };
    skip_line(cutter, lf, len, used);
    return CUT_RECORD;
}

enum cut cut_line(struct cutter *cutter, struct str held, bool end,
                  size_t *used, struct cut_record *record)
{
    size_t from = cutter->scanned;
    const char *lf = held.len > from
                         ? memchr(held.data + from, '\n', held.len - from)
                         : NULL;
    size_t len = lf ? (size_t)(lf - held.data) : held.len;
    struct str line = without_cr((struct str){held.data, len});

    *used = 0;
    cutter->scanned = 0;
    if (cutter->skipping)
        return skip_line(cutter, lf, len, used);
    if (line.len > cutter->max)
        return refuse_line(cutter, held, lf, len, used, record);
    if (!lf && (!end || !len)) {
        cutter->scanned = len;
        return CUT_MORE;
    }
    *used = len + !!lf;
    if (!line.len)
        return CUT_MORE;
    *record = (struct cut_record){.bytes = line};
    return CUT_RECORD;
}
