#include "flow/resume.h"

#include "base/alloc.h"

#include <stdlib.h>

/* A value that is the secret of a name. */
static const struct json *secret_of(const struct json *item)
{
    const struct json *name =
        item->type == JSON_OBJECT ? json_member(item, "secret") : NULL;

    return name && name->type == JSON_TEXT && secret_name_fits(name->as.text)
               ? name
               : NULL;
}

/* False: the value itself is not in the record. */
static bool give_value(struct request *request, const struct param *param,
                       const struct json *item)
{
    size_t index = action_index(request->action, param);
    const struct json *secret = secret_of(item);
    char *name;

    if (item->type == JSON_TEXT) {
        values_set(&request->values, index, item->as.text);
    } else if (secret) {
        name = str_copy(secret->as.text);
        values_set_secret(&request->values, index, name);
        free(name);
    }
    return secret || !param->encrypted;
}

static bool give_values(struct request *request, const struct json *params)
{
    const struct action *action = request->action;
    bool whole = true;

    for (size_t i = 0; params && i < params->as.list.len; i++) {
        const struct json *item = &params->as.list.items[i];
        char *name = str_copy(item->key);
        const struct param *param = action_param(action, name, NULL);

        if (param && !give_value(request, param, item))
            whole = false;
        free(name);
    }
    return whole;
}

static int64_t give_ms(const struct json *root, const char *key)
{
    const struct json *value = json_member(root, key);

    if (!value)
        return 0;
    return value->type == JSON_INT ? value->as.integer * 1000
                                   : (int64_t)(value->as.real * 1000 + 0.5);
}

static char *member_text(const struct json *root, const char *key)
{
    const struct json *value = root ? json_member(root, key) : NULL;

    return value && value->type == JSON_TEXT ? str_copy(value->as.text)
                                             : alloc_text("?");
}

struct request *request_with(const struct action *action,
                             const struct json *params, bool *whole)
{
    struct request *request = request_new(REQUEST_ACTION);

    request->action = action;
    request->values = values_new(action);
    *whole = give_values(request, params);
    return request;
}

struct request *request_again(const struct json *root, const struct set *set,
                              bool *whole)
{
    char *plugin_name = member_text(root, "plugin");
    char *name = member_text(root, "action");
    const struct plugin *plugin =
        catalogue_plugin(&set->catalogue, plugin_name, NULL);
    const struct action *action =
        plugin ? plugin_action(plugin, name, NULL) : NULL;
    struct request *request = NULL;

    if (action) {
        request = request_with(action, json_member(root, "params"), whole);
        request->timeout = give_ms(root, "timeout");
        request->expires = give_ms(root, "expires");
        if (json_member(root, "reason"))
            request->reason = member_text(root, "reason");
    }
    free(plugin_name);
    free(name);
    return request;
}

struct request *request_like(const struct request *request,
                             const struct action *action)
{
    const struct action *from = request->action;
    struct request *like = request_new(REQUEST_ACTION);

    like->action = action;
    like->values = values_new(action);
    for (size_t i = 0; i < from->nparams; i++) {
        const struct value *value = &request->values.items[i];
        const struct param *param =
            from->params[i].constant
                ? NULL
                : action_param(action, from->params[i].name, NULL);

        if (!value->given || !param)
            continue;
        if (value->secret)
            values_set_secret(&like->values, action_index(action, param),
                              value->secret);
        else
            values_set(&like->values, action_index(action, param),
                       (struct str){value->text, value->len});
    }
    return like;
}
