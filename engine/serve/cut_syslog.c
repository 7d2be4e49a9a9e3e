#include "serve/cut.h"

enum {
    COUNT_DIGITS = 7, /* a message of ten million bytes is none that anybody
                         meant to send */
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum cut broken(struct cut_record *record, const char *why)
{
    record->refused = why;
    return CUT_BROKEN;
}

/* "LEN " at the start: its length in *len, what it says in *count. */
static enum cut read_count(struct str held, size_t *len, size_t *count,
                           struct cut_record *record)
{
    size_t i = 0;

    *count = 0;
    for (; i < held.len && i < COUNT_DIGITS && digit(held.data[i]); i++)
        *count = *count * 10 + (size_t)(held.data[i] - '0');
    if (i < held.len && held.data[i] != ' ')
        return broken(record, "there is no length where a message has one");
    if (held.len && held.data[0] == '0')
        return broken(record, "a message's length begins with 0");
    if (i == held.len)
        return CUT_MORE;
    if (!i)
        return broken(record, "there is no length where a message has one");
    *len = i + 1;
    return CUT_RECORD;
}

/* The rest of what is too long goes without a word. */
static enum cut skip(struct cutter *cutter, struct str held, size_t *used)
{
    *used = held.len < cutter->skip ? held.len : cutter->skip;
    cutter->skip -= *used;
    return CUT_MORE;
}

/* The connection ended inside of the message. */
static enum cut cut_short(struct str held, size_t *used,
                          struct cut_record *record)
{
    size_t len = held.len;

    *used = len;
    if (!len)
        return CUT_MORE;
    *record = (struct cut_record){
        .bytes = {held.data,
                  len < CUT_KEPT_OF_TOO_LONG ? len : CUT_KEPT_OF_TOO_LONG},
        .refused = "the connection ended before the message did",
    };
    return CUT_RECORD;
}

static enum cut cut_counted(struct cutter *cutter, struct str held, bool end,
                            size_t *used, struct cut_record *record)
{
    size_t len = 0, count, wanted;
    enum cut got;

    if (cutter->skip)
        return skip(cutter, held, used);
    if (held.len && held.data[0] == '\n') { /* some write one behind each */
        *used = 1;
        return CUT_MORE;
    }
    got = read_count(held, &len, &count, record);
    if (got != CUT_RECORD)
        return got == CUT_MORE && end ? cut_short(held, used, record) : got;
    wanted = count > cutter->max && count > CUT_KEPT_OF_TOO_LONG
                 ? CUT_KEPT_OF_TOO_LONG
                 : count;
    if (held.len - len < wanted)
        return end ? cut_short(held, used, record) : CUT_MORE;
    *record = (struct cut_record){.bytes = {held.data + len, wanted}};
    *used = len + wanted;
    if (count > cutter->max) {
        record->refused = cutter->too_long;
        cutter->skip = count - wanted;
    }
    return CUT_RECORD;
}

enum cut cut_syslog(struct cutter *cutter, struct str held, bool end,
                    size_t *used, struct cut_record *record)
{
    *used = 0;
    if (cutter->way == CUT_UNDECIDED && held.len)
        cutter->way = digit(held.data[0]) ? CUT_COUNTED : CUT_LINES;
    return cutter->way == CUT_COUNTED
               ? cut_counted(cutter, held, end, used, record)
               : cut_line(cutter, held, end, used, record);
}
