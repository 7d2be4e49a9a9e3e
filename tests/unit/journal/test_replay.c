#include "place.h"

#include "journal/replay.h"

/* Runs with their steps, one after another: all of them, once, in order,
 * however they fall into slices. */

#define STR(text) ((struct str){text, sizeof(text) - 1})

enum { SLICE = 256 };

struct seen {
    int64_t runs, steps, ends;
    int64_t run; /* the one that is read; 0: none */
    int64_t stop;
};

static int on_run(void *arg, const struct journal_replay_row *row)
{
    struct seen *seen = arg;

    assert_int_equal(seen->run, 0);
    assert_int_equal(row->run.run, seen->runs + 1);
    assert_string_equal(row->run.set, "s1");
    assert_null(row->run.alarm);
    assert_string_equal(row->run.policy, row->run.run % 2 ? "odd" : "even");
    if (row->run.run == 1)
        assert_null(row->outcome);
    else
        assert_string_equal(row->outcome, "failed");
    if (row->run.run != 1)
        assert_string_equal(row->error, "why");
    seen->run = row->run.run;
    seen->runs++;
    return row->run.run == seen->stop ? -7 : 0;
}

static int on_step(void *arg, const struct journal_step_row *row)
{
    struct seen *seen = arg;

    assert_int_equal(row->run, seen->run);
    assert_string_equal(row->kind, "note");
    seen->steps++;
    return 0;
}

static int on_end(void *arg)
{
    struct seen *seen = arg;

    seen->run = 0;
    seen->ends++;
    return 0;
}

/* Each has as many steps as its number has in the last digit. */
static void make_runs(struct place *place, int64_t count)
{
    const struct journal_file file = {"f", STR("x")};

    place_open(place);
    journal_write_set(place->journal, "s1", &file, 1, NULL, NULL);
    for (int64_t n = 1; n <= count; n++) {
        const struct journal_run run = {
            .run = n, .policy = n % 2 ? "odd" : "even", .set = "s1"};
        const struct journal_match match = {
            .runs = &run, .nruns = 1, .time = 1000 + n};

        journal_write_match(place->journal, &match, NULL, NULL);
        for (unsigned step = 1; step <= n % 10; step++)
            journal_write_step(place->journal,
                               &(struct journal_step){.run = n,
                                                      .step = step,
                                                      .kind = "note",
                                                      .request = STR("{}"),
                                                      .status = "Executed"},
                               NULL, NULL);
        if (n > 1)
            journal_write_end(place->journal, n, "failed", "why", 99, NULL,
                              NULL);
    }
    place_reopen(place);
}

static int64_t read_all(struct place *place, const struct journal_replay *which,
                        struct seen *seen)
{
    struct journal_replay what = *which;
    struct error error = {0};

    what.last = what.last ? what.last : INT64_MAX;
    what.run = on_run;
    what.step = on_step;
    what.end = on_end;
    what.arg = seen;
    return journal_read_replay(place->journal, &what, &error);
}

static void all_runs_come_once_whatever_the_slices(void **state)
{
    static const int64_t counts[] = {0,         1,         SLICE - 1,    SLICE,
                                     SLICE + 1, 2 * SLICE, 2 * SLICE + 1};

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const struct journal_replay all = {0};
        struct seen seen = {0};
        struct place place;
        int64_t steps = 0;

        for (int64_t n = 1; n <= counts[i]; n++)
            steps += n % 10;
        place_make(&place);
        make_runs(&place, counts[i]);
        assert_int_equal(read_all(&place, &all, &seen), counts[i]);
        assert_int_equal(seen.runs, counts[i]);
        assert_int_equal(seen.ends, counts[i]);
        assert_int_equal(seen.steps, steps);
        place_shut(&place);
        place_remove(&place);
    }
}

static void which_runs_can_be_chosen(void **state)
{
    struct seen seen = {0};
    struct place place;

    (void)state;
    place_make(&place);
    make_runs(&place, SLICE + 10);
    seen.runs = 259;
    assert_int_equal(
        read_all(&place, &(struct journal_replay){.first = 260, .last = 262},
                 &seen),
        3);
    assert_int_equal(seen.steps, 0 + 1 + 2);
    seen.runs = SLICE + 7;
    assert_int_equal(read_all(&place,
                              &(struct journal_replay){
                                  .first = 1, .since = 1000 + SLICE + 8},
                              &seen),
                     3);
    seen.runs = 3;
    assert_int_equal(read_all(&place,
                              &(struct journal_replay){
                                  .first = 3, .last = 5, .policy = "even"},
                              &seen),
                     1);
    assert_int_equal(
        read_all(&place, &(struct journal_replay){.policy = "none"}, &seen), 0);
    place_shut(&place);
    place_remove(&place);
}

static void a_negative_return_ends_it(void **state)
{
    struct seen seen = {.stop = SLICE + 1};
    struct place place;

    (void)state;
    place_make(&place);
    make_runs(&place, SLICE + 10);
    assert_int_equal(read_all(&place, &(struct journal_replay){0}, &seen), -7);
    assert_int_equal(seen.runs, SLICE + 1);
    assert_int_equal(seen.ends, SLICE);
    place_shut(&place);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_runs_come_once_whatever_the_slices),
        cmocka_unit_test(which_runs_can_be_chosen),
        cmocka_unit_test(a_negative_return_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
