#include "base/clock.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/site.h"

/* A time (clock_until), or so long from now: "+2h". */
static int read_until(const char *text, int64_t *until, struct error *error)
{
    int64_t now = clock_now(), in = 0;

    if (!text)
        return 0;
    if (*text == '+' && !clock_duration(str_of(text + 1), &in))
        *until = now + in;
    else if (clock_until(str_of(text), until))
        return error_set(error, ERROR_INVALID,
                         "--until takes 2027-01-31 (to its end, UTC), "
                         "2027-01-31T12:00:00Z or +2h, not \"%s\"",
                         text);
    if (*until <= now)
        return error_set(error, ERROR_INVALID, "--until %s is over", text);
    return 0;
}

static int run(const struct args *args)
{
    struct list_edit edit = {.reason = args_value(args, "--reason")};
    struct error error;

    if (read_until(args_value(args, "--until"), &edit.until, &error))
        return site_error(&error);
    return list_change(args, &edit);
}

static const struct option options[] = {
    {"--until", NULL, "TIME", "on the list until then: a date, a time, +2h",
     false},
    {"--reason", NULL, "TEXT", "why, as the entry's comment", false},
    {0},
};

const struct command command_list_add = {
    .name = "list add",
    .arguments = "NAME VALUE",
    .summary = "Put a value on a list of the site, at once",
    .detail = "Writes lists/NAME.txt as a whole, and tells a serve that works "
              "on the site to\nload it. What is on the list already gets the "
              "new end and reason.\n",
    .options = options,
    .min_args = 2,
    .max_args = 2,
    .run = run,
};
