#include "base/secret.h"

static bool fits(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool secret_name_fits(struct str name)
{
    if (!name.len || name.len > SECRET_NAME_MAX || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!fits(name.data[i]))
            return false;
    return true;
}

int secret_name_check(struct str name, struct error *error)
{
    if (secret_name_fits(name))
        return 0;
    return error_set(error, ERROR_INVALID,
                     "that is no name of a secret: 1 to %d letters, digits, "
                     "'.', '_' or '-', not beginning with '.'",
                     SECRET_NAME_MAX);
}
