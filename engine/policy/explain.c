#include "policy/explain.h"

#include "base/alloc.h"
#include "policy/condition.h"

#include <stdlib.h>

static bool keep(void *arg, const struct json *value)
{
    struct explain_failure *failure = arg;

    if (value->type == JSON_NULL)
        return true;
    failure->values = alloc_grown(failure->values, failure->len, &failure->cap,
                                  sizeof(const struct json *));
    failure->values[failure->len++] = value;
    return true;
}

static void failure_clear(struct explain_failure *failure)
{
    free(failure->values);
    free(failure->error);
}

/* Does the condition hold? Else the failure is filled. */
static bool ask(const struct condition *condition, const struct alarm *alarm,
                struct explain_failure *failure)
{
    struct str key = failure->written->key;
    struct condition_why why;
    struct error error = {0};
    bool holds;

    condition_values(alarm, key, condition_several(key), keep, failure);
    holds = condition_explain(condition, failure->values, failure->len, &why,
                              &error);
    failure->test = why.test;
    failure->value = why.value;
    if (!holds && error.code)
        failure->error = alloc_text(error.text);
    return holds;
}

static int explain_table(const struct json *node, const struct alarm *alarm,
                         const char *where, struct explain_table *table,
                         struct error *error)
{
    table->line = node->line;
    table->failures = alloc_zeroed(node->as.list.len, sizeof *table->failures);
    for (size_t i = 0; i < node->as.list.len; i++) {
        struct explain_failure *failure = &table->failures[table->len];
        struct condition *condition;

        *failure = (struct explain_failure){.written = &node->as.list.items[i]};
        if (condition_parse(&condition, failure->written, where, error) < 0)
            return error->code;
        if (ask(condition, alarm, failure))
            failure_clear(failure);
        else
            table->len++;
        condition_free(condition);
    }
    return 0;
}

int explain_on(const struct json *on, const struct alarm *alarm,
               const char *where, struct explained *explained,
               struct error *error)
{
    const struct json *items = on->type == JSON_ARRAY ? on->as.list.items : on;
    size_t len = on->type == JSON_ARRAY ? on->as.list.len : 1;
    int code = 0;

    *explained = (struct explained){0};
    explained->tables = alloc_zeroed(len, sizeof *explained->tables);
    for (size_t i = 0; i < len && !code; i++) {
        if (items[i].type != JSON_OBJECT || !items[i].as.list.len) {
            code = error_at(error, ERROR_INVALID, where, items[i].line, 0,
                            "on: a table of conditions was expected");
            break;
        }
        explained->len++;
        code = explain_table(&items[i], alarm, where, &explained->tables[i],
                             error);
        explained->matched |= !code && !explained->tables[i].len;
    }
    if (code)
        explained_clear(explained);
    return code;
}

void explained_clear(struct explained *explained)
{
    for (size_t i = 0; i < explained->len; i++) {
        struct explain_table *table = &explained->tables[i];

        for (size_t j = 0; j < table->len; j++)
            failure_clear(&table->failures[j]);
        free(table->failures);
    }
    free(explained->tables);
    *explained = (struct explained){0};
}
