#include "model/argv.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "model/field.h"

#include <stdlib.h>
#include <string.h>

/* Plugins get dates in one form: RFC 3339 in UTC. A date that the alarm does
 * not carry is the alarm's own time; one that names no zone stays as it is,
 * since only its source knows what it means. */
static bool date_text(const struct alarm *alarm, const struct json *value,
                      char date[CLOCK_TEXT])
{
    enum { HOUR_MS = 60 * 60 * 1000 };
    int64_t ms = alarm->time, elsewhere;

    if (value &&
        (value->type != JSON_TEXT || clock_parse(value->as.text, 0, &ms) < 0 ||
         clock_parse(value->as.text, HOUR_MS, &elsewhere) < 0 ||
         ms != elsewhere))
        return false;
    clock_format(ms, date);
    return true;
}

static char *field_text(const struct alarm *alarm, const char *name,
                        size_t *len)
{
    const struct json *value = alarm_get(alarm, str_of(name));
    const struct field *field = field_find(str_of(name));
    char date[CLOCK_TEXT] = "";

    if (field && field->date && date_text(alarm, value, date))
        value = NULL;
    if (value)
        return alarm_text(value, len);
    *len = strlen(date);
    return alloc_text(date);
}

static void set_text(struct value *value, const char *text)
{
    free(value->text);
    value->text = alloc_text(text);
    value->len = strlen(text);
}

static void set_default(struct value *value, const struct param *param,
                        const struct alarm *alarm)
{
    if (param->preset == DEFAULT_STATIC) {
        set_text(value, param->static_value);
        value->preset = true;
    } else if (param->preset == DEFAULT_FIELD && alarm) {
        free(value->text);
        value->text = field_text(alarm, param->field, &value->len);
    } else {
        set_text(value, "");
    }
}

void values_default(struct values *values, const struct action *action,
                    const struct alarm *alarm)
{
    for (size_t i = 0; i < values->len; i++)
        if (!values->items[i].given)
            set_default(&values->items[i], &action->params[i], alarm);
}
