#include "cli/id.h"

#include <stddef.h>

/* What an int64_t and an unsigned have room for, whatever the digits. */
enum { DIGITS_MAX = 18, STEP_DIGITS_MAX = 9 };

/* The digits at *text, of which the first is no 0; *text goes behind them. */
static bool read_digits(const char **text, int most, int64_t *number)
{
    int len = 0;

    *number = 0;
    for (const char *at = *text; at[len] >= '0' && at[len] <= '9'; len++) {
        if (len == most || at[0] == '0')
            return false;
        *number = *number * 10 + (at[len] - '0');
    }
    *text += len;
    return len > 0;
}

bool id_number(const char *text, char letter, int64_t *number)
{
    return *text++ == letter && read_digits(&text, DIGITS_MAX, number) &&
           !*text;
}

bool id_step(const char *text, int64_t *run, unsigned *step)
{
    int64_t number;

    if (*text++ != 'r' || !read_digits(&text, DIGITS_MAX, run) ||
        *text++ != '.' || !read_digits(&text, STEP_DIGITS_MAX, &number) ||
        *text)
        return false;
    *step = (unsigned)number;
    return true;
}
