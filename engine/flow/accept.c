#include "flow/flow_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/crash.h"
#include "flow/keep.h"
#include "flow/past.h"
#include "flow/positions.h"
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
    flow_told_fn told; /* or NULL */
    void *arg;
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
    struct positions marks;     /* how far that brought followed files */
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
    positions_free(&batch->marks);
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

static void tell(const struct offered *offered, enum flow_verdict verdict,
                 const char *text)
{
    if (offered->told)
        offered->told(offered->arg, verdict, text);
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
    tell(offered, FLOW_REFUSED, reason);
    free(reason);
}

/* Whoever sent it hears of it also from a flow that is being freed. */
static void take(struct flow *flow, const struct offered *offered,
                 enum journal_verdict verdict)
{
    const char *id = offered->alarm->id;

    if (!flow->closing)
        schedule_taken(flow->schedule, offered->alarm);
    switch (verdict) {
    case JOURNAL_NEW:
        flow->counts.alarms++;
        tell(offered, FLOW_NEW, id);
        if (!flow->closing)
            flow_match(flow, offered->alarm);
        break;
    case JOURNAL_DUPLICATE:
        flow->counts.duplicates++;
        tell(offered, FLOW_DUPLICATE, id);
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
    if (!flow->closing)
        keeping_took(flow->keeping, batch->len, batch->bytes);
    for (size_t i = 0; i < batch->len; i++)
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

    batch->rows = alloc_zeroed(batch->len + 1, sizeof *batch->rows);
    batch->keys =
        alloc_zeroed(batch->len * index->len + 1, sizeof *batch->keys);
    for (size_t i = 0; i < batch->len; i++) {
        struct journal_key *keys = batch->keys + i * index->len;

        batch->rows[i] = row(&batch->items[i]);
        batch->rows[i].keys = keys;
        batch->rows[i].nkeys = past_keys(batch->items[i].alarm, index, keys);
    }
    flow_write(flow);
    journal_write_read(flow->config.journal, batch->rows, batch->len,
                       batch->marks.items, batch->marks.len, committed, batch);
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

static void add(struct batch *batch, const struct offered *offered)
{
    struct flow *flow = batch->flow;
    struct offered *item;

    batch->items = alloc_grown(batch->items, batch->len, &batch->cap,
                               sizeof *batch->items);
    item = &batch->items[batch->len++];
    *item = *offered;
    item->where = keep_where(batch, offered->where);
    batch->bytes += offered->alarm->raw_len;
    flow->undecided++;
    flow->undecided_bytes += offered->alarm->raw_len;
}

static struct batch *filling(struct flow *flow)
{
    if (!flow->filling) {
        flow->filling = batch_new(flow);
        flow_wake(flow);
    }
    return flow->filling;
}

void flow_mark(struct flow *flow, const struct journal_position *position)
{
    positions_put(&filling(flow)->marks, position);
}

static void fill(struct flow *flow, const struct offered *offered)
{
    add(filling(flow), offered);
    if (flow->filling->len == FLOW_BATCH_MAX)
        flow_flush(flow);
    flow->was_ready = flow_ready(flow);
}

void flow_add_alarm(struct flow *flow, struct alarm *alarm, int64_t received,
                    const char *where, unsigned line)
{
    fill(flow, &(struct offered){.alarm = alarm,
                                 .received = received,
                                 .where = where,
                                 .line = line});
}

void flow_write_alarm(struct flow *flow, struct alarm *alarm, int64_t received,
                      const char *where)
{
    struct batch *batch = batch_new(flow);

    add(batch, &(struct offered){
                   .alarm = alarm, .received = received, .where = where});
    write_batch(batch);
}

void flow_skip(struct flow *flow)
{
    flow->counts.skipped++;
}

static void no_alarm(struct flow *flow, const struct flow_record *record,
                     const char *reason)
{
    if (reason)
        flow_quarantine(flow, source_name(record->source), record->bytes,
                        record->where, record->line, reason);
    else
        flow_skip(flow);
    if (record->told)
        record->told(record->arg, reason ? FLOW_REFUSED : FLOW_SKIPPED,
                     reason ? reason : "its source makes no alarm of it");
}

void flow_offer(struct flow *flow, const struct flow_record *record)
{
    const struct source *source = record->source;
    int64_t now = clock_now();
    struct alarm *alarm = NULL;
    struct error error = {0};
    int made = source_decode(source, record->bytes, now, &alarm, &error);

    assert(!flow->closing);
    if (made <= 0) {
        no_alarm(flow, record, made ? error.text : NULL);
        return;
    }
    if (record->received && !source_dates(source))
        alarm->time = now;
    alarm_identify(alarm, record->digest, record->offset);
    fill(flow, &(struct offered){
                   .alarm = alarm,
                   .received = now,
                   .where = record->where,
                   .line = record->line,
                   .told = record->told,
                   .arg = record->arg,
               });
}
