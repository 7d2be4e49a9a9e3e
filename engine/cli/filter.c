#include "base/alloc.h"
#include "base/buf.h"
#include "cli/listing.h"
#include "cli/since.h"

#include <stdlib.h>
#include <string.h>

enum {
    LIMIT_USUAL = 1000,  /* more than anybody reads */
    LIMIT_MAX = 1000000, /* rows are kept until all of them are read */
};

const struct option filter_options[] = {
    {"--since", NULL, "TIME", "from that time or date on; or 2h: so long ago",
     false},
    {"--until", NULL, "TIME", "up to that time, or to the end of that date",
     false},
    {"--policy", NULL, "NAME", "of that policy alone", false},
    {"--state", NULL, "STATE", "in that state alone", false},
    {"--limit", NULL, "N", "so many, the newest (default 1000)", false},
    {NULL, NULL, NULL, NULL, false},
};

static bool knows(enum journal_kind kind, const char *option)
{
    if (!strcmp(option, "--policy"))
        return journal_of_policy(kind);
    return strcmp(option, "--state") != 0 || journal_state(kind, 0);
}

static int unknown_filter(const char *name, enum journal_kind kind,
                          const char *option, struct error *error)
{
    struct buf known = {0};
    int code;

    for (const struct option *one = filter_options; one->name; one++)
        if (knows(kind, one->name))
            buf_printf(&known, "%s%s", known.len ? ", " : "", one->name);
    code = error_set(error, ERROR_INVALID, "ls %s has no %s; it knows %s", name,
                     option, known.data);
    buf_free(&known);
    return code;
}

static int check_known(const struct args *args, const char *name,
                       enum journal_kind kind, struct error *error)
{
    for (const struct option *one = filter_options; one->name; one++)
        if (args_has(args, one->name) && !knows(kind, one->name))
            return unknown_filter(name, kind, one->name, error);
    return 0;
}

int filter_none(const struct args *args, const char *name, struct error *error)
{
    for (const struct option *one = filter_options; one->name; one++)
        if (args_has(args, one->name))
            return error_set(error, ERROR_INVALID,
                             "ls %s knows no filters, so no %s: they are for "
                             "alarms, runs, steps, leases, approvals and sets",
                             name, one->name);
    return 0;
}

/* Without case, and '-' for a blank: --state not-started. */
static bool same_state(const char *state, const char *given)
{
    char *plain = alloc_text(given);
    bool same;

    for (char *at = plain; *at; at++)
        if (*at == '-')
            *at = ' ';
    same = str_same_nocase(str_of(state), str_of(plain));
    free(plain);
    return same;
}

static int read_state(const char *given, const char *name,
                      enum journal_kind kind, struct journal_filter *filter,
                      struct error *error)
{
    struct buf states = {0};
    const char *state;
    int code;

    if (!given)
        return 0;
    for (size_t i = 0; (state = journal_state(kind, i)); i++) {
        buf_printf(&states, "%s%s", i ? ", " : "", state);
        if (same_state(state, given))
            filter->state = state;
    }
    code = filter->state ? 0
                         : error_set(error, ERROR_INVALID,
                                     "%s are never \"%s\"; their states are %s",
                                     name, given, states.data);
    buf_free(&states);
    return code;
}

static int read_limit(const char *given, struct journal_filter *filter,
                      struct error *error)
{
    char *end;

    filter->limit = given ? strtoll(given, &end, 10) : LIMIT_USUAL;
    if (given && (*end || *given < '0' || *given > '9' || filter->limit < 1 ||
                  filter->limit > LIMIT_MAX))
        return error_set(error, ERROR_INVALID,
                         "--limit takes a number from 1 to %d, not \"%s\"",
                         LIMIT_MAX, given);
    return 0;
}

int filter_read(const struct args *args, const char *name,
                enum journal_kind kind, struct journal_filter *filter,
                struct error *error)
{
    int code = check_known(args, name, kind, error);

    *filter = (struct journal_filter){.policy = args_value(args, "--policy")};
    if (!code)
        code = since_parse(args_value(args, "--since"), &filter->since, error);
    if (!code)
        code = until_parse(args_value(args, "--until"), &filter->until, error);
    if (!code)
        code =
            read_state(args_value(args, "--state"), name, kind, filter, error);
    if (!code)
        code = read_limit(args_value(args, "--limit"), filter, error);
    return code;
}
