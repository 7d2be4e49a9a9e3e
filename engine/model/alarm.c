#include "model/alarm.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "model/json_out.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct alarm *alarm_ref(struct alarm *alarm)
{
    assert(alarm->refs > 0);
    alarm->refs++;
    return alarm;
}

void alarm_unref(struct alarm *alarm)
{
    if (!alarm || --alarm->refs)
        return;
    json_free(alarm->doc);
    free(alarm->source);
    free(alarm->own_id);
    free(alarm->raw);
    free(alarm);
}

static const struct json *present(const struct json *value)
{
    return value && value->type != JSON_NULL ? value : NULL;
}

const struct json *alarm_get(const struct alarm *alarm, struct str name)
{
    const struct json *value = present(json_get(alarm->fields, name));

    if (value)
        return value;
    if (str_is(name, "AlarmId"))
        return &alarm->id_field;
    return present(json_path(alarm->record, name));
}

char *alarm_text(const struct json *value, size_t *len)
{
    struct buf text = {0};
    struct json_out out = {.buf = &text};

    if (value->type == JSON_TEXT)
        buf_add_str(&text, value->as.text);
    else if (value->type != JSON_NULL)
        json_put_value(&out, value);
    *len = text.len;
    return buf_take(&text);
}

void alarm_identify(struct alarm *alarm, const char *input_digest,
                    uint64_t offset)
{
    struct hash *hash = hash_new();
    char place[8];

    hash_add_part(hash, str_of(alarm->source));
    if (alarm->own_id) {
        hash_add_part(hash, str_of("own"));
        hash_add_part(hash, str_of(alarm->own_id));
    } else {
        for (int i = 7; i >= 0; i--, offset >>= 8)
            place[i] = (char)(offset & 0xff);
        hash_add_part(hash, str_of(input_digest));
        hash_add_part(hash, (struct str){place, sizeof place});
        hash_add_part(hash, (struct str){alarm->raw, alarm->raw_len});
    }
    hash_end(hash, alarm->id);
}
