#include "model/source_inner.h"
#include "model/syslog_inner.h"

#include <string.h>

/* IBM's LEEF guide ends the header behind the host; RFC 5424 does not. */
static bool eat_5424(struct str *text, const char *mark, struct syslog *syslog)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct str word;

    if (!syslog_begins(*text, "1 "))
        return false;
    *text = syslog_behind(*text, 2);
    if (!syslog_eat_word(text, &syslog->time) ||
        !syslog_eat_word(text, &syslog->host))
        return false;
    if (syslog_begins(*text, mark))
        return true;
    for (int i = 0; i < 3; i++) /* application, process, message id */
        if (!syslog_eat_word(text, &word))
            return false;
    if (!syslog_eat_structured(text))
        return false;
    if (syslog_begins(*text, byte_order_mark))
        *text = syslog_behind(*text, strlen(byte_order_mark));
    return true;
}

static bool eat_3164(struct str *text, const char *mark, struct syslog *syslog)
{
    size_t len = strlen(mark);
    struct str tag;

    if (!syslog_eat_time(text, &syslog->time) ||
        !syslog_eat_word(text, &syslog->host))
        return false;
    syslog->anyones = true;
    if (!syslog_begins(*text, mark))
        return syslog_eat_word(text, &tag) && tag.data[tag.len - 1] == ':';
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
    bool priority = syslog_eat_priority(&line), headed = true;
    struct str whole = line;

    *syslog = (struct syslog){.time = {"", 0}, .host = {"", 0}};
    if (!syslog_begins(line, mark)) {
        headed = priority && eat_5424(&line, mark, syslog);
        if (!headed) {
            line = whole;
            headed = eat_3164(&line, mark, syslog);
        }
    }
    if (!headed || !syslog_begins(line, mark))
        return false;
    drop_nil(&syslog->time);
    drop_nil(&syslog->host);
    syslog->message = syslog_behind(line, strlen(mark));
    return true;
}
