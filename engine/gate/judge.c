#include "gate/judge.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "gate/guards_inner.h"

#include <stdlib.h>

enum { EXCERPT_MAX = 120 }; /* bytes of a value that a message shows */

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

/* ---- never-act --------------------------------------------------------- */

static void say_never(const struct param *param, const struct value *value,
                      const struct guards *guards, const struct never_hit *hit,
                      struct error *error)
{
    struct str start = {value->text,
                        value->len < EXCERPT_MAX ? value->len : EXCERPT_MAX};
    char *shown = param->encrypted ? alloc_text("***") : log_safe(start);
    char *place = hit->list ? alloc_printf(" (lists/%s.txt:%u)", hit->list,
                                           hit->list_line)
                            : alloc_text("");

    error_at(error, ERROR_INVALID, guards->where, hit->line, 0,
             "parameter \"%s\": \"%s\" is protected: never-act %s:%u has "
             "\"%s\"%s%s%s",
             param->name, shown, guards->where, hit->line, hit->entry, place,
             hit->reason ? ": " : "", hit->reason ? hit->reason : "");
    free(place);
    free(shown);
}

static bool is_protected(const struct guards *guards,
                         const struct action *action,
                         const struct values *values, struct error *error)
{
    int64_t now = clock_now();
    struct never_hit hit;

    for (size_t i = 0; i < action->nparams; i++) {
        const struct param *param = &action->params[i];
        const struct value *value = &values->items[i];

        /* A secret is the site's own; no alarm has a say in it. */
        if (param->constant || value->secret ||
            !never_find(guards->never, param->type,
                        (struct str){value->text, value->len}, now, &hit))
            continue;
        say_never(param, value, guards, &hit, error);
        return true;
    }
    return false;
}

bool judge_never(const struct judged *judged, const struct gate_ask *ask,
                 const struct guards *guards, struct error *error)
{
    const struct action *action = ask->request->action;

    return guards && ask->way == GATE_ASKED &&
           action->kind == ACTION_REMEDIATION &&
           is_protected(guards, action, &judged->values, error);
}

/* ------------------------------------------------------------------------ */

const char *judge(struct judged *judged, const struct gate_ask *ask,
                  const struct guards *guards, struct error *error)
{
    const struct action *action = ask->request->action;
    const char *rule = NULL;
    int code;

    judged->values = values_copy(&ask->request->values);
    values_default(&judged->values, action, ask->alarm);
    judged->target = target_of(action, &judged->values);
    if (action->unavailable && ask->mode != GATE_SHOW) {
        error_set(error, ERROR_NOT_FOUND, "%s", action->unavailable);
        return RULE_UNAVAILABLE;
    }
    if (check_values(action, &judged->values, &rule, error) < 0)
        return rule;
    code = argv_build(action, &judged->values, &judged->argv, error);
    if (code < 0)
        return code == ERROR_LIMIT ? RULE_LIMIT : RULE_TYPE;
    judged->built = true;
    if (judge_never(judged, ask, guards, error))
        return RULE_NEVER;
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
