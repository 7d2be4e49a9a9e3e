#include "gate/judge.h"

#include "base/alloc.h"

#include <stdlib.h>

static char *target_of(const struct action *action, const struct values *values)
{
    const struct value *value;
    struct buf target = {0};

    if (action->target < 0)
        return NULL;
    value = &values->items[action->target];
    if (value->secret)
        buf_printf(&target, "secret:%s", value->secret);
    else
        check_canonical(action->params[action->target].type,
                        (struct str){value->text, value->len}, &target);
    return target.len ? buf_take(&target) : NULL;
}

const char *judge(struct judged *judged, const struct gate_ask *ask,
                  struct error *error)
{
    const struct action *action = ask->request->action;
    const char *rule = NULL;
    int code;

    if (action->unavailable && ask->mode != GATE_SHOW) {
        error_set(error, ERROR_NOT_FOUND, "%s", action->unavailable);
        return RULE_UNAVAILABLE;
    }
    judged->values = values_copy(&ask->request->values);
    values_default(&judged->values, action, ask->alarm);
    if (check_values(action, &judged->values, &rule, error) < 0)
        return rule;
    code = argv_build(action, &judged->values, &judged->argv, error);
    if (code < 0)
        return code == ERROR_LIMIT ? RULE_LIMIT : RULE_TYPE;
    judged->built = true;
    judged->target = target_of(action, &judged->values);
    return NULL;
}

void judged_clear(struct judged *judged)
{
    values_free(&judged->values);
    if (judged->built)
        argv_free(&judged->argv);
    free(judged->target);
    *judged = (struct judged){0};
}
