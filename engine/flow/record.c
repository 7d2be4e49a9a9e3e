#include "flow/flow_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "flow/tell.h"
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

static void tell_full(struct flow *flow, const char *since)
{
    char *text = alloc_printf("the journal's disk was full since %s; there is "
                              "room again",
                              since);

    flow_tell(flow, (struct event){.kind = EVENT_JOURNAL_FULL, .text = text});
    free(text);
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
    journal_hold(flow->config.journal);
    put(flow, "full", &out);
    tell_full(flow, since);
    journal_release(flow->config.journal);
    flow_note(flow);
}

static void tell_refused(struct flow *flow, const char *problem)
{
    flow_tell(flow, (struct event){.kind = EVENT_SET_REFUSED,
                                   .text = problem,
                                   .set = flow->home->set->hash});
}

/* There is one: a warning alone refuses nothing. */
static char *first_problem(const struct problems *problems)
{
    const struct problem *problem = problems->items;

    while (problem->warning)
        problem++;
    return error_format(&problem->error);
}

void flow_record_reload(struct flow *flow, const struct set *set,
                        const struct problems *problems)
{
    struct buf body = {0};
    struct json_out out = {.buf = &body};
    char *problem = set ? NULL : first_problem(problems);

    json_open(&out, '{');
    json_text(&out, "set", flow->home->set->hash);
    if (problem) {
        json_bool(&out, "refused", true);
        json_text(&out, "problem", problem);
        json_int(&out, "problems", (int64_t)problems->len);
    }
    journal_hold(flow->config.journal);
    put(flow, "reload", &out);
    if (problem)
        tell_refused(flow, problem);
    journal_release(flow->config.journal);
    free(problem);
}

/* ---- refused records ---------------------------------------------------- */

void flow_record_refused(struct flow *flow, struct str record,
                         const char *where, unsigned line, const char *reason)
{
    struct refusals *refused = &flow->refused;

    if (!refused->count++) {
        refused->hash = hash_new();
        refused->first = alloc_printf("%s:%u: %s", where, line, reason);
    }
    hash_add_part(refused->hash, record);
    flow_wake(flow);
}

static void refused_committed(void *arg)
{
    struct flow *flow = arg;

    flow->refused.writing = false;
    if (flow_written(flow)) {
        flow_flush_refused(flow);
        flow_note(flow);
    }
}

void flow_flush_refused(struct flow *flow)
{
    struct refusals *refused = &flow->refused;
    struct buf body = {0};
    struct json_out out = {.buf = &body};
    char hex[HASH_HEX];

    if (!refused->count || refused->writing)
        return;
    hash_end(refused->hash, hex);
    json_open(&out, '{');
    json_int(&out, "count", (int64_t)refused->count);
    json_text(&out, "first", refused->first);
    json_text(&out, "sha256", hex);
    json_close(&out, '}');
    free(refused->first);
    *refused = (struct refusals){.writing = true};
    flow_write(flow);
    journal_write_note(flow->config.journal, "refused", buf_str(&body),
                       clock_now(), refused_committed, flow);
    buf_free(&body);
}
