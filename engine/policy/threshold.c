#include "policy/threshold.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_LENGTH_MAX = 256, /* longer keys are kept as their hash: an attacker
                             chooses them, and there are 65,536 */
};

/* Alarms of one moment that count. */
struct event {
    int64_t time;
    int64_t count;
};

/* What is known about one value of `by`. */
struct entry {
    struct entry *prev, *next; /* by use: the counter's first is idle longest */
    struct str key;            /* the table's */
    int64_t newest;            /* the latest time that counted */
    int64_t silent;            /* silent for times before it */
    struct event *events;      /* owned, by time; none older than the window */
    size_t len, cap;
};

struct counter {
    struct table *entries; /* owned, with its entries */
    struct entry *first, *last;
};

struct thresholds {
    struct table *counters;         /* owned, with its counters */
    struct buf key, evicted, state; /* of the change handed out last */
    struct threshold_said said;
};

const char *const threshold_verdict_names[] = {"lacks", "late", "silent",
                                               "counted", "complete"};

/* ---- entries and counters --------------------------------------------- */

static void detach(struct counter *counter, struct entry *entry)
{
    if (entry->prev)
        entry->prev->next = entry->next;
    else
        counter->first = entry->next;
    if (entry->next)
        entry->next->prev = entry->prev;
    else
        counter->last = entry->prev;
}

static void attach_last(struct counter *counter, struct entry *entry)
{
    entry->prev = counter->last;
    entry->next = NULL;
    if (counter->last)
        counter->last->next = entry;
    else
        counter->first = entry;
    counter->last = entry;
}

static void entry_free(struct entry *entry)
{
    free(entry->events);
    free(entry);
}

static void entry_drop(struct counter *counter, struct entry *entry)
{
    detach(counter, entry);
    table_remove(counter->entries, entry->key);
    entry_free(entry);
}

static struct entry *entry_add(struct counter *counter, struct str key)
{
    struct entry *entry = ALLOC(struct entry);

    entry->key = table_put(counter->entries, key, entry);
    entry->newest = entry->silent = INT64_MIN;
    attach_last(counter, entry);
    return entry;
}

static struct counter *counter_of(struct thresholds *thresholds,
                                  const char *name)
{
    struct counter *counter = table_get(thresholds->counters, str_of(name));

    if (counter)
        return counter;
    counter = ALLOC(struct counter);
    counter->entries = table_new();
    table_put(thresholds->counters, str_of(name), counter);
    return counter;
}

struct thresholds *thresholds_new(void)
{
    struct thresholds *thresholds = ALLOC(struct thresholds);

    thresholds->counters = table_new();
    return thresholds;
}

void thresholds_free(struct thresholds *thresholds)
{
    struct table_walk walk = {0};
    struct counter *counter;
    struct entry *entry, *next;

    if (!thresholds)
        return;
    while ((counter = table_next(thresholds->counters, &walk, NULL))) {
        for (entry = counter->first; entry; entry = next) {
            next = entry->next;
            entry_free(entry);
        }
        table_free(counter->entries);
        free(counter);
    }
    table_free(thresholds->counters);
    buf_free(&thresholds->key);
    buf_free(&thresholds->evicted);
    buf_free(&thresholds->state);
    free(thresholds);
}

/* ---- the window ------------------------------------------------------- */

static void insert_event(struct entry *entry, struct event event)
{
    size_t at = entry->len;

    while (at && entry->events[at - 1].time > event.time)
        at--;
    if (at && entry->events[at - 1].time == event.time) {
        entry->events[at - 1].count += event.count;
        return;
    }
    entry->events = alloc_grown(entry->events, entry->len, &entry->cap,
                                sizeof *entry->events);
    memmove(entry->events + at + 1, entry->events + at,
            (entry->len - at) * sizeof *entry->events);
    entry->events[at] = event;
    entry->len++;
}

static void drop_before(struct entry *entry, int64_t time)
{
    size_t old = 0;

    while (old < entry->len && entry->events[old].time < time)
        old++;
    entry->len -= old;
    memmove(entry->events, entry->events + old,
            entry->len * sizeof *entry->events);
}

/* Each event's count is at most the threshold's, and there are fewer events
 * than the threshold counts: the sum stays far below 2^63. */
static int64_t total(const struct entry *entry)
{
    int64_t sum = 0;

    for (size_t i = 0; i < entry->len; i++)
        sum += entry->events[i].count;
    return sum;
}

static struct threshold_said
count_event(struct entry *entry, const struct policy_threshold *threshold,
            struct event event)
{
    bool fresh = entry->newest == INT64_MIN;
    int64_t n;

    if (!fresh && event.time < entry->newest - threshold->within)
        return (struct threshold_said){THRESHOLD_LATE, 0, entry->newest};
    if (fresh || event.time > entry->newest)
        entry->newest = event.time;
    if (event.time < entry->silent) {
        /* A match keeps the key silent for another `again`. */
        if (event.time + threshold->again > entry->silent)
            entry->silent = event.time + threshold->again;
        return (struct threshold_said){THRESHOLD_SILENT, 0, entry->silent};
    }
    insert_event(entry, event);
    drop_before(entry, entry->newest - threshold->within);
    n = total(entry);
    if (n < threshold->count)
        return (struct threshold_said){THRESHOLD_COUNTED, n, 0};
    entry->len = 0;
    entry->silent = entry->newest + threshold->again;
    return (struct threshold_said){THRESHOLD_COMPLETE, n, entry->silent};
}

/* ---- rows ------------------------------------------------------------- */

/*
 * A row's state: the newest time, the end of the silence or '-', then for
 * each event how long before the newest it was and how often it counts:
 *
 *     1764000000000 - 41000:1 500:2 0:1
 */
