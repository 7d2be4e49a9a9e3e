#include "base/clock.h"
#include "base/log.h"
#include "cli/approvals.h"
#include "cli/commands.h"
#include "cli/held.h"
#include "cli/id.h"
#include "cli/print.h"
#include "cli/site.h"
#include "flow/decide.h"

#include <stdlib.h>
#include <unistd.h>

/* A decision that is being made: approve, deny. */
struct decision {
    const struct args *args;
    bool yes;
    struct journal *journal;
    const struct guards *guards; /* the set's */
    struct person caller;        /* owned */
    struct person person;        /* owned: who it counts for */
    bool other;                  /* they are not the same: --as */
    struct deciding deciding;    /* owned */
    struct buf said;             /* owned: printed once it is on the disk */
    struct error error;
};

static void say(struct decision *decision, const struct journal_approval *row)
{
    const char *verb = decision->yes ? "approved" : "denied";

    if (decision->args->json) {
        struct json_out out = print_begin(&decision->said, "decision");

        json_text(&out, "decision", decision->yes ? "approve" : "deny");
        json_text(&out, "person", decision->person.name);
        json_text(&out, "caller",
                  decision->other ? decision->caller.name : NULL);
        approvals_put_json(&out, row, clock_now());
        json_close(&out, '}');
        buf_add_byte(&decision->said, '\n');
        return;
    }
    buf_printf(&decision->said, "a%lld %s by ", (long long)row->approval, verb);
    print_text(&decision->said, decision->person.name);
    buf_add_text(&decision->said, " (");
    approvals_put_what(&decision->said, row);
    buf_add_text(&decision->said, ")\n");
}

static int on_decision(void *arg, const struct journal_decision *row)
{
    struct decision *decision = arg;

    deciding_add(&decision->deciding, row);
    return 0;
}

static int on_approval(void *arg, const struct journal_approval *row)
{
    struct decision *decision = arg;
    struct journal_approval after = *row;
    int status =
        deciding_begin(&decision->deciding, row, clock_now(), &decision->error);

    if (!status)
        status =
            journal_read_decisions(decision->journal, row->approval,
                                   on_decision, decision, &decision->error);
    if (!status)
        status = deciding_may(&decision->deciding, decision->guards,
                              &decision->person, &decision->error);
    if (status)
        return status;
    after.state = deciding_state(&decision->deciding, decision->yes);
    say(decision, &after);
    return 0;
}

/* Read, judged and written with the journal's lock held: two who decide at
 * once do so one after the other. */
static int decide(struct decision *decision, int64_t number)
{
    int status = journal_read_approval(decision->journal, number, on_approval,
                                       decision, &decision->error);

    if (!status)
        journal_write_decision(
            decision->journal,
            &(struct journal_decision){
                .approval = number,
                .level = (unsigned)decision->deciding.level,
                .yes = decision->yes,
                .person = decision->person.id,
                .name = decision->person.name,
                .caller = decision->other ? decision->caller.name : NULL,
                .note = args_value(decision->args, "--note"),
                .time = clock_now(),
                .state = deciding_state(&decision->deciding, decision->yes),
            });
    return status;
}

static int open_and_decide(struct decision *decision, const char *state,
                           int64_t number)
{
    struct held held;
    int status = held_wait(&held, state, &decision->error);

    if (status)
        return status;
    decision->journal = held.journal;
    status = decide(decision, number);
    held_close(&held);
    if (!status && held.lost.code) {
        decision->error = held.lost;
        status = held.lost.code;
    }
    return status;
}

/* Who decides; --as is root's alone, and both are recorded. */
static int read_people(struct decision *decision)
{
    const char *as = args_value(decision->args, "--as");

    person_caller(&decision->caller);
    if (!as) {
        person_caller(&decision->person);
        return 0;
    }
    person_named(&decision->person, as);
    decision->other = true;
    return getuid() == 0 ? 0
                         : error_set(&decision->error, ERROR_INVALID,
                                     "--as is for root alone: whoever decides "
                                     "does so as %s",
                                     decision->caller.name);
}

static int run(const struct args *args, bool yes)
{
    struct decision decision = {.args = args, .yes = yes};
    struct set *set;
    int64_t number;
    int status;

    if (!id_number(args->items[0], 'a', &number)) {
        log_line("error: \"%s\" is no approval: they are called a1, a2 …; "
                 "riposte ls approvals lists them",
                 args->items[0]);
        return EXIT_USAGE;
    }
    set = site_load(args, SET_CATALOGUE);
    if (!set)
        return EXIT_USAGE;
    decision.guards = set->guards;
    status = read_people(&decision);
    if (!status)
        status = open_and_decide(&decision, set->settings->state, number);
    if (!status)
        print_out(&decision.said);
    buf_free(&decision.said);
    deciding_clear(&decision.deciding);
    person_clear(&decision.person);
    person_clear(&decision.caller);
    set_unref(set);
    return status ? site_error(&decision.error) : EXIT_WELL;
}

static int run_approve(const struct args *args)
{
    return run(args, true);
}

static int run_deny(const struct args *args)
{
    return run(args, false);
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
    .run = run_approve,
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
    .run = run_deny,
};
