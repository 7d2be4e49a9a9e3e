#include "base/secret.h"

#include <sys/prctl.h>
#include <sys/resource.h>

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

/* One byte is too small for any core file; other than none at all, it also
 * holds where the system hands cores to a program, for which Linux looks at
 * nothing but whether the limit is 1. The limit goes on to what is started
 * here; the second call does not survive that. */
int secret_close_up(void)
{
    struct rlimit no_core = {1, 1};
    struct rlimit now;

    if (getrlimit(RLIMIT_CORE, &now) < 0)
        return -1;
    if (now.rlim_max < 1)
        no_core = (struct rlimit){0, 0}; /* nobody can raise that any more */
    if (setrlimit(RLIMIT_CORE, &no_core) < 0)
        return -1;
    return prctl(PR_SET_DUMPABLE, 0);
}
