#include "flow/lists.h"

#include "base/addr.h"
#include "base/clock.h"

#include <string.h>

enum { LIST_ENTRY_MAX = 1024 }; /* bytes; a host name has at most 253 */

static bool made_of(struct str text, const char *bytes)
{
    for (size_t i = 0; i < text.len; i++)
        if (!text.data[i] || !strchr(bytes, text.data[i]))
            return false;
    return true;
}

/* An address, or a slip of one, before a slash: as plain text it would hold
 * nothing that its author meant. */
static bool looks_like_range(struct str entry)
{
    const char *slash = memchr(entry.data, '/', entry.len);
    struct str before = entry;
    struct addr addr;

    if (!slash)
        return false;
    before.len = (size_t)(slash - entry.data);
    return !addr_parse(before, &addr) ||
           (memchr(before.data, '.', before.len) &&
            made_of(before, "0123456789.")) ||
           (memchr(before.data, ':', before.len) &&
            made_of(before, "0123456789abcdefABCDEF:"));
}

static int judge(struct str value, struct error *error)
{
    struct addr addr;

    if (value.len > LIST_ENTRY_MAX)
        return error_set(error, ERROR_LIMIT,
                         "an entry of over %d bytes; write one a line",
                         LIST_ENTRY_MAX);
    if (!str_utf8(value))
        return error_set(error, ERROR_INVALID,
                         "an entry that is no UTF-8; save the list as UTF-8");
    if (addr_parse_range(value, &addr) && looks_like_range(value))
        return error_set(error, ERROR_INVALID,
                         "\"%.*s\" is no range of addresses; write "
                         "ADDRESS/BITS, with at most 32 BITS, or 128 for IPv6",
                         (int)value.len, value.data);
    return 0;
}

static struct str from(struct str text, size_t start)
{
    return (struct str){text.data + start, text.len - start};
}

/* Parts the line at its comment. */
static void cut_comment(struct str line, struct list_entry *entry)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] != '#' ||
            (i && line.data[i - 1] != ' ' && line.data[i - 1] != '\t'))
            continue;
        entry->comment = str_trim(from(line, i + 1));
        line.len = i;
    }
    entry->value = str_trim(line);
}

static int cut_until(struct list_entry *entry, struct error *error)
{
    static const char word[] = "until=";
    struct str *value = &entry->value;
    struct str time;
    size_t at = value->len;

    while (at && !strchr(" \t", value->data[at - 1]))
        at--;
    if (value->len - at < sizeof word - 1 ||
        memcmp(value->data + at, word, sizeof word - 1) != 0)
        return 0;
    time = from(*value, at + sizeof word - 1);
    *value = str_trim((struct str){value->data, at});
    if (!value->len)
        return error_set(error, ERROR_INVALID, "nothing stands before until=");
    if (clock_until(time, &entry->until))
        return error_set(error, ERROR_INVALID,
                         "until=%.*s is no time; write until=2027-01-31, or "
                         "until=2027-01-31T12:00:00Z",
                         (int)(time.len < 80 ? time.len : 80), time.data);
    return 0;
}

int lists_line(struct str line, struct list_entry *entry, struct error *error)
{
    int err;

    *entry = (struct list_entry){0};
    cut_comment(line, entry);
    err = cut_until(entry, error);
    if (!err)
        err = judge(entry->value, error);
    return err ? err : entry->value.len > 0;
}

int lists_read(struct str text, const char *where, list_entry_fn each,
               void *arg, struct error *error)
{
    struct list_entry entry;
    unsigned number = 0;

    while (text.len) {
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        int found = lists_line((struct str){text.data, len}, &entry, error);

        number++;
        if (found < 0) {
            error_place(error, where, number);
            return found;
        }
        entry.line = number;
        found = found ? each(arg, &entry) : 0;
        if (found < 0)
            return found;
        text = from(text, len + (end != NULL));
    }
    return 0;
}
