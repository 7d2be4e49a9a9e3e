#include "place.h"

#include "base/buf.h"
#include "journal/in_force.h"

/* Which set alarms were matched by. */

#define STR(text) ((struct str){text, sizeof(text) - 1})

static void add(struct place *place, struct journal_alarm *alarms, size_t len)
{
    for (size_t i = 0; i < len; i++)
        alarms[i].row.source = "s";
    journal_write_alarms(place->journal, alarms, len, NULL, NULL);
}

static void in_force(struct place *place, const char *set, struct str only)
{
    const struct journal_in_force row = {
        .set = set, .only = only, .since = set[1]};

    journal_write_in_force(place->journal, &row);
}

static void match(struct place *place, const char *alarm)
{
    const struct journal_counted counted = {"p", "counted", 2, 7};
    const struct journal_match match = {
        .alarm = alarm, .counted = &counted, .ncounted = 1};

    journal_write_match(place->journal, &match, NULL, NULL);
}

static int show(void *arg, const struct journal_in_force *row)
{
    buf_printf(arg, "%s%.*s since %lld until %lld", row->set,
               (int)row->only.len, row->only.data, (long long)row->since,
               (long long)row->until);
    return 0;
}

static void set_is(struct place *place, const char *alarm, const char *want)
{
    struct buf buf = {0};
    struct error error = {0};

    if (journal_read_in_force(place->journal, alarm, show, &buf, &error)) {
        assert_int_equal(error.code, ERROR_NOT_FOUND);
        buf_add_text(&buf, "none");
    }
    buf_add_byte(&buf, '\0');
    assert_string_equal(buf.data, want);
    buf_free(&buf);
}

static int show_counted(void *arg, const struct journal_counted *row)
{
    buf_printf(arg, "%s %s %lld %lld", row->policy, row->verdict,
               (long long)row->n, (long long)row->time);
    return 0;
}

static void every_alarm_has_its_set(void **state)
{
    struct journal_alarm first[3] = {
        {.row.id = "aa"}, {.row.id = "bb"}, {.row.id = "cc"}};
    struct journal_alarm second[1] = {{.row.id = "dd"}};
    struct journal_alarm third[1] = {{.row.id = "ee"}};
    struct buf buf = {0};
    struct place place;

    (void)state;
    place_make(&place);
    place_open(&place);
    add(&place, first, 3);
    in_force(&place, "s1", STR(""));
    match(&place, "aa");
    in_force(&place, "s2", STR("")); /* nothing was matched by it … */
    in_force(&place, "s3", STR("[]"));
    match(&place, "bb");
    in_force(&place, "s3", STR("[]")); /* … and this says nothing new */
    add(&place, second, 1);
    match(&place, "cc");
    match(&place, "dd");
    in_force(&place, "s1", STR(""));
    add(&place, third, 1);
    match(&place, "ee");
    place_reopen(&place);
    set_is(&place, "aa", "s1 since 49 until 51");
    set_is(&place, "bb", "s3[] since 51 until 49");
    set_is(&place, "cc", "s3[] since 51 until 49");
    set_is(&place, "dd", "s3[] since 51 until 49");
    set_is(&place, "ee", "s1 since 49 until 0");
    set_is(&place, "ff", "none");
    assert_int_equal(
        journal_read_counted(place.journal, "cc", show_counted, &buf, NULL), 0);
    buf_add_byte(&buf, '\0');
    assert_string_equal(buf.data, "p counted 2 7");
    buf_free(&buf);
    place_shut(&place);
    place_remove(&place);
}

static void an_older_journal_knows_nothing(void **state)
{
    struct journal_alarm first[1] = {{.row.id = "aa"}};
    struct journal_alarm second[1] = {{.row.id = "bb"}};
    struct place place;

    (void)state;
    place_make(&place);
    place_open(&place);
    in_force(&place, "s1", STR("")); /* the first of all */
    add(&place, first, 1);
    match(&place, "aa");
    place_reopen(&place);
    set_is(&place, "aa", "s1 since 49 until 0");
    place_shut(&place);
    place_remove(&place);
    place_make(&place);
    place_open(&place);
    add(&place, first, 1);
    match(&place, "aa");
    add(&place, second, 1);
    in_force(&place, "s1", STR(""));
    place_reopen(&place);
    set_is(&place, "aa", "none");
    set_is(&place, "bb", "s1 since 49 until 0");
    place_shut(&place);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_alarm_has_its_set),
        cmocka_unit_test(an_older_journal_knows_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
