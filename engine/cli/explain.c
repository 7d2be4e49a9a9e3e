#include "cli/explain.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/print.h"
#include "cli/story.h"

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

static int look(struct desk *desk)
{
    struct json_out out = {.buf = &desk->out};
    struct explaining explaining = {
        .story = {.buf = &desk->out,
                  .out = desk->args->json ? &out : NULL,
                  .now = clock_now()}};
    struct why why;
    int code;

    if (desk->args->json)
        out = print_begin(&desk->out, "explain");
    code = why_read(&why, desk->journal, desk->site, desk->args->items[0],
                    &desk->error);
    if (!code)
        code = tell(&explaining, desk->journal, &why, &desk->error);
    why_clear(&why);
    if (desk->args->json)
        print_close(&out);
    return code;
}

static const struct desk_work work = {.look = look};

static const struct desk_work *desk_of(const struct args *args)
{
    (void)args;
    return &work;
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
    .desk = desk_of,
};
