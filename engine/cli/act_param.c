#include "base/alloc.h"
#include "cli/act.h"
#include "cli/secret_given.h"

#include <stdlib.h>
#include <string.h>

static int set_param(const struct set *set, struct request *request,
                     const char *text, struct error *error)
{
    const char *equals = strchr(text, '=');
    struct str name = str_of(text);
    const struct param *param;
    char *copy;
    size_t index;

    if (!equals)
        return error_set(error, ERROR_INVALID,
                         "-p takes NAME=VALUE, not "
                         "\"%s\"",
                         text);
    name.len = (size_t)(equals - text);
    copy = str_copy(str_trim(name));
    param = action_param(request->action, copy, error);
    free(copy);
    if (!param)
        return ERROR_INVALID;
    index = action_index(request->action, param);
    if (request->values.items[index].given)
        return error_set(error, ERROR_INVALID,
                         "parameter \"%s\" is given twice", param->name);
    return secret_given(set, request, index, equals + 1, error);
}

int act_set_params(const struct set *set, struct request *request,
                   const struct args *args, struct error *error)
{
    const char **texts = args_values(args, "--param");
    int status = 0;

    for (size_t i = 0; texts[i] && !status; i++)
        status = set_param(set, request, texts[i], error);
    free(texts);
    return status;
}
