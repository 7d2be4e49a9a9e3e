#include "flow/flow_inner.h"

#include "base/clock.h"
#include "base/log.h"
#include "model/json_out.h"

#include <stdlib.h>

/* The audit's records of what the flow does without another write. */

static void put(struct flow *flow, const char *kind, struct json_out *out)
{
    json_close(out, '}');
    journal_write_note(flow->config.journal, kind, buf_str(out->buf),
                       clock_now(), NULL, NULL);
    buf_free(out->buf);
}

void flow_full(struct flow *flow, bool full)
{
    char since[CLOCK_TEXT];
    struct buf body = {0};
    struct json_out out = {.buf = &body};

    if (full) {
        flow->full = clock_now();
        log_line("the journal's disk is full: no alarm is taken and no action "
                 "starts until there is room");
        return;
    }
    clock_format(flow->full, since);
    flow->full = 0;
    log_line("there is room again: going on");
    json_open(&out, '{');
    json_text(&out, "since", since);
    put(flow, "full", &out);
    flow_note(flow);
}

void flow_record_reload(struct flow *flow, const struct set *set,
                        const struct problems *problems)
{
    struct buf body = {0};
    struct json_out out = {.buf = &body};

    json_open(&out, '{');
    json_text(&out, "set", flow->home->set->hash);
    if (!set) {
        char *text = error_format(&problems->items[0].error);

        json_bool(&out, "refused", true);
        json_text(&out, "problem", text);
        json_int(&out, "problems", (int64_t)problems->len);
        free(text);
    }
    put(flow, "reload", &out);
}
