#include "flow/settings_inner.h"

#include <stdlib.h>
#include <string.h>

int settings_wrong(const struct json *value, struct error *error,
                   const char *wanted)
{
    return error_at(error, ERROR_INVALID, "", value->line, 0, "wants %s",
                    wanted);
}

bool settings_plain(const struct json *value)
{
    return value->type == JSON_TEXT &&
           !memchr(value->as.text.data, '\0', value->as.text.len);
}

int settings_unknown(const struct json *item, const char *what,
                     const char *const *names, size_t count,
                     struct error *error)
{
    char *key = str_copy(item->key);
    const char *near = str_nearest(key, names, count);

    error_at(error, ERROR_INVALID, "", item->line, 0, "%s \"%s\"%s%s%s", what,
             key, near ? "; did you mean \"" : "; docs/settings.md lists them",
             near ? near : "", near ? "\"?" : "");
    free(key);
    return ERROR_INVALID;
}
