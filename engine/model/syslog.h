#ifndef RIPOSTE_MODEL_SYSLOG_H
#define RIPOSTE_MODEL_SYSLOG_H

#include "base/buf.h"
#include "model/source.h"

/*
 * A syslog message as it comes over a network (RFC 5424, RFC 3164, or what
 * devices take for one), and what a source is given of it.
 */
struct syslog_message {
    struct str whole; /* without line ends and NULs at its end */
    struct str line;  /* without the priority */
    bool headed;      /* by RFC 5424: else the line is what a syslog daemon
                         would write */
    /* Of such a header; empty where it has none. */
    struct str time, host, app, process;
    struct str text; /* what is behind the header and the tag */
};

/* Never fails: what has no header is all text. */
void syslog_parse(struct str message, struct syslog_message *parsed);

/* What a source of that form reads: a JSON object is the text; what bears a
 * mark is the whole message, whose header such a source reads itself; text is
 * the line of a log file, "TIME HOST APP[PROCESS]: TEXT". Parts of the message,
 * or of the buffer. now: for a message without a time. */
struct str syslog_for(const struct syslog_message *message,
                      enum source_form form, int64_t now, struct buf *room);

#endif
