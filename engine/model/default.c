#include "model/argv.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "model/field.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The time that a date field stands for: the alarm's own where the alarm
 * does not carry the field. False where it is no date, or names no zone: only
 * its source knows what that means, so it stays as it is. */
static bool date_of(const struct alarm *alarm, const struct json *value,
                    int64_t *ms)
{
    *ms = alarm->time;
    return !value ||
           (value->type == JSON_TEXT && !clock_parse_zoned(value->as.text, ms));
}

static void set_text(struct value *value, const char *text)
{
    free(value->text);
    value->text = alloc_text(text);
    value->len = strlen(text);
}

/* As the manifest's TimeFormat has it, so it is as harmless as a text of the
 * manifest. */
static void set_date(struct value *value, const struct param *param, int64_t ms)
{
    struct buf text = {0};
    char utc[CLOCK_TEXT];

    if (param->time) {
        timeformat_put(param->time, ms, &text);
    } else {
        clock_format(ms, utc);
        buf_add_text(&text, utc);
    }
    value->preset = true;
    value->len = text.len;
    value->text = buf_take(&text);
}

static void set_field(struct value *value, const struct param *param,
                      const struct alarm *alarm)
{
    const struct json *item = alarm_get(alarm, str_of(param->field));
    const struct field *field = field_find(str_of(param->field));
    int64_t ms;

    free(value->text);
    value->text = NULL;
    if (field && field->date && date_of(alarm, item, &ms))
        set_date(value, param, ms);
    else if (item)
        value->text = alarm_text(item, &value->len);
    else
        set_text(value, "");
}

static void set_default(struct value *value, const struct param *param,
                        const struct alarm *alarm)
{
    value->preset = false; /* it may have been given a default before */
    if (param->secret) {
        free(value->text);
        free(value->secret);
        value->text = NULL;
        value->len = 0;
        value->secret = alloc_text(param->secret);
    } else if (param->preset == DEFAULT_STATIC) {
        set_text(value, param->static_value);
        value->preset = true;
    } else if (param->preset == DEFAULT_FIELD && alarm) {
        set_field(value, param, alarm);
    } else {
        set_text(value, "");
    }
}

/* 0x and hex digits, of at most 63 bits. */
static bool hex_number(const char *text, int64_t *number)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    char *end;

    if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X') || !text[2] ||
        text[2 + strspn(text + 2, digits)])
        return false;
    errno = 0;
    *number = strtoll(text, &end, 16);
    return !errno;
}

/* Process ids come as 0x1a4 from Windows: an int may be written so, and the
 * plugin gets it in decimal. What is too great for an int stays. */
static void set_decimal(struct value *value)
{
    int64_t number;
    char *decimal;

    if (!value->text || strlen(value->text) != value->len ||
        !hex_number(value->text, &number))
        return;
    decimal = alloc_printf("%lld", (long long)number);
    set_text(value, decimal);
    free(decimal);
}

void values_default(struct values *values, const struct action *action,
                    const struct alarm *alarm)
{
    for (size_t i = 0; i < values->len; i++) {
        if (!values->items[i].given)
            set_default(&values->items[i], &action->params[i], alarm);
        if (action->params[i].type == TYPE_INT)
            set_decimal(&values->items[i]);
    }
}

void values_take_over(struct values *values, const struct action *action,
                      const struct alarm *alarm)
{
    values_default(values, action, alarm);
    for (size_t i = 0; i < values->len; i++) {
        struct value *value = &values->items[i];

        if (!value->given && value->len &&
            action->params[i].preset == DEFAULT_FIELD)
            value->given = true;
    }
}
