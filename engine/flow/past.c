#include "flow/past.h"

#include "base/alloc.h"
#include "flow/recover_inner.h"
#include "gate/spelling.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* What is given of one alarm. A hundred such entries are still a document
     * that json_parse takes (4,096 values, 1 MiB), so a large one cannot
     * hide those behind it. */
    ENTRY_BYTES = 2048,
    ENTRY_VALUES = 38,
};

/* ---- keys -------------------------------------------------------------- */

static bool take_single(void *arg, const struct name *name)
{
    struct addr *addr = arg;

    if (name->kind != NAME_RANGE || name->first.bits != 128 ||
        memcmp(name->first.bytes, name->last.bytes, sizeof name->first.bytes) !=
            0)
        return false;
    *addr = name->first;
    return true;
}

static size_t count_of(struct str text, char byte)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == byte;
    return count;
}

/* An address is found in any spelling. A plain number is none, though some
 * programs would read one: a port or a login is more often meant. */
static void key_of(const char *field, struct str value, struct journal_key *key)
{
    char text[ADDR_TEXT];
    struct addr addr;

    if ((count_of(value, '.') == 3 || count_of(value, ':') > 1) &&
        spelling_addresses(value, take_single, &addr)) {
        addr_format(&addr, text);
        value = str_of(text);
    }
    journal_key_of(field, value, key);
}

size_t past_keys(const struct alarm *alarm, const struct words *index,
                 struct journal_key *keys)
{
    size_t count = 0;

    for (size_t i = 0; i < index->len; i++) {
        const struct json *value = alarm_get(alarm, str_of(index->items[i]));
        struct str text;
        char *copy;

        if (!value || value->type == JSON_ARRAY || value->type == JSON_OBJECT)
            continue;
        copy = alarm_text(value, &text.len);
        text.data = copy;
        key_of(index->items[i], text, &keys[count++]);
        free(copy);
    }
    return count;
}

/* ---- entries ---------------------------------------------------------------
 */

/* How many values the member's document has. */
static size_t values_in(const struct json *value)
{
    size_t count = 1;

    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT)
        for (size_t i = 0; i < value->as.list.len; i++)
            count += values_in(&value->as.list.items[i]);
    return count;
}

static bool is_ours(struct str key)
{
    return str_is(key, "id") || str_is(key, "time") || str_is(key, "truncated");
}

/* The fields in their order; what does not fit any more is left out. */
static void put_fields(const struct json *fields, struct json_out *out)
{
    size_t bytes = 0, values = 0;
    bool truncated = false;

    for (size_t i = 0; i < fields->as.list.len; i++) {
        const struct json *field = &fields->as.list.items[i];
        struct buf text = {0};
        struct json_out one = {.buf = &text};

        if (is_ours(field->key))
            continue;
        json_put_value(&one, field);
        if (bytes + field->key.len + text.len > ENTRY_BYTES ||
            values + values_in(field) > ENTRY_VALUES) {
            truncated = true;
        } else {
            json_key_str(out, field->key);
            json_put_raw(out, buf_str(&text));
            bytes += field->key.len + text.len;
            values += values_in(field);
        }
        buf_free(&text);
    }
    if (truncated)
        json_bool(out, "truncated", true);
}

/* What the source makes of it today; of what it no longer knows, the time. */
static void put_entry(const struct journal_alarm_row *row,
                      const struct set *set, struct json_out *out)
{
    struct error ignored = {0};
    struct alarm *alarm = alarm_again(row, set, &ignored);

    json_open(out, '{');
    json_text(out, "id", row->id);
    json_real(out, "time", (double)row->time / 1000);
    if (alarm)
        put_fields(alarm->fields, out);
    json_close(out, '}');
    alarm_unref(alarm);
}

/* ---- the step --------------------------------------------------------------
 */

/* A search under way. */
struct looking {
    struct run *run; /* owned reference */
    unsigned step;
    struct past_search *search; /* owned */
    struct buf text;
    struct json_out out;
};

static void looking_free(struct looking *looking)
{
    past_search_free(looking->search);
    buf_free(&looking->text);
    free(looking);
}

static void found_all(struct looking *looking)
{
    struct answer *answer = answer_new(STEP_EXECUTED);

    json_close(&looking->out, ']');
    answer->out_len = looking->text.len;
    answer->out = buf_take(&looking->text);
    answer->total = past_search_total(looking->search);
    run_answer_now(looking->run, looking->step, REQUEST_PAST, answer);
}

static void look(struct looking *looking);

static void looked(void *arg)
{
    struct looking *looking = arg;
    struct run *run = looking->run;
    struct flow *flow = run->flow;
    const struct journal_alarm_row *rows;
    size_t count;

    if (!flow_written(flow)) {
        looking_free(looking);
        return;
    }
    rows = past_search_rows(looking->search, &count);
    for (size_t i = 0; i < count; i++)
        put_entry(&rows[i], run->home->set, &looking->out);
    if (!run->over && !past_search_over(looking->search)) {
        look(looking);
        return;
    }
    run->tasks--;
    if (!run->over)
        found_all(looking);
    looking_free(looking);
    run_consider(run);
    run_unref(run);
    flow_note(flow);
}

static void look(struct looking *looking)
{
    struct flow *flow = looking->run->flow;

    flow_write(flow);
    journal_past_slice(flow->config.journal, looking->search, looked, looking);
}

void run_ask_past(struct run *run, unsigned step, const struct request *request)
{
    struct looking *looking = ALLOC(struct looking);
    struct journal_key key;

    key_of(request->name, (struct str){request->value, request->value_len},
           &key);
    looking->run = run;
    looking->step = step;
    looking->search = past_search_new(&key, run->alarm ? run->alarm->id : "",
                                      request->duration);
    looking->out.buf = &looking->text;
    json_open(&looking->out, '[');
    run->refs++;
    run->tasks++; /* it does not wait for a time or a person */
    look(looking);
}
