#include "journal/pause.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/print.h"

/* ---- what there is ------------------------------------------------------ */

static int on_pause(void *arg, const struct journal_pause *row)
{
    (void)row;
    *(bool *)arg = true;
    return 0;
}

static int look(struct desk *desk)
{
    return journal_read_pause(desk->journal, on_pause, desk->mine,
                              &desk->error);
}

static void say(struct desk *desk, const char *event, const char *text)
{
    if (desk->args->json) {
        struct json_out out = print_begin(&desk->out, event);

        json_text(&out, "person", desk->caller.name);
        json_text(&out, "note", args_value(desk->args, "--note"));
        print_close(&out);
    } else {
        buf_printf(&desk->out, "%s\n", text);
    }
}

/* ---- pause -------------------------------------------------------------- */

static int pause_change(struct desk *desk)
{
    const struct journal_pause pause = {
        .person = desk->caller.name,
        .note = args_value(desk->args, "--note"),
        .since = clock_now(),
    };

    if (desk->flow)
        flow_pause(desk->flow, &pause);
    else
        journal_write_pause(desk->journal, &pause);
    say(desk, "pause",
        "paused: a person has to agree to each remediation of a policy; "
        "riposte resume ends it");
    return 0;
}

static const struct desk_work pause_work = {
    .size = sizeof(bool), .look = look, .change = pause_change};

static const struct desk_work *pause_desk(const struct args *args)
{
    (void)args;
    return &pause_work;
}

/* ---- resume ------------------------------------------------------------- */

static int resume_change(struct desk *desk)
{
    const char *person = desk->caller.name;
    const char *note = args_value(desk->args, "--note");

    if (!*(bool *)desk->mine)
        return error_set(&desk->error, ERROR_INVALID, "nothing is paused");
    if (desk->flow)
        flow_unpause(desk->flow, person, note);
    else
        journal_write_resume(desk->journal, person, note, clock_now());
    say(desk, "resume",
        "policies go on by themselves; what they asked for meanwhile still "
        "waits: riposte ls approvals");
    return 0;
}

static const struct desk_work resume_work = {
    .size = sizeof(bool), .look = look, .change = resume_change};

static const struct desk_work *resume_desk(const struct args *args)
{
    (void)args;
    return &resume_work;
}

/* ---- the commands ------------------------------------------------------- */

static const struct option options[] = {
    {"--note", NULL, "TEXT", "why, for the record", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_pause = {
    .name = "pause",
    .arguments = "",
    .summary = "Have policies start no remediation by themselves",
    .detail = "From now on a person has to agree to each. Alarms are taken, "
              "policies run, context\nactions start, what is in force is "
              "undone on time, and what people ask for by hand\nstarts. It "
              "outlives a restart.\n\n"
              "Example: riposte pause --note \"the firewall is being "
              "replaced\"\n",
    .options = options,
    .desk = pause_desk,
};

const struct command command_resume = {
    .name = "resume",
    .arguments = "",
    .summary = "End a pause",
    .detail = "What policies asked for meanwhile still waits for a person.\n",
    .options = options,
    .desk = resume_desk,
};
