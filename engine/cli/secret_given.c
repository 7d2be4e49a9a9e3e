#include "cli/secret_given.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether it can be read, and by whom, is looked at where it is. */
bool secret_held(const struct set *set, const char *name)
{
    char *path;
    bool held;

    if (!secret_name_fits(str_of(name)))
        return false;
    path = alloc_printf("%s/%s", set->settings->secrets, name);
    held = access(path, F_OK) == 0;
    free(path);
    return held;
}

int secret_given(const struct set *set, struct request *request, size_t index,
                 const char *text, struct error *error)
{
    static const char prefix[] = "secret:";
    const struct param *param = &request->action->params[index];
    bool named = strncmp(text, prefix, sizeof prefix - 1) == 0 &&
                 (param->encrypted || param->via != VIA_ARGV ||
                  secret_held(set, text + sizeof prefix - 1));
    const char *name = named ? text + sizeof prefix - 1 : text;

    if (named && secret_name_check(str_of(name), error))
        return ERROR_INVALID;
    if (named || (param->encrypted && secret_held(set, text)))
        values_set_secret(&request->values, index, name);
    else
        values_set(&request->values, index, str_of(text));
    return 0;
}