static void write_state(const struct entry *entry, struct buf *buf)
{
    buf->len = 0;
    buf_printf(buf, "%" PRId64, entry->newest);
    if (entry->silent == INT64_MIN)
        buf_add_text(buf, " -");
    else
        buf_printf(buf, " %" PRId64, entry->silent);
    for (size_t i = 0; i < entry->len; i++)
        buf_printf(buf, " %" PRId64 ":%" PRId64,
                   entry->newest - entry->events[i].time,
                   entry->events[i].count);
}

/* Takes a decimal of at most 16 digits, which holds every time to the year
 * 10,000 and beyond, from the front of the text. */
static bool take_number(struct str *text, int64_t *number)
{
    bool negative = text->len && text->data[0] == '-';
    size_t at = negative, first = at;
    int64_t value = 0;

    for (; at < text->len && text->data[at] >= '0' && text->data[at] <= '9';
         at++) {
        if (at - first == 16)
            return false;
        value = value * 10 + (text->data[at] - '0');
    }
    if (at == first)
        return false;
    *number = negative ? -value : value;
    text->data += at;
    text->len -= at;
    return true;
}

static bool take(struct str *text, const char *prefix)
{
    size_t len = strlen(prefix);

    if (text->len < len || memcmp(text->data, prefix, len) != 0)
        return false;
    text->data += len;
    text->len -= len;
    return true;
}

static bool read_state(struct entry *entry, struct str text)
{
    struct event event;
    int64_t ago;

    if (!take_number(&text, &entry->newest) || !take(&text, " "))
        return false;
    if (!take_number(&text, &entry->silent) && !take(&text, "-"))
        return false;
    while (text.len) {
        if (!take(&text, " ") || !take_number(&text, &ago) || ago < 0 ||
            !take(&text, ":") || !take_number(&text, &event.count) ||
            event.count < 1 || event.count > POLICY_COUNT_MAX ||
            entry->len == POLICY_COUNT_MAX)
            return false;
        event.time = entry->newest - ago;
        insert_event(entry, event);
    }
    return true;
}

int thresholds_load(struct thresholds *thresholds, const char *counter,
                    struct str key, struct str state, struct error *error)
{
    struct counter *owner = counter_of(thresholds, counter);
    struct entry *entry = table_get(owner->entries, key);

    if (entry)
        entry_drop(owner, entry);
    entry = entry_add(owner, key);
    if (!read_state(entry, state)) {
        entry_drop(owner, entry);
        return error_set(error, ERROR_INVALID,
                         "threshold row of counter %s: \"%.*s\" is no state; "
                         "delete the row or restore the journal",
                         counter, state.len > 100 ? 100 : (int)state.len,
                         state.data);
    }
    if (table_count(owner->entries) > THRESHOLD_KEYS_MAX)
        entry_drop(owner, owner->first);
    return 0;
}

/* ---- counting --------------------------------------------------------- */

/* The values of `by`, each with its length before it so that two lists never
 * run into one key. False where the alarm lacks one. */
static bool make_key(const struct words *by, const struct alarm *alarm,
                     struct buf *key)
{
    key->len = 0;
    for (size_t i = 0; i < by->len; i++) {
        const struct json *value = alarm_get(alarm, str_of(by->items[i]));
        size_t len;
        char *text;

        if (!value)
            return false;
        text = alarm_text(value, &len);
        buf_printf(key, "%zu:", len);
        buf_add(key, text, len);
        free(text);
    }
    if (key->len > KEY_LENGTH_MAX) {
        char hex[HASH_HEX];

        hash_hex(buf_str(key), hex);
        key->len = 0;
        buf_printf(key, "#%s", hex);
    }
    return true;
}

static void make_room(struct thresholds *thresholds, struct counter *counter,
                      const char *name, struct threshold_change changes[2],
                      size_t *nchanges)
{
    struct entry *idle = counter->first;

    if (table_count(counter->entries) < THRESHOLD_KEYS_MAX)
        return;
    thresholds->evicted.len = 0;
    buf_add_str(&thresholds->evicted, idle->key);
    entry_drop(counter, idle);
    changes[(*nchanges)++] = (struct threshold_change){
        .counter = name, .key = buf_str(&thresholds->evicted)};
}

bool thresholds_count(struct thresholds *thresholds,
                      const struct policy *policy, const struct alarm *alarm,
                      struct threshold_change changes[2], size_t *nchanges)
{
    const struct policy_threshold *threshold = &policy->threshold;
    struct counter *counter = counter_of(thresholds, policy->counter);
    struct event event = {alarm->time, alarm->count};
    struct entry *entry;

    *nchanges = 0;
    thresholds->said = (struct threshold_said){.verdict = THRESHOLD_LACKS};
    if (!make_key(&threshold->by, alarm, &thresholds->key))
        return false;
    if (event.count > threshold->count)
        event.count = threshold->count;
    entry = table_get(counter->entries, buf_str(&thresholds->key));
    if (entry) {
        detach(counter, entry);
        attach_last(counter, entry);
    } else {
        make_room(thresholds, counter, policy->counter, changes, nchanges);
        entry = entry_add(counter, buf_str(&thresholds->key));
    }
    thresholds->said = count_event(entry, threshold, event);
    if (thresholds->said.verdict == THRESHOLD_LATE)
        return false;
    write_state(entry, &thresholds->state);
    changes[(*nchanges)++] = (struct threshold_change){
        .counter = policy->counter,
        .key = entry->key,
        .state = buf_str(&thresholds->state),
    };
    return thresholds->said.verdict == THRESHOLD_COMPLETE;
}

struct threshold_said thresholds_said(const struct thresholds *thresholds)
{
    return thresholds->said;
}
