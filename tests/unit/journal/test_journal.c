#include "place.h"
#include "shim.h"

/* Order, groups, callbacks, closing. */

enum { MANY = 2000 };

static char ids[MANY][16];

static int make_place(void **state)
{
    struct place *place = ALLOC(struct place);

    for (int i = 0; i < MANY; i++)
        snprintf(ids[i], sizeof ids[i], "id-%06d", i);
    place_make(place);
    place_open(place);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;

    if (place->journal)
        place_shut(place);
    place_check_integrity(place);
    place_remove(place);
    free(place);
    return 0;
}

/* What a callback is told, and where it is counted. */
struct told {
    int *next; /* the number that is expected to come next */
    int number;
};

static void in_order(void *arg)
{
    struct told *told = arg;

    assert_int_equal(told->number, *told->next);
    ++*told->next;
}

static void callbacks_come_in_the_order_of_the_writes(void **state)
{
    struct place *place = *state;
    static struct journal_alarm alarms[MANY];
    static struct told told[MANY];
    int next = 0;

    for (int i = 0; i < MANY; i++) {
        alarms[i] = alarm_with(ids[i], "raw");
        told[i] = (struct told){&next, i};
        journal_write_alarms(place->journal, &alarms[i], 1, in_order, &told[i]);
    }
    assert_int_equal(journal_pending(place->journal), MANY);
    place_settle(place);
    assert_int_equal(next, MANY);
    assert_int_equal(journal_pending(place->journal), 0);
    assert_true(journal_commits(place->journal) < MANY);
    assert_true(journal_commits(place->journal) >= MANY / JOURNAL_GROUP);
}

/* Stops the writer in the sync of one alarm's commit. */
static void hold_writer(struct place *place, struct journal_alarm *alarm,
                        int *done)
{
    shim.hold = true;
    journal_write_alarms(place->journal, alarm, 1, count_done, done);
    sem_wait(&shim.held);
    shim.hold = false;
}

static void queue_singles(struct place *place, struct journal_alarm *alarms,
                          int first, int count, int *done)
{
    for (int i = first; i < first + count; i++) {
        alarms[i] = alarm_with(ids[i], "raw");
        journal_write_alarms(place->journal, &alarms[i], 1, count_done, done);
    }
}

static void nothing_is_called_back_before_it_is_synced(void **state)
{
    struct place *place = *state;
    struct journal_alarm alarm = alarm_with("a", "raw");
    int done = 0;

    hold_writer(place, &alarm, &done);
    for (int i = 0; i < 10; i++)
        uv_run(&place->loop, UV_RUN_NOWAIT);
    assert_int_equal(done, 0);
    assert_int_equal(journal_pending(place->journal), 1);
    sem_post(&shim.release);
    place_settle(place);
    assert_int_equal(done, 1);
}

static void what_queues_during_a_commit_is_the_next_one(void **state)
{
    struct place *place = *state;
    static struct journal_alarm alarms[MANY];
    int done = 0;
    int before, syncs = shim.syncs;

    alarms[0] = alarm_with(ids[0], "raw");
    hold_writer(place, &alarms[0], &done);
    before = (int)journal_commits(place->journal);
    queue_singles(place, alarms, 1, JOURNAL_GROUP, &done);
    sem_post(&shim.release);
    place_settle(place);
    assert_int_equal(done, 1 + JOURNAL_GROUP);
    assert_int_equal(journal_commits(place->journal), before + 2);
    /* One sync a commit: durable, and no more than that. One may be for the
     * head of a new log. */
    assert_in_range(shim.syncs - syncs, 2, 3);
}

static void a_group_has_at_most_its_records(void **state)
{
    struct place *place = *state;
    static struct journal_alarm alarms[MANY];
    int done = 0;

    alarms[0] = alarm_with(ids[0], "raw");
    hold_writer(place, &alarms[0], &done);
    queue_singles(place, alarms, 1, JOURNAL_GROUP + 1, &done);
    sem_post(&shim.release);
    place_settle(place);
    assert_int_equal(done, 2 + JOURNAL_GROUP);
    assert_int_equal(journal_commits(place->journal), 3);
}

static void a_larger_write_is_a_group_of_its_own(void **state)
{
    struct place *place = *state;
    static struct journal_alarm alarms[MANY];
    enum { LARGE = JOURNAL_GROUP + 88 };
    int done = 0;

    alarms[0] = alarm_with(ids[0], "raw");
    hold_writer(place, &alarms[0], &done);
    queue_singles(place, alarms, 1, 10, &done);
    for (int i = 11; i < 11 + LARGE; i++)
        alarms[i] = alarm_with(ids[i], "raw");
    journal_write_alarms(place->journal, &alarms[11], LARGE, count_done, &done);
    queue_singles(place, alarms, 11 + LARGE, 10, &done);
    sem_post(&shim.release);
    place_settle(place);
    assert_int_equal(done, 22);
    assert_int_equal(journal_commits(place->journal), 4);
    for (int i = 0; i < 21 + LARGE; i++)
        assert_int_equal(alarms[i].verdict, JOURNAL_NEW);
}

/* Writes an alarm from a callback, so often as is left. */
struct chain {
    struct place *place;
    struct journal_alarm alarm;
    int left;
};

