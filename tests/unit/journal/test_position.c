#include "place.h"

#include "base/buf.h"
#include "journal/position.h"

/* How far followed files were read. */

static int show(void *arg, const struct journal_position *row)
{
    buf_printf(arg, "%s %s %lld.%lld: %lld line %lld %s %s;", row->path,
               row->source, (long long)row->inode, (long long)row->born,
               (long long)row->offset, (long long)row->line, row->digest,
               row->chosen);
    return 0;
}

static void positions_are(struct place *place, const char *want)
{
    struct buf buf = {0};
    struct error error = {0};

    assert_int_equal(journal_read_positions(place->journal, show, &buf, &error),
                     0);
    buf_add_byte(&buf, '\0');
    assert_string_equal(buf.data, want);
    buf_free(&buf);
}

static void they_are_written_with_the_alarms(void **state)
{
    struct journal_alarm alarm = alarm_with("a", "x");
    struct place place;
    struct journal_position rows[] = {
        {"/log", "auto", 7, 1, 10, 2, "abc", "sshd"},
        {"/log", "auto", 8, 1, 0, 1, "", ""},
        {"/log", "sshd", 7, 1, 5, 1, "", ""},
    };
    int done = 0;

    (void)state;
    place_make(&place);
    place_open(&place);
    positions_are(&place, "");
    journal_write_read(place.journal, &alarm, 1, rows, 3, count_done, &done);
    rows[0].offset = 20;
    rows[0].line = 4;
    rows[1].offset = -1;
    journal_write_read(place.journal, NULL, 0, rows, 2, count_done, &done);
    place_settle(&place);
    assert_int_equal(done, 2);
    assert_int_equal(alarm.verdict, JOURNAL_NEW);
    place_reopen(&place);
    positions_are(&place, "/log auto 7.1: 20 line 4 abc sshd;"
                          "/log sshd 7.1: 5 line 1  ;");
    place_shut(&place);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_written_with_the_alarms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
