#include "cli/since.h"

#include "base/clock.h"

int since_parse(const char *text, int64_t *time, struct error *error)
{
    int64_t ago;

    *time = INT64_MIN;
    if (!text || !clock_parse(str_of(text), 0, time))
        return 0;
    if (clock_duration(str_of(text), &ago))
        return error_set(error, ERROR_INVALID,
                         "--since takes a time such as 2026-11-24T22:00:00Z, "
                         "or how long ago: 36h, 7d; not \"%s\"",
                         text);
    *time = clock_now() - ago;
    return 0;
}
