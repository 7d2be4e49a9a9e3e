#include "flow/flow_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crash.h"
#include "flow/past.h"
#include "flow/schedule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* What was offered and is not committed yet. */
struct offered {
    struct alarm *alarm; /* owned reference */
    int64_t received;
    const char *where; /* of the batch */
    unsigned line;
};

/* Whatever one turn of the loop offered: one write to the journal. */
struct batch {
    struct flow *flow;
    struct offered *items; /* owned */
    size_t len, cap;
    size_t bytes;  /* of their records */
    char **wheres; /* owned, both levels; the last one is the current */
    size_t nwheres, wheres_cap;
    struct journal_alarm *rows; /* owned: len of them, once it is written */
    struct journal_key *keys;   /* owned: theirs */
};

static void batch_free(struct batch *batch)
{
    for (size_t i = 0; i < batch->len; i++)
        alarm_unref(batch->items[i].alarm);
    for (size_t i = 0; i < batch->nwheres; i++)
        free(batch->wheres[i]);
    free(batch->items);
    free(batch->wheres);
    free(batch->rows);
    free(batch->keys);
    free(batch);
}

/* The batch's copy; an input's name comes again and again. */
static const char *keep_where(struct batch *batch, const char *where)
{
    if (batch->nwheres && !strcmp(batch->wheres[batch->nwheres - 1], where))
        return batch->wheres[batch->nwheres - 1];
    batch->wheres = alloc_grown(batch->wheres, batch->nwheres,
                                &batch->wheres_cap, sizeof(char *));
    return batch->wheres[batch->nwheres++] = alloc_text(where);
}

static void refuse_reused(struct flow *flow, const struct offered *offered)
{
    const struct alarm *alarm = offered->alarm;
    struct str raw = {alarm->raw, alarm->raw_len};
    char *reason = alloc_printf(
        "id reused: an alarm with other bytes has the id %s already",
        alarm->own_id ? alarm->own_id : alarm->id);

    flow_quarantine(flow, alarm->source, raw, offered->where, offered->line,
                    reason);
    free(reason);
}

static void take(struct flow *flow, const struct offered *offered,
                 enum journal_verdict verdict)
{
    schedule_taken(flow->schedule, offered->alarm);
    switch (verdict) {
    case JOURNAL_NEW:
        flow->counts.alarms++;
        flow_match(flow, offered->alarm);
        break;
    case JOURNAL_DUPLICATE:
        flow->counts.duplicates++;
        break;
    case JOURNAL_REUSED:
        refuse_reused(flow, offered);
        break;
    }
}

/* Alarms are matched in the order in which they were accepted: the journal
 * calls back in the order of the writes. */
static void committed(void *arg)
{
    struct batch *batch = arg;
    struct flow *flow = batch->flow;

    CRASH(ENGINE_ALARM_COMMITTED);
    flow->undecided -= batch->len;
    flow->undecided_bytes -= batch->bytes;
    for (size_t i = 0; i < batch->len && !flow->closing; i++)
        take(flow, &batch->items[i], batch->rows[i].verdict);
    batch_free(batch);
    if (flow_written(flow))
        flow_note(flow);
}

static struct journal_alarm row(const struct offered *offered)
{
    const struct alarm *alarm = offered->alarm;

    return (struct journal_alarm){.row = {
                                      .id = alarm->id,
                                      .source = alarm->source,
                                      .raw = {alarm->raw, alarm->raw_len},
                                      .time = alarm->time,
                                      .received = offered->received,
                                      .count = alarm->count,
                                  }};
}

/* By the set in force: an alarm is found by what was indexed when it came. */
static void write_batch(struct batch *batch)
{
    struct flow *flow = batch->flow;
    const struct words *index = &flow->home->set->settings->index;

    batch->rows = alloc_zeroed(batch->len, sizeof *batch->rows);
    batch->keys =
        alloc_zeroed(batch->len * index->len + 1, sizeof *batch->keys);
    for (size_t i = 0; i < batch->len; i++) {
        struct journal_key *keys = batch->keys + i * index->len;

        batch->rows[i] = row(&batch->items[i]);
        batch->rows[i].keys = keys;
        batch->rows[i].nkeys = past_keys(batch->items[i].alarm, index, keys);
    }
    flow_write(flow);
    journal_write_alarms(flow->config.journal, batch->rows, batch->len,
                         committed, batch);
}

void flow_flush(struct flow *flow)
{
    struct batch *batch = flow->filling;

    if (!batch)
        return;
    flow->filling = NULL;
    write_batch(batch);
}

static struct batch *batch_new(struct flow *flow)
{
    struct batch *batch = ALLOC(struct batch);

    batch->flow = flow;
    return batch;
}

static void add(struct batch *batch, struct alarm *alarm, int64_t received,
                const char *where, unsigned line)
{
    struct flow *flow = batch->flow;

    batch->items = alloc_grown(batch->items, batch->len, &batch->cap,
                               sizeof *batch->items);
    batch->items[batch->len++] =
        (struct offered){alarm, received, keep_where(batch, where), line};
    batch->bytes += alarm->raw_len;
    flow->undecided++;
    flow->undecided_bytes += alarm->raw_len;
}

void flow_add_alarm(struct flow *flow, struct alarm *alarm, int64_t received,
                    const char *where, unsigned line)
{
    if (!flow->filling) {
        flow->filling = batch_new(flow);
        flow_wake(flow);
    }
    add(flow->filling, alarm, received, where, line);
    if (flow->filling->len == FLOW_BATCH_MAX)
        flow_flush(flow);
    flow->was_ready = flow_ready(flow);
}

void flow_write_alarm(struct flow *flow, struct alarm *alarm, int64_t received,
                      const char *where)
{
    struct batch *batch = batch_new(flow);

    add(batch, alarm, received, where, 0);
    write_batch(batch);
}

void flow_skip(struct flow *flow)
{
    flow->counts.skipped++;
}

void flow_offer(struct flow *flow, const struct source *source,
                struct str record, const char *digest, uint64_t offset,
                const char *where, unsigned line)
{
    int64_t now = clock_now();
    struct alarm *alarm = NULL;
    struct error error = {0};
    int made = source_decode(source, record, now, &alarm, &error);

    assert(!flow->closing);
    if (made < 0) {
        flow_quarantine(flow, source_name(source), record, where, line,
                        error.text);
    } else if (!made) {
        flow_skip(flow);
    } else {
        alarm_identify(alarm, digest, offset);
        flow_add_alarm(flow, alarm, now, where, line);
    }
}
