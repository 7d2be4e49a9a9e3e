#include "place.h"

#include "base/buf.h"
#include "journal/find.h"

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

static void history_is(struct place *place, struct journal_filter filter,
                       const char *want)
{
    struct buf buf = {0};

    filter.limit = filter.limit ? filter.limit : 100;
    filter.since = filter.since ? filter.since : INT64_MIN;
    filter.until = filter.until ? filter.until : INT64_MAX;
    assert_int_equal(
        journal_find_runs(place->journal, &filter, show, &buf, NULL), 0);
    buf_add_byte(&buf, '\0');
    assert_string_equal(buf.data, want);
    buf_free(&buf);
}

#define FILTER(...) ((struct journal_filter){__VA_ARGS__})

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

static void runs_come_newest_first(void **state)
{
    struct place place;

    (void)state;
    place_make(&place);
    make_runs(&place);
    history_is(&place, FILTER(0),
               "r6 p failed - due 0 []\n"
               "r5 - - - due 75 begun [{\"later\":1}]\n"
               "r4 - - - due 0 begun [{\"now\":1}]\n"
               "r3 p done - due 0 begun []\n"
               "r2 - - - due 72 [{\"later\":1}]\n"
               "r1 - aborted why due 0 []\n");
    history_is(&place, FILTER(.limit = 1), "r6 p failed - due 0 []\n");
    place_shut(&place);
    place_remove(&place);
}

static void filters_let_through_what_they_say(void **state)
{
    struct place place;

    (void)state;
    place_make(&place);
    make_runs(&place);
    history_is(&place, FILTER(.policy = "p"),
               "r6 p failed - due 0 []\nr3 p done - due 0 begun []\n");
    history_is(&place, FILTER(.policy = "p", .limit = 1),
               "r6 p failed - due 0 []\n");
    history_is(&place, FILTER(.policy = "q"), "");
    history_is(&place, FILTER(.state = "failed"), "r6 p failed - due 0 []\n");
    history_is(&place, FILTER(.state = "done", .policy = "p"),
               "r3 p done - due 0 begun []\n");
    history_is(&place, FILTER(.state = "waiting"),
               "r2 - - - due 72 [{\"later\":1}]\n");
    history_is(&place, FILTER(.state = "open"),
               "r5 - - - due 75 begun [{\"later\":1}]\n"
               "r4 - - - due 0 begun [{\"now\":1}]\n");
    /* Every run of these began at the time 0. */
    history_is(&place, FILTER(.until = -1), "");
    history_is(&place, FILTER(.since = 1), "");
    history_is(&place, FILTER(.since = -1, .until = 1, .limit = 2),
               "r6 p failed - due 0 []\n"
               "r5 - - - due 75 begun [{\"later\":1}]\n");
    place_shut(&place);
    place_remove(&place);
}

static void every_state_can_be_asked_for(void **state)
{
    struct place place;
    struct error error = {0};

    (void)state;
    place_make(&place);
    make_runs(&place);
    for (size_t i = 0; journal_state(JOURNAL_RUNS, i); i++) {
        struct journal_filter filter = {INT64_MIN, INT64_MAX, "p",
                                        journal_state(JOURNAL_RUNS, i), 10};
        struct buf buf = {0};

        assert_int_equal(
            journal_find_runs(place.journal, &filter, show, &buf, &error), 0);
        buf_free(&buf);
    }
    assert_null(journal_state(JOURNAL_SETS, 0));
    assert_true(journal_of_policy(JOURNAL_STEPS));
    assert_false(journal_of_policy(JOURNAL_LEASES));
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
        cmocka_unit_test(runs_come_newest_first),
        cmocka_unit_test(filters_let_through_what_they_say),
        cmocka_unit_test(every_state_can_be_asked_for),
        cmocka_unit_test(one_run_is_found_or_it_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
