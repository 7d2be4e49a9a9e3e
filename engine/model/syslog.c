#include "model/syslog.h"

#include "base/clock.h"
#include "model/syslog_inner.h"

#include <string.h>

/* Some send a mark before an object (CEE). */
static const char cookie[] = "@cee:";

static struct str without_end(struct str message)
{
    while (message.len && (message.data[message.len - 1] == '\n' ||
                           message.data[message.len - 1] == '\r' ||
                           !message.data[message.len - 1]))
        message.len--;
    return message;
}

static struct str unless_nil(struct str word)
{
    return str_is(word, "-") ? (struct str){"", 0} : word;
}

/* "TIME HOST APP PROCESS ID DATA TEXT", behind the version. */
static bool parse_5424(struct str rest, struct syslog_message *parsed)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct str words[5], data;

    if (!syslog_begins(rest, "1 "))
        return false;
    rest = syslog_behind(rest, 2);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!syslog_eat_word(&rest, &words[i]))
            return false;
    /* The text, with the blank before it, may be missing. */
    data = rest;
    if (!syslog_eat_structured(&rest)) {
        struct str last = {data.data + data.len, 0};

        if (!str_is(data, "-") && (!data.len || data.data[data.len - 1] != ']'))
            return false;
        rest = last;
    }
    if (syslog_begins(rest, byte_order_mark))
        rest = syslog_behind(rest, strlen(byte_order_mark));
    parsed->headed = true;
    parsed->time = unless_nil(words[0]);
    parsed->host = unless_nil(words[1]);
    parsed->app = unless_nil(words[2]);
    parsed->process = unless_nil(words[3]);
    parsed->text = rest;
    return true;
}

/* "TIME HOST TAG: TEXT"; whatever of it is there. */
static void parse_3164(struct str rest, struct syslog_message *parsed)
{
    struct str word, behind;

    parsed->text = rest;
    if (!syslog_eat_time(&rest, &word) || !syslog_eat_word(&rest, &word))
        return;
    parsed->text = rest;
    behind = rest;
    if (syslog_eat_word(&behind, &word) && word.data[0] != '{' &&
        word.data[word.len - 1] == ':')
        parsed->text = behind;
}

void syslog_parse(struct str message, struct syslog_message *parsed)
{
    struct str rest = without_end(message);
    bool priority;

    *parsed = (struct syslog_message){.whole = rest};
    priority = syslog_eat_priority(&rest);
    parsed->line = rest;
    if (!priority || !parse_5424(rest, parsed))
        parse_3164(rest, parsed);
}

static struct str object_of(struct str text)
{
    text = str_trim(text);
    if (syslog_begins(text, cookie))
        text = str_trim(syslog_behind(text, strlen(cookie)));
    return text;
}

static struct str line_of(const struct syslog_message *message, int64_t now,
                          struct buf *room)
{
    char time[CLOCK_TEXT];

    room->len = 0;
    clock_format(now, time);
    buf_add_str(room, message->time.len ? message->time : str_of(time));
    buf_add_byte(room, ' ');
    buf_add_str(room, message->host.len ? message->host : str_of("-"));
    buf_add_byte(room, ' ');
    if (message->app.len) {
        buf_add_str(room, message->app);
        if (message->process.len)
            buf_printf(room, "[%.*s]", (int)message->process.len,
                       message->process.data);
        buf_add_text(room, ": ");
    }
    buf_add_str(room, message->text);
    return buf_str(room);
}

struct str syslog_for(const struct syslog_message *message,
                      enum source_form form, int64_t now, struct buf *room)
{
    if (form == FORM_OBJECT)
        return object_of(message->text);
    if (form == FORM_MARKED)
        return message->whole;
    return message->headed ? line_of(message, now, room) : message->line;
}
