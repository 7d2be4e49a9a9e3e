#include "place.h"

#include "base/buf.h"
#include "journal/past.h"

/* Earlier alarms by a key: which, in which order, how many, in slices. */

enum { ID = 16 };

struct made {
    char id[ID];
    struct journal_alarm alarm;
};

/* Alarm `number`, of that time; its id is "a" and the number. */
static void make(struct made *made, int number, int64_t time,
                 const struct journal_key *keys, size_t nkeys, struct str raw)
{
    snprintf(made->id, sizeof made->id, "a%d", number);
    made->alarm = (struct journal_alarm){.row = {.id = made->id,
                                                 .source = "s",
                                                 .raw = raw,
                                                 .time = time,
                                                 .received = 7,
                                                 .count = 1},
                                         .keys = keys,
                                         .nkeys = nkeys};
}

static void write_all(struct place *place, struct made *made, size_t count)
{
    struct journal_alarm *alarms = alloc_zeroed(count, sizeof *alarms);

    for (size_t i = 0; i < count; i++)
        alarms[i] = made[i].alarm;
    journal_write_alarms(place->journal, alarms, count, NULL, NULL);
    place_settle(place);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(alarms[i].verdict, JOURNAL_NEW);
    free(alarms);
}

static void write_one(struct place *place, int number, int64_t time,
                      const struct journal_key *key)
{
    struct made made;

    make(&made, number, time, key, key != NULL, str_of("x"));
    write_all(place, &made, 1);
}

/* A search to its end. */
struct found {
    struct buf ids; /* of the alarms, in their order, blanks between them */
    size_t slices, given;
    size_t bytes, most; /* of alarms: in all; in a slice */
    int64_t total;
};

static void none(void *arg)
{
    (void)arg;
}

static void look(struct place *place, const struct journal_key *key,
                 const char *alarm, int64_t within, struct found *found)
{
    struct past_search *search = past_search_new(key, alarm, within);

    *found = (struct found){0};
    do {
        const struct journal_alarm_row *rows;
        size_t count, bytes = 0;

        journal_past_slice(place->journal, search, none, NULL);
        place_settle(place);
        rows = past_search_rows(search, &count);
        for (size_t i = 0; i < count; i++) {
            buf_printf(&found->ids, "%s%s", found->given++ ? " " : "",
                       rows[i].id);
            bytes += rows[i].raw.len;
        }
        found->bytes += bytes;
        found->most = bytes > found->most ? bytes : found->most;
        found->slices++;
    } while (!past_search_over(search));
    found->total = past_search_total(search);
    past_search_free(search);
    buf_add_byte(&found->ids, '\0');
}

static void found_is(struct place *place, const struct journal_key *key,
                     const char *alarm, int64_t within, const char *ids)
{
    struct found found;

    look(place, key, alarm, within, &found);
    assert_string_equal(found.ids.data, ids);
    assert_int_equal(found.total, found.given);
    buf_free(&found.ids);
}

static struct journal_key key_of(const char *field, const char *value)
{
    struct journal_key key;

    journal_key_of(field, str_of(value), &key);
    return key;
}

static int setup(void **state)
{
    struct place *place = ALLOC(struct place);

    place_make(place);
    place_open(place);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;

    place_shut(place);
    place_check_integrity(place);
    assert_int_equal(place->fatals, 0);
    place_remove(place);
    free(place);
    return 0;
}

static void a_key_is_of_one_field_and_one_value(void **state)
{
    struct journal_key a = key_of("SIP", "x"), same = key_of("SIP", "x");
    struct journal_key others[] = {
        key_of("DIP", "x"), key_of("SIP", "y"), key_of("SIPx", ""),
        key_of("SI", "Px"), key_of("", "SIPx"), key_of("SIP", "X"),
    };

    (void)state;
    assert_memory_equal(&a, &same, sizeof a);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_memory_not_equal(&a, &others[i], sizeof a);
}

static void earlier_ones_come_newest_first(void **state)
{
    struct place *place = *state;
    struct journal_key key = key_of("SIP", "x"), other = key_of("SIP", "y");

    write_one(place, 1, 100, &key);
    write_one(place, 2, 300, &key);
    write_one(place, 3, 200, &other);
    write_one(place, 4, 200, &key);
    write_one(place, 5, 300, &key);
    write_one(place, 6, 300, &key); /* of the same time, but accepted later */
    write_one(place, 7, 301, &key);
    write_one(place, 8, 250, NULL);
    found_is(place, &key, "a5", 1000, "a2 a4 a1");
    found_is(place, &key, "a1", 1000, "");
    found_is(place, &other, "a5", 1000, "a3");
    found_is(place, &key, "a8", 1000, "a4 a1");
    found_is(place, &key, "nobody", 1000, "");
}

