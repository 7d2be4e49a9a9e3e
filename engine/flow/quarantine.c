#include "flow/flow_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "model/json_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void failed(struct flow *flow)
{
    if (!flow->quarantine_failed)
        log_line("refused records cannot be kept in %s: %s", flow->quarantine,
                 strerror(errno));
    flow->quarantine_failed = true;
}

/* One write a line, so that a reader never sees half of one. */
static void keep(struct flow *flow, struct str line)
{
    if (flow->quarantine_fd < 0)
        flow->quarantine_fd = open(
            flow->quarantine, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (flow->quarantine_fd < 0 ||
        write(flow->quarantine_fd, line.data, line.len) != (ssize_t)line.len)
        failed(flow);
}

void flow_quarantine(struct flow *flow, const char *source, struct str record,
                     const char *where, unsigned line, const char *reason)
{
    const struct flow_events *events = &flow->config.events;
    struct buf text = {0};
    struct json_out out = {.buf = &text};
    char time[CLOCK_TEXT];

    flow->counts.refused++;
    flow_record_refused(flow, record, where, line, reason);
    if (events->refused)
        events->refused(events->arg, where, line, reason);
    if (!flow->quarantine)
        return;
    clock_format(clock_now(), time);
    json_open(&out, '{');
    json_text(&out, "time", time);
    json_text(&out, "where", where);
    json_int(&out, "line", line);
    json_text(&out, "source", source);
    json_text(&out, "reason", reason);
    json_str(&out, "record", record);
    json_close(&out, '}');
    buf_add_byte(&text, '\n');
    keep(flow, buf_str(&text));
    buf_free(&text);
}

void flow_refuse(struct flow *flow, struct str record, const char *where,
                 unsigned line, const char *reason)
{
    flow_quarantine(flow, NULL, record, where, line, reason);
}
