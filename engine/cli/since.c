#include "cli/since.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

/* A time that is said, without its date's end or beginning; or how long
 * ago. */
static int parse(const char *option, const char *text, int64_t *time,
                 struct error *error)
{
    int64_t ago;

    if (!clock_parse(str_of(text), 0, time))
        return 0;
    if (clock_duration(str_of(text), &ago))
        return error_set(
            error, ERROR_INVALID,
            "%s takes a time such as 2026-11-24T22:00:00Z, a date, "
            "or how long ago: 36h, 7d; not \"%s\"",
            option, text);
    *time = clock_now() - ago;
    return 0;
}

int since_parse(const char *text, int64_t *time, struct error *error)
{
    enum { DATE_LENGTH = 10 };
    char *start;
    int code = ERROR_INVALID;

    *time = INT64_MIN;
    if (!text)
        return 0;
    start = alloc_printf("%sT00:00:00Z", text);
    if (strlen(text) == DATE_LENGTH)
        code = clock_parse(str_of(start), 0, time);
    free(start);
    return code ? parse("--since", text, time, error) : 0;
}

int until_parse(const char *text, int64_t *time, struct error *error)
{
    *time = INT64_MAX;
    if (!text || !clock_until(str_of(text), time))
        return 0;
    return parse("--until", text, time, error);
}
