#include "place.h"

#include "base/buf.h"

/* Runs as ls, show and cancel see them: which, and with what. */

#define STR(text) ((struct str){text, sizeof(text) - 1})

static int show(void *arg, const struct journal_history_row *row)
{
    buf_printf(arg, "r%lld %s %s %s due %lld%s [%.*s]\n", (long long)row->run,
               row->policy ? row->policy : "-",
               row->outcome ? row->outcome : "-", row->error ? row->error : "-",
               (long long)row->due, row->begun ? " begun" : "",
               (int)row->request.len, row->request.data);
    return 0;
}

static void history_is(struct place *place, int64_t first, const char *want)
{
    struct buf buf = {0};

    assert_int_equal(
        journal_read_history(place->journal, first, show, &buf, NULL), 0);
    buf_add_byte(&buf, '\0');
    assert_string_equal(buf.data, want);
    buf_free(&buf);
}

/* Runs of a policy, by hand, and by hand for later, in turn. */
static void begin(struct place *place, int64_t number)
{
    const struct journal_run run = {
        .run = number, .policy = number % 3 ? NULL : "p", .set = "s1"};
    const struct journal_waiting waiting = {STR("{\"later\":1}"), 70 + number};
    const struct journal_match match = {
        .runs = &run, .nruns = 1, .waiting = number % 3 == 2 ? &waiting : NULL};

    journal_write_match(place->journal, &match, NULL, NULL);
}

static void end(struct place *place, int64_t number, const char *outcome,
                const char *error)
{
    journal_write_end(place->journal, number, outcome, error, 99, NULL, NULL);
}

static void make_runs(struct place *place)
{
    const struct journal_file file = {"f", STR("x")};
    struct journal_step step = {.step = 1,
                                .kind = "action",
                                .request = STR("{\"now\":1}"),
                                .status = "Pending"};

    place_open(place);
    journal_write_set(place->journal, "s1", &file, 1, NULL, NULL);
    for (int64_t i = 1; i <= 6; i++)
        begin(place, i);
    for (int64_t i = 3; i <= 5; i++) {
        step.run = i;
        journal_write_step(place->journal, &step, NULL, NULL);
    }
    end(place, 1, "aborted", "why");
    end(place, 3, "done", NULL);
    end(place, 6, "failed", NULL);
    place_reopen(place);
}

static void runs_come_from_the_first_on_and_before_it_the_open(void **state)
{
    struct place place;

    (void)state;
    place_make(&place);
    make_runs(&place);
    history_is(&place, -994,
               "r1 - aborted why due 0 []\n"
               "r2 - - - due 72 [{\"later\":1}]\n"
               "r3 p done - due 0 begun []\n"
               "r4 - - - due 0 begun [{\"now\":1}]\n"
               "r5 - - - due 75 begun [{\"later\":1}]\n"
               "r6 p failed - due 0 []\n");
    history_is(&place, 6,
               "r2 - - - due 72 [{\"later\":1}]\n"
               "r4 - - - due 0 begun [{\"now\":1}]\n"
               "r5 - - - due 75 begun [{\"later\":1}]\n"
               "r6 p failed - due 0 []\n");
    history_is(&place, 7,
               "r2 - - - due 72 [{\"later\":1}]\n"
               "r4 - - - due 0 begun [{\"now\":1}]\n"
               "r5 - - - due 75 begun [{\"later\":1}]\n");
    place_shut(&place);
    place_remove(&place);
}

static void one_run_is_found_or_it_is_said(void **state)
{
    struct place place;
    struct buf buf = {0};
    struct error error;

    (void)state;
    place_make(&place);
    make_runs(&place);
    assert_int_equal(journal_read_run(place.journal, 5, show, &buf, &error), 0);
    buf_add_byte(&buf, '\0');
    assert_string_equal(buf.data, "r5 - - - due 75 begun [{\"later\":1}]\n");
    assert_int_equal(journal_read_run(place.journal, 7, show, &buf, &error),
                     ERROR_NOT_FOUND);
    assert_non_null(strstr(error.text, "no run r7"));
    buf_free(&buf);
    place_shut(&place);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_come_from_the_first_on_and_before_it_the_open),
        cmocka_unit_test(one_run_is_found_or_it_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
