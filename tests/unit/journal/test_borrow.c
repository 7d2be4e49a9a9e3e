#include "place.h"
#include "shim.h"

#include "journal/find.h"

/* Reading in another thread, while the writer works. */

enum { ALARMS = 3000, EACH_TURN = 25 };

struct reader {
    struct journal *journal;
    int64_t seen; /* the most alarms that were found at once */
    int readings;
    bool shrunk; /* fewer were found than before */
    atomic_bool stop;
};

static int on_run(void *arg, const struct journal_history_row *row)
{
    (void)arg, (void)row;
    return 0;
}

/* A reading within a reading has the same connection. */
static int on_alarm(void *arg, const struct journal_alarm_found *found)
{
    struct reader *reader = ((struct reader **)arg)[0];
    int64_t *count = ((int64_t **)arg)[1];
    struct error error;

    ++*count;
    return *count > 1
               ? 0
               : journal_read_runs_of_alarm(reader->journal, found->row.id,
                                            on_run, NULL, &error);
}

static void read_once(struct reader *reader)
{
    const struct journal_filter filter = {
        .since = INT64_MIN, .until = INT64_MAX, .limit = ALARMS};
    struct error error;
    int64_t count = 0;
    void *both[] = {reader, &count};

    if (journal_find_alarms(reader->journal, &filter, on_alarm, both, &error))
        reader->shrunk = true;
    reader->shrunk |= count < reader->seen;
    reader->seen = count;
    reader->readings++;
}

static void read_on(void *arg)
{
    struct reader *reader = arg;

    while (!reader->stop)
        read_once(reader);
    read_once(reader);
}

static void reading_and_writing_take_turns(void **state)
{
    struct place place;
    struct reader reader = {0};
    static struct journal_alarm alarms[ALARMS];
    static char ids[ALARMS][16];
    uv_thread_t thread;
    int done = 0;

    (void)state;
    place_make(&place);
    place_open(&place);
    reader.journal = place.journal;
    uv_thread_create(&thread, read_on, &reader);
    for (int i = 0; i < ALARMS; i++) {
        snprintf(ids[i], sizeof ids[i], "%06x", (unsigned)i);
        alarms[i] = alarm_with(ids[i], "raw");
        journal_write_alarms(place.journal, &alarms[i], 1, count_done, &done);
        if (i % EACH_TURN == 0)
            place_settle(&place);
    }
    place_settle(&place);
    reader.stop = true;
    uv_thread_join(&thread);
    assert_int_equal(done, ALARMS);
    assert_false(reader.shrunk);
    assert_int_equal(reader.seen, ALARMS);
    print_message("%d readings, %d commits\n", reader.readings,
                  (int)journal_commits(place.journal));
    place_shut(&place);
    place_check_integrity(&place);
    place_remove(&place);
}

static void a_full_disk_can_be_read(void **state)
{
    struct place place;
    struct reader reader = {0};
    struct journal_alarm first = alarm_with("aa", "raw"),
                         second = alarm_with("bb", "raw");
    uv_thread_t thread;
    int done = 0;

    (void)state;
    place_make(&place);
    place_open(&place);
    reader.journal = place.journal;
    journal_write_alarms(place.journal, &first, 1, count_done, &done);
    place_settle(&place);
    shim_fail(1, SQLITE_FULL);
    journal_write_alarms(place.journal, &second, 1, count_done, &done);
    while (!place.fulls)
        uv_run(&place.loop, UV_RUN_ONCE);
    reader.stop = true;
    uv_thread_create(&thread, read_on, &reader);
    uv_thread_join(&thread);
    assert_int_equal(reader.seen, 1);
    shim_fail(0, 0);
    place_settle(&place);
    assert_int_equal(done, 2);
    place_shut(&place);
    place_check_integrity(&place);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_and_writing_take_turns),
        cmocka_unit_test(a_full_disk_can_be_read),
    };

    shim_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
