#include "base/clock.h"
#include "model/source_inner.h"

#include <string.h>

/* Text that is eaten from the front. */
static struct str behind(struct str text, size_t from)
{
    return (struct str){text.data + from, text.len - from};
}

static bool begins(struct str text, const char *with)
{
    size_t len = strlen(with);

    return text.len >= len && !memcmp(text.data, with, len);
}

/* The word up to a blank, which is eaten too. False where there is none. */
static bool eat_word(struct str *text, struct str *word)
{
    const char *end = text->len ? memchr(text->data, ' ', text->len) : NULL;

    if (!end || end == text->data)
        return false;
    *word = (struct str){text->data, (size_t)(end - text->data)};
    *text = behind(*text, word->len + 1);
    return true;
}

/* "<134>": one to three digits. */
static bool eat_priority(struct str *text)
{
    size_t i = 1;

    if (!begins(*text, "<"))
        return false;
    while (i < text->len && i < 4 && text->data[i] >= '0' &&
           text->data[i] <= '9')
        i++;
    if (i == 1 || i == text->len || text->data[i] != '>')
        return false;
    *text = behind(*text, i + 1);
    return true;
}

/* RFC 5424's structured data: "-", or [id name="value" …] one or more. */
static bool eat_structured(struct str *text)
{
    size_t i = 0;
    bool quoted = false, open = false;

    if (begins(*text, "- ")) {
        *text = behind(*text, 2);
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
    *text = behind(*text, i + 1);
    return true;
}

/* IBM's LEEF guide ends the header behind the host; RFC 5424 does not. */
static bool eat_5424(struct str *text, const char *mark, struct syslog *syslog)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct str word;

    if (!begins(*text, "1 "))
        return false;
    *text = behind(*text, 2);
    if (!eat_word(text, &syslog->time) || !eat_word(text, &syslog->host))
        return false;
    if (begins(*text, mark))
        return true;
    for (int i = 0; i < 3; i++) /* application, process, message id */
        if (!eat_word(text, &word))
            return false;
    if (!eat_structured(text))
        return false;
    if (begins(*text, byte_order_mark))
        *text = behind(*text, strlen(byte_order_mark));
    return true;
}

/* "Nov 24 06:55:46", also with a year before the clock as some devices write
 * it, or a time as in RFC 3339. */
static bool eat_time(struct str *text, struct str *time)
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
            *text = behind(*text, lengths[i] + 1);
            return true;
        }
    }
    return eat_word(text, time) && !clock_parse(*time, 0, &ms);
}

static bool eat_3164(struct str *text, const char *mark, struct syslog *syslog)
{
    size_t len = strlen(mark);
    struct str tag;

    if (!eat_time(text, &syslog->time) || !eat_word(text, &syslog->host))
        return false;
    syslog->anyones = true;
    if (!begins(*text, mark))
        return eat_word(text, &tag) && tag.data[tag.len - 1] == ':';
    /* `logger -t CEF` cannot do without the blank. */
    syslog->anyones = text->len > len && text->data[len] == ' ';
    return true;
}

static void drop_nil(struct str *text)
{
    if (str_is(*text, "-"))
        *text = (struct str){"", 0};
}

bool source_syslog(struct str line, const char *mark, struct syslog *syslog)
{
    bool priority = eat_priority(&line), headed = true;
    struct str whole = line;

    *syslog = (struct syslog){.time = {"", 0}, .host = {"", 0}};
    if (!begins(line, mark)) {
        headed = priority && eat_5424(&line, mark, syslog);
        if (!headed) {
            line = whole;
            headed = eat_3164(&line, mark, syslog);
        }
    }
    if (!headed || !begins(line, mark))
        return false;
    drop_nil(&syslog->time);
    drop_nil(&syslog->host);
    syslog->message = behind(line, strlen(mark));
    return true;
}
