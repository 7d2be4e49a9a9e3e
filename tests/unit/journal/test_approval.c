#include "place.h"

#include "base/buf.h"
#include "journal/approval.h"

/* Approvals as the tables keep them: what they refuse, whoever writes. */

#define STR(text) ((struct str){text, sizeof(text) - 1})

static void open_one(struct place *place)
{
    const struct journal_file file = {"f", STR("x")};
    const struct journal_run run = {.run = 1, .set = "s1"};

    place_open(place);
    journal_write_set(place->journal, "s1", &file, 1, NULL, NULL);
    journal_write_match(place->journal,
                        &(struct journal_match){.runs = &run, .nruns = 1}, NULL,
                        NULL);
    journal_write_requester(place->journal, 1, "uid 7", "me", 5);
    journal_write_step(place->journal,
                       &(struct journal_step){.run = 1,
                                              .step = 1,
                                              .kind = "action",
                                              .request = STR("{\"a\":1}"),
                                              .status = "Pending"},
                       NULL, NULL);
    journal_write_approval(
        place->journal,
        &(struct journal_approval){.approval = 1,
                                   .run = 1,
                                   .step = 1,
                                   .request = STR("{\"a\":1}"),
                                   .argv = STR("[\"x\"]"),
                                   .target = "t",
                                   .set = "s1",
                                   .rules = STR("[\"r\"]"),
                                   .question = STR("w\0hy"),
                                   .levels = STR("[{\"quorum\":1}]"),
                                   .opened = 10,
                                   .expires = 20});
    place_settle(place);
}

static void decide(struct place *place, const char *person, const char *state)
{
    journal_write_decision(
        place->journal,
        &(struct journal_decision){.approval = 1,
                                   .yes = strcmp(state, JOURNAL_DENIED) != 0,
                                   .person = person,
                                   .name = "somebody",
                                   .caller = "root",
                                   .note = "n",
                                   .time = 12,
                                   .state = state});
    place_settle(place);
}

static int show(void *arg, const struct journal_approval *row)
{
    buf_printf(arg, "a%lld r%lld.%u %s %s q%zu [%.*s] by %s, used %u %s\n",
               (long long)row->approval, (long long)row->run, row->step,
               row->state, row->kind, row->question.len, (int)row->rules.len,
               row->rules.data, row->requester, row->used,
               row->status ? row->status : "-");
    return 0;
}

static int show_decision(void *arg, const struct journal_decision *row)
{
    buf_printf(arg, "%u %s %s by %s: %s\n", row->level, row->yes ? "yes" : "no",
               row->person, row->caller, row->note);
    return 0;
}

static void rows_are(struct place *place, const char *want)
{
    struct buf buf = {0};

    place_reopen(place);
    assert_int_equal(
        journal_read_approvals(place->journal, true, 1, show, &buf, NULL), 0);
    assert_int_equal(
        journal_read_decisions(place->journal, 1, show_decision, &buf, NULL),
        0);
    assert_string_equal(buf.data, want);
    buf_free(&buf);
}

static void end(struct place *place, int fatals)
{
    assert_int_equal(place->fatals, fatals);
    place_shut(place);
    place_check_integrity(place);
    place_remove(place);
}

static void an_approval_is_opened_decided_and_used(void **state)
{
    struct place place;

    (void)state;
    place_make(&place);
    open_one(&place);
    rows_are(&place, "a1 r1.1 open action q4 [[\"r\"]] by uid 7, used 0 -\n");
    assert_int_equal(journal_read_next_approval(place.journal), 2);
    decide(&place, "uid 1", JOURNAL_OPEN);
    decide(&place, "uid 2", JOURNAL_APPROVED);
    journal_write_used(place.journal, 1, 1, 13);
    place_settle(&place);
    rows_are(&place,
             "a1 r1.1 used action q4 [[\"r\"]] by uid 7, used 1 Pending\n"
             "0 yes uid 1 by root: n\n0 yes uid 2 by root: n\n");
    end(&place, 0);
}

/* Each is refused by the tables, whatever the program thought. */
static void refused(const char *first, const char *person, const char *then,
                    bool used)
{
    struct place place;

    place_make(&place);
    open_one(&place);
    if (first)
        decide(&place, "uid 1", first);
    assert_int_equal(place.fatals, 0);
    if (person)
        decide(&place, person, then);
    if (used)
        journal_write_used(place.journal, 1, 1, 13);
    place_settle(&place);
    end(&place, 1);
}

static void nobody_decides_twice(void **state)
{
    (void)state;
    refused(JOURNAL_OPEN, "uid 1", JOURNAL_APPROVED, false);
}

static void whoever_asked_does_not_decide(void **state)
{
    (void)state;
    refused(NULL, "uid 7", JOURNAL_APPROVED, false);
}

static void what_is_decided_stays_so(void **state)
{
    (void)state;
    refused(JOURNAL_DENIED, "uid 2", JOURNAL_APPROVED, false);
    refused(JOURNAL_APPROVED, "uid 2", JOURNAL_DENIED, false);
}

static void only_what_is_agreed_to_is_used(void **state)
{
    (void)state;
    refused(NULL, NULL, NULL, true);
    refused(JOURNAL_DENIED, NULL, NULL, true);
}

static void one_is_used_once(void **state)
{
    struct place place;

    (void)state;
    place_make(&place);
    open_one(&place);
    decide(&place, "uid 1", JOURNAL_APPROVED);
    journal_write_used(place.journal, 1, 1, 13);
    place_settle(&place);
    assert_int_equal(place.fatals, 0);
    journal_write_used(place.journal, 1, 2, 14);
    place_settle(&place);
    end(&place, 1);
}

static void what_expired_is_not_decided(void **state)
{
    struct place place;

    (void)state;
    place_make(&place);
    open_one(&place);
    journal_write_expired(place.journal, 1, 21);
    place_settle(&place);
    assert_int_equal(place.fatals, 0);
    decide(&place, "uid 1", JOURNAL_APPROVED);
    end(&place, 1);
}

/* A step that waited for a person has a row; its intent takes that over, and
 * only once. */
static void a_step_that_waited_is_sent_once(void **state)
{
    struct place place;
    struct journal_step intent = {.run = 1,
                                  .step = 1,
                                  .kind = "action",
                                  .request = STR("{\"a\":1}"),
                                  .status = "Pending",
                                  .incarnation = 9};

    (void)state;
    place_make(&place);
    open_one(&place);
    journal_write_step(place.journal, &intent, NULL, NULL);
    place_settle(&place);
    assert_int_equal(place.fatals, 0);
    journal_write_step(place.journal, &intent, NULL, NULL);
    place_settle(&place);
    end(&place, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approval_is_opened_decided_and_used),
        cmocka_unit_test(nobody_decides_twice),
        cmocka_unit_test(whoever_asked_does_not_decide),
        cmocka_unit_test(what_is_decided_stays_so),
        cmocka_unit_test(only_what_is_agreed_to_is_used),
        cmocka_unit_test(one_is_used_once),
        cmocka_unit_test(what_expired_is_not_decided),
        cmocka_unit_test(a_step_that_waited_is_sent_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
