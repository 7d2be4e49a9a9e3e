#include "base/clock.h"
#include "cli/approvals.h"
#include "cli/commands.h"
#include "cli/desk.h"
#include "cli/id.h"
#include "cli/print.h"
#include "flow/decide.h"

/* A decision that is being made: approve, deny. */
struct decision {
    int64_t number;
    struct person person;     /* owned: who it counts for */
    bool other;               /* not the caller: --as */
    struct deciding deciding; /* owned */
};

static bool is_yes(const struct desk *desk)
{
    return desk->args->command == &command_approve;
}

/* Who decides; --as is root's alone, and both are recorded. */
static int begin(struct desk *desk)
{
    struct decision *decision = desk->mine;
    const char *as = args_value(desk->args, "--as");

    if (!id_number(desk->args->items[0], 'a', &decision->number))
        return error_set(&desk->error, ERROR_INVALID,
                         "\"%s\" is no approval: they are called a1, a2 …; "
                         "riposte ls approvals lists them",
                         desk->args->items[0]);
    if (as && !desk->root)
        return error_set(&desk->error, ERROR_INVALID,
                         "--as is for root alone: whoever decides does so as "
                         "%s",
                         desk->caller.name);
    decision->other = as != NULL;
    if (as)
        person_named(&decision->person, as);
    else
        person_copy(&decision->person, &desk->caller);
    return 0;
}

/* ---- reading and judging -------------------------------------------------
 */

static void put(struct desk *desk, const struct journal_approval *row)
{
    struct decision *decision = desk->mine;
    const char *verb = is_yes(desk) ? "approved" : "denied";
    struct buf *buf = &desk->out;

    if (desk->args->json) {
        struct json_out out = print_begin(buf, "decision");

        json_text(&out, "decision", is_yes(desk) ? "approve" : "deny");
        json_text(&out, "person", decision->person.name);
        json_text(&out, "caller", decision->other ? desk->caller.name : NULL);
        approvals_put_json(&out, row, clock_now());
        print_close(&out);
        return;
    }
    buf_printf(buf, "a%lld %s by ", (long long)row->approval, verb);
    print_text(buf, decision->person.name);
    buf_add_text(buf, " (");
    approvals_put_what(buf, row);
    buf_add_text(buf, ")\n");
}

static int on_decision(void *arg, const struct journal_decision *row)
{
    struct decision *decision = arg;

    deciding_add(&decision->deciding, row);
    return 0;
}

static int on_approval(void *arg, const struct journal_approval *row)
{
    struct desk *desk = arg;
    struct decision *decision = desk->mine;
    struct journal_approval after = *row;
    int code =
        deciding_begin(&decision->deciding, row, clock_now(), &desk->error);

    if (!code)
        code = journal_read_decisions(desk->journal, row->approval, on_decision,
                                      decision, &desk->error);
    if (!code)
        code = deciding_may(&decision->deciding, desk->set->guards,
                            &decision->person, &desk->error);
    if (code)
        return code;
    after.state = deciding_state(&decision->deciding, is_yes(desk));
    put(desk, &after);
    return 0;
}

static int look(struct desk *desk)
{
    const struct decision *decision = desk->mine;

    return journal_read_approval(desk->journal, decision->number, on_approval,
                                 desk, &desk->error);
}

/* ---- deciding ------------------------------------------------------------ */

/* Two who decide at once do so one after the other: whoever reads has the
 * journal for himself until this is written, and the control socket carries
 * out one request at a time, up to the disk. */
static int change(struct desk *desk)
{
    const struct decision *decision = desk->mine;
    const struct journal_decision row = {
        .approval = decision->number,
        .level = (unsigned)decision->deciding.level,
        .yes = is_yes(desk),
        .person = decision->person.id,
        .name = decision->person.name,
        .caller = decision->other ? desk->caller.name : NULL,
        .note = args_value(desk->args, "--note"),
        .time = clock_now(),
        .state = deciding_state(&decision->deciding, is_yes(desk)),
    };

    if (desk->flow)
        return flow_decide(desk->flow, &row, &desk->error);
    journal_write_decision(desk->journal, &row);
    return 0;
}

static void end(struct desk *desk)
{
    struct decision *decision = desk->mine;

    deciding_clear(&decision->deciding);
    person_clear(&decision->person);
}

static const struct desk_work work = {.size = sizeof(struct decision),
                                      .wants_set = true,
                                      .flags = SET_CATALOGUE,
                                      .begin = begin,
                                      .look = look,
                                      .change = change,
                                      .end = end};

static const struct desk_work *desk_of(const struct args *args)
{
    (void)args;
    return &work;
}

static const struct option options[] = {
    {"--note", NULL, "TEXT", "why, for the record", false},
    {"--as", NULL, "NAME", "who decides (root only; both are recorded)", false},
    {NULL, NULL, NULL, NULL, false},
};

const struct command command_approve = {
    .name = "approve",
    .arguments = "APPROVAL",
    .summary = "Agree to what waits for a person",
    .detail = "APPROVAL is what riposte ls approvals lists. Whoever asked for "
              "it by hand, and whoever\ndecided already, does not count. What "
              "waited goes on under the next run or serve.\n\n"
              "Example: riposte approve a1 --note \"seen it, block it\"\n",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .desk = desk_of,
};

const struct command command_deny = {
    .name = "deny",
    .arguments = "APPROVAL",
    .summary = "Say no to what waits for a person",
    .detail = "One no is enough.\n\n"
              "Example: riposte deny a1 --note \"it is ours\"\n",
    .options = options,
    .min_args = 1,
    .max_args = 1,
    .desk = desk_of,
};
