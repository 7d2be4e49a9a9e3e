#include "cli/explain.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/runs.h"
#include "cli/site.h"
#include "cli/story.h"

#include <stdlib.h>

/* Runs are told one after the other: their numbers first, as what is told of
 * one is read by other statements. */
struct explaining {
    struct story story;
    struct error *error;
    size_t told;
};

static int on_run(void *arg, const struct journal_history_row *row)
{
    struct explaining *explaining = arg;
    struct json_out *out = explaining->story.out;
    int code;

    explaining->told++;
    if (out)
        json_open(out, '{');
    else
        buf_add_byte(explaining->story.buf, '\n');
    code = story_run(&explaining->story, row->run, 0, explaining->error);
    if (out)
        json_close(out, '}');
    return code;
}

static int tell(struct explaining *explaining, struct journal *journal,
                const struct why *why, struct error *error)
{
    struct json_out *out = explaining->story.out;
    int code;

    explaining->story.journal = journal;
    explaining->error = error;
    if (out) {
        explain_put_json(out, why);
        json_key(out, "runs");
        json_open(out, '[');
    } else {
        explain_put_text(explaining->story.buf, why);
    }
    code = journal_read_runs_of_alarm(journal, why->row.id, on_run, explaining,
                                      error);
    if (out)
        json_close(out, ']');
    else if (!code && !explaining->told && !why->fresh)
        buf_add_text(explaining->story.buf, "\nno run\n");
    return code;
}

static int read_why(struct explaining *explaining, struct journal *journal,
                    const struct args *args, struct error *error)
{
    char *site = realpath(args->site, NULL);
    struct why why;
    int code = why_read(&why, journal, site ? site : args->site, args->items[0],
                        error);

    if (!code)
        code = tell(explaining, journal, &why, error);
    why_clear(&why);
    free(site);
    return code;
}

static int run(const struct args *args)
{
    struct buf buf = {0};
    struct json_out out = {.buf = &buf};
    struct explaining explaining = {.story = {.buf = &buf,
                                              .out = args->json ? &out : NULL,
                                              .now = clock_now()}};
    struct error error = {0};
    struct held held;
    int status = runs_open(&held, args, &error);

    if (!status) {
        if (args->json)
            out = print_begin(&buf, "explain");
        status = read_why(&explaining, held.journal, args, &error);
        held_close(&held);
    }
    if (!status && args->json)
        print_end(&out);
    else if (!status)
        print_out(&buf);
    buf_free(&buf);
    return status ? site_error(&error) : EXIT_WELL;
}

const struct command command_explain = {
    .name = "explain",
    .arguments = "ALARM",
    .summary = "Say why an alarm started what it did, and what it did not",
    .detail =
        "ALARM is its id, or how it begins where no other does. For every "
        "policy of the set\nthat was in force: whether it matched, which "
        "condition failed on which value, what\nits threshold said; then each "
        "run with its steps, verdicts, budgets, approvals and\nleases.\n\n"
        "Example: riposte explain 3f9c2a7e55d0\n",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