static void next_in_chain(void *arg)
{
    struct chain *chain = arg;

    if (chain->left == 0)
        return;
    chain->alarm = alarm_with(ids[--chain->left], "raw");
    journal_write_alarms(chain->place->journal, &chain->alarm, 1, next_in_chain,
                         chain);
}

static void a_callback_may_write(void **state)
{
    struct chain chain = {.place = *state, .left = 20};

    next_in_chain(&chain);
    place_settle(chain.place);
    assert_int_equal(chain.left, 0);
    assert_int_equal(journal_commits(chain.place->journal), 20);
}

static void closing_commits_what_is_queued_and_what_follows(void **state)
{
    struct chain chain = {.place = *state, .left = 20};
    static struct journal_alarm alarms[MANY];
    int done = 0;

    queue_singles(chain.place, alarms, 100, 1000, &done);
    next_in_chain(&chain);
    journal_close(chain.place->journal);
    assert_int_equal(chain.left, 0);
    assert_int_equal(done, 1000);
    chain.place->journal = NULL;
    place_settle(chain.place);
    assert_int_equal(
        place_query(chain.place, "SELECT count(*) FROM new_alarms"), 1020);
}

static void close_it(void *arg)
{
    struct place *place = arg;

    journal_close(place->journal);
    place->journal = NULL;
}

static void a_callback_may_close(void **state)
{
    struct place *place = *state;
    static struct journal_alarm alarms[MANY];
    int done = 0;

    alarms[0] = alarm_with(ids[0], "raw");
    journal_write_alarms(place->journal, &alarms[0], 1, close_it, place);
    queue_singles(place, alarms, 1, 700, &done);
    place_settle(place);
    assert_null(place->journal);
    assert_int_equal(done, 700);
}

static void writes_need_no_callback(void **state)
{
    struct place *place = *state;
    struct journal_alarm alarm = alarm_with("a", "raw");

    journal_write_alarms(place->journal, &alarm, 1, NULL, NULL);
    journal_write_alarms(place->journal, &alarm, 0, NULL, NULL);
    place_settle(place);
    assert_int_equal(alarm.verdict, JOURNAL_NEW);
}

static void an_idle_journal_does_not_keep_the_loop(void **state)
{
    struct place *place = *state;

    assert_int_equal(uv_run(&place->loop, UV_RUN_DEFAULT), 0);
}

static void closing_leaves_no_descriptor_and_no_log(void **state)
{
    struct place *place = *state;
    char log[128];
    int before;

    place_shut(place);
    snprintf(log, sizeof log, "%s-wal", place->path);
    before = descriptors();
    for (int i = 0; i < 20; i++) {
        struct journal_alarm alarm = alarm_with(ids[i], "raw");

        place_open(place);
        journal_write_alarms(place->journal, &alarm, 1, NULL, NULL);
        place_shut(place);
        assert_int_equal(access(log, F_OK), -1);
    }
    assert_int_equal(descriptors(), before);
    journal_close(NULL);
}

/* More than four times the log's length at which it is moved. */
static void the_log_does_not_grow_without_end(void **state)
{
    struct place *place = *state;
    enum { SIZE = 1 << 20, COUNT = 160 };
    char *raw = alloc_zeroed(1, SIZE);
    struct journal_alarm alarms[COUNT];
    char log[128];
    int done = 0;
    FILE *file;

    for (int i = 0; i < COUNT; i++) {
        alarms[i] = alarm_with(ids[i], "");
        alarms[i].row.raw = (struct str){raw, SIZE};
        journal_write_alarms(place->journal, &alarms[i], 1, count_done, &done);
        if (i % 8 == 7)
            place_settle(place);
    }
    place_settle(place);
    assert_int_equal(done, COUNT);
    snprintf(log, sizeof log, "%s-wal", place->path);
    file = fopen(log, "r");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    assert_true(ftell(file) < 64L << 20);
    fclose(file);
    free(raw);
}

static void memory_works_the_same(void **state)
{
    struct place place;
    struct journal_alarm alarms[2] = {alarm_with("a", "x"),
                                      alarm_with("a", "x")};
    int done = 0;

    (void)state;
    place_make(&place);
    assert_int_equal(place_try(&place, ":memory:"), 0);
    assert_int_equal(journal_read_next_run(place.journal), 1);
    journal_write_alarms(place.journal, alarms, 2, count_done, &done);
    place_shut(&place);
    assert_int_equal(done, 1);
    assert_int_equal(alarms[0].verdict, JOURNAL_NEW);
    assert_int_equal(alarms[1].verdict, JOURNAL_DUPLICATE);
    place_remove(&place);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(callbacks_come_in_the_order_of_the_writes),
        TEST(nothing_is_called_back_before_it_is_synced),
        TEST(what_queues_during_a_commit_is_the_next_one),
        TEST(a_group_has_at_most_its_records),
        TEST(a_larger_write_is_a_group_of_its_own),
        TEST(a_callback_may_write),
        TEST(closing_commits_what_is_queued_and_what_follows),
        TEST(a_callback_may_close),
        TEST(writes_need_no_callback),
        TEST(an_idle_journal_does_not_keep_the_loop),
        TEST(closing_leaves_no_descriptor_and_no_log),
        TEST(the_log_does_not_grow_without_end),
        cmocka_unit_test(memory_works_the_same),
    };

    shim_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