static void how_long_ago_is_included(void **state)
{
    struct place *place = *state;
    struct journal_key key = key_of("SIP", "x");

    write_one(place, 1, 99, &key);
    write_one(place, 2, 100, &key);
    write_one(place, 3, 200, &key);
    found_is(place, &key, "a3", 100, "a2");
    found_is(place, &key, "a3", 101, "a2 a1");
    found_is(place, &key, "a3", 0, "");
    found_is(place, &key, "a3", INT64_MAX, "a2 a1");
}

static void an_alarm_is_found_by_each_of_its_keys(void **state)
{
    struct place *place = *state;
    struct journal_key keys[JOURNAL_KEYS_MAX];
    struct made made;

    for (size_t i = 0; i < JOURNAL_KEYS_MAX; i++)
        keys[i] = key_of("field", (char[]){(char)('a' + i), '\0'});
    make(&made, 1, 100, keys, JOURNAL_KEYS_MAX, str_of("x"));
    write_all(place, &made, 1);
    write_one(place, 2, 200, NULL);
    for (size_t i = 0; i < JOURNAL_KEYS_MAX; i++)
        found_is(place, &keys[i], "a2", 1000, "a1");
}

/* Alarms 0 to count - 1 with that key, and one after them. */
static void fill(struct place *place, const struct journal_key *key, int count,
                 struct str raw)
{
    struct made *made = alloc_zeroed((size_t)count + 1, sizeof *made);

    for (int i = 0; i <= count; i++)
        make(&made[i], i, i, key, 1, raw);
    write_all(place, made, (size_t)count + 1);
    free(made);
}

static void so_many_are_given_and_all_are_counted(void **state)
{
    static const int counts[] = {JOURNAL_PAST_MAX - 1, JOURNAL_PAST_MAX,
                                 JOURNAL_PAST_MAX + 1, 2000};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct place *place = *state;
        struct journal_key key = key_of("SIP", "x");
        char last[ID];
        struct found found;

        fill(place, &key, counts[i], str_of("x"));
        snprintf(last, sizeof last, "a%d", counts[i]);
        look(place, &key, last, INT64_MAX, &found);
        assert_int_equal(found.total, counts[i]);
        assert_int_equal(found.given, counts[i] < JOURNAL_PAST_MAX
                                          ? counts[i]
                                          : JOURNAL_PAST_MAX);
        buf_free(&found.ids);
        teardown(state);
        setup(state);
    }
}

/* Large ones are read a few at a time, and none is left out. */
static void large_alarms_come_in_several_slices(void **state)
{
    enum { COUNT = 20, LARGE = 100 * 1024, SLICE = 256 * 1024 };
    struct place *place = *state;
    struct journal_key key = key_of("SIP", "x");
    char *text = alloc_zeroed(LARGE, 1);
    struct found found;

    memset(text, 'x', LARGE);
    fill(place, &key, COUNT, (struct str){text, LARGE});
    look(place, &key, "a20", INT64_MAX, &found);
    assert_int_equal(found.given, COUNT);
    assert_int_equal(found.total, COUNT);
    assert_int_equal(found.bytes, COUNT * LARGE);
    assert_true(found.most < SLICE + LARGE);
    assert_true(found.slices >= COUNT * LARGE / (SLICE + LARGE));
    buf_free(&found.ids);
    free(text);
}

/* An alarm that comes between two slices is none that was asked for. */
static void what_comes_meanwhile_is_not_counted(void **state)
{
    struct place *place = *state;
    struct journal_key key = key_of("SIP", "x");
    struct past_search *search;

    fill(place, &key, JOURNAL_PAST_MAX + 10, str_of("x"));
    search = past_search_new(&key, "a110", INT64_MAX);
    journal_past_slice(place->journal, search, none, NULL);
    place_settle(place);
    assert_false(past_search_over(search));
    write_one(place, 500, 109, &key); /* before what was reached */
    while (!past_search_over(search)) {
        journal_past_slice(place->journal, search, none, NULL);
        place_settle(place);
    }
    assert_int_equal(past_search_total(search), JOURNAL_PAST_MAX + 10);
    past_search_free(search);
}

#define PAST_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_of_one_field_and_one_value),
        PAST_TEST(earlier_ones_come_newest_first),
        PAST_TEST(how_long_ago_is_included),
        PAST_TEST(an_alarm_is_found_by_each_of_its_keys),
        PAST_TEST(so_many_are_given_and_all_are_counted),
        PAST_TEST(large_alarms_come_in_several_slices),
        PAST_TEST(what_comes_meanwhile_is_not_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
