#include "base/clock.h"
#include "model/source_inner.h"
#include "model/syslog_inner.h"

#include <string.h>

/* Text that is eaten from the front. */
struct str syslog_behind(struct str text, size_t from)
{
    return (struct str){text.data + from, text.len - from};
}

bool syslog_begins(struct str text, const char *with)
{
    size_t len = strlen(with);

    return text.len >= len && !memcmp(text.data, with, len);
}

/* The word up to a blank, which is eaten too. False where there is none. */
bool syslog_eat_word(struct str *text, struct str *word)
{
    const char *end = text->len ? memchr(text->data, ' ', text->len) : NULL;

    if (!end || end == text->data)
        return false;
    *word = (struct str){text->data, (size_t)(end - text->data)};
    *text = syslog_behind(*text, word->len + 1);
    return true;
}

/* "<134>": one to three digits. */
bool syslog_eat_priority(struct str *text)
{
    size_t i = 1;

    if (!syslog_begins(*text, "<"))
        return false;
    while (i < text->len && i < 4 && text->data[i] >= '0' &&
           text->data[i] <= '9')
        i++;
    if (i == 1 || i == text->len || text->data[i] != '>')
        return false;
    *text = syslog_behind(*text, i + 1);
    return true;
}

/* RFC 5424's structured data: "-", or [id name="value" …] one or more. */
bool syslog_eat_structured(struct str *text)
{
    size_t i = 0;
    bool quoted = false, open = false;

    if (syslog_begins(*text, "- ")) {
        *text = syslog_behind(*text, 2);
        return true;
    }
    for (; i < text->len && (open || text->data[i] != ' '); i++) {
        char c = text->data[i];

        if (!open && c != '[')
            return false;
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted)
            open = c != ']';
    }
    if (!i || i >= text->len)
        return false;
    *text = syslog_behind(*text, i + 1);
    return true;
}

/* "Nov 24 06:55:46", also with a year before the clock as some devices write
 * it, or a time as in RFC 3339. */
bool syslog_eat_time(struct str *text, struct str *time)
{
    static const size_t lengths[] = {15, 20};
    int64_t ms;

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        *time = (struct str){text->data, lengths[i]};
        if (text->len <= lengths[i] || text->data[lengths[i]] != ' ')
            continue;
        if ((i ? source_pattern_time(str_of("MMM dd yyyy HH:mm:ss"), *time, 0,
                                     0, &ms)
               : clock_parse_syslog(*time, 0, 0, &ms)) == 0) {
            *text = syslog_behind(*text, lengths[i] + 1);
            return true;
        }
    }
    return syslog_eat_word(text, time) && !clock_parse(*time, 0, &ms);
}
