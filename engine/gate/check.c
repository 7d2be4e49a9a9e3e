#include "gate/check.h"

#include "base/addr.h"
#include "base/log.h"
#include "gate/type.h"

#include <stdlib.h>
#include <string.h>

enum { EXCERPT_MAX = 60 }; /* bytes of a value that a message shows */

static bool has_nul(struct str value)
{
    return value.len && memchr(value.data, '\0', value.len);
}

static int refuse(const struct param *param, struct str value,
                  const char *reason, struct error *error)
{
    struct str start = value;
    char *shown;
    int code;

    if (param->encrypted)
        return error_set(error, ERROR_INVALID, "parameter \"%s\": the value %s",
                         param->name, reason);
    if (start.len > EXCERPT_MAX)
        start.len = EXCERPT_MAX;
    shown = log_safe(start);
    code = error_set(error, ERROR_INVALID,
                     "parameter \"%s\": the value %s: \"%s\"%s", param->name,
                     reason, shown, start.len < value.len ? "…" : "");
    free(shown);
    return code;
}

static int refuse_choice(const struct param *param, struct str value,
                         struct error *error)
{
    struct buf reason = {0};
    int code;

    buf_add_text(&reason, "is none of ");
    for (size_t i = 0; i < param->values.len; i++)
        buf_printf(&reason, "%s%s", i ? ", " : "", param->values.items[i]);
    code = refuse(param, value, reason.data, error);
    buf_free(&reason);
    return code;
}

int check_value(const struct param *param, struct str value,
                struct error *error)
{
    const char *reason;

    if (!value.len)
        return 0;
    if (param->type == TYPE_ENUM && type_refuses(param, value))
        return refuse_choice(param, value, error);
    reason = has_nul(value) ? "holds a NUL" : type_refuses(param, value);
    return reason ? refuse(param, value, reason, error) : 0;
}

/* A secret belongs where nothing shows it. What it says is not known here. */
static const char *broken_by_secret(const struct param *param, const char *name,
                                    struct error *error)
{
    if ((param->encrypted || param->via != VIA_ARGV) &&
        param->type != TYPE_FLAG)
        return NULL;
    error_set(error, ERROR_INVALID,
              "parameter \"%s\": it is not encrypted and has no Via, so it "
              "would show the secret %s",
              param->name, name);
    return RULE_SECRET;
}

const char *check_input(const struct param *param, const struct value *value,
                        struct error *error)
{
    struct str text = {.data = value->text, .len = value->len};

    if (value->secret)
        return broken_by_secret(param, value->secret, error);
    if (!text.len && param->required) {
        error_set(error, ERROR_INVALID, "parameter \"%s\": a value is required",
                  param->name);
        return RULE_REQUIRED;
    }
    if (text.len > ARGV_VALUE_MAX) {
        error_set(error, ERROR_LIMIT,
                  "parameter \"%s\": the value has %zu bytes, at most %d can "
                  "be passed",
                  param->name, text.len, ARGV_VALUE_MAX);
        return RULE_LIMIT;
    }
    if (text.len && text.data[0] == '-' && !param->dash && !value->preset) {
        refuse(param, text,
               "begins with '-', so that a program may take it for an option "
               "(Dash=\"true\" in the overlay allows it)",
               error);
        return RULE_DASH;
    }
    return check_value(param, text, error) ? RULE_TYPE : NULL;
}

int check_values(const struct action *action, const struct values *values,
                 const char **rule, struct error *error)
{
    for (size_t i = 0; i < action->nparams; i++) {
        if (action->params[i].constant)
            continue;
        *rule = check_input(&action->params[i], &values->items[i], error);
        if (*rule)
            return ERROR_INVALID;
    }
    return 0;
}

static void add_lower(struct buf *buf, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];

        buf_add_byte(buf, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
}

void check_canonical(enum value_type type, struct str value, struct buf *buf)
{
    char text[ADDR_TEXT];
    struct addr addr;

    switch (type) {
    case TYPE_IP:
    case TYPE_CIDR:
    case TYPE_HOST:
        if (!addr_parse_range(value, &addr)) {
            addr_format(&addr, text);
            buf_add_text(buf, text);
            return;
        }
        if (value.len && value.data[value.len - 1] == '.')
            value.len--;
        add_lower(buf, value);
        return;
    case TYPE_USER:
    case TYPE_EMAIL:
        add_lower(buf, value);
        return;
    default:
        buf_add_str(buf, value);
    }
}
