#include "flow/files.h"

#include "place.h"

#include <fcntl.h>

static void a_renamed_file_is_known_by_its_name(void **state)
{
    static const char *const renamed[] = {
        "log.1",          "log.42",         "log-20261124",
        "log.2026-11-24", "log-2026112407", "log.2026-11-24T07:00",
        "log-1.2"};
    static const char *const others[] = {
        "log",    "log.",      "log-",   "log.gz",  "log.1.gz", "log.json",
        "log1",   "log-other", "blog.1", "log.old", "lo",       "log.-1",
        "log.1~", "log.1 ",    "LOG.1",  ""};

    (void)state;
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (!files_renamed("log", renamed[i]))
            fail_msg("%s", renamed[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (files_renamed("log", others[i]))
            fail_msg("%s", others[i]);
}

static void set_time(const struct place *place, const char *name, time_t when)
{
    char *path = alloc_printf("%s/%s", place->path, name);
    struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    free(path);
}

static void they_come_in_the_order_of_their_lines(void **state)
{
    static const char *const order[] = {"log.3", "log.2", "log.1", "log"};
    struct place place;
    struct files files;
    char *link;

    (void)state;
    place_make(&place);
    place_file(&place, "log", "");
    place_file(&place, "log.1", "");
    place_file(&place, "log.2", "ab");
    place_file(&place, "log.3", "");
    place_file(&place, "log.3.gz", "");
    place_file(&place, "log.4/file", "");
    link = alloc_printf("%s/log.5", place.path);
    assert_int_equal(symlink("log", link), 0);
    free(link);
    set_time(&place, "log", 1); /* in place: it is last, whatever that says */
    set_time(&place, "log.1", 20);
    set_time(&place, "log.2", 20);
    set_time(&place, "log.3", 10);
    files = files_scan(place.path, "log");
    assert_int_equal(files.len, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(strrchr(files.items[i].path, '/') + 1, order[i]);
    assert_true(files.items[3].in_place);
    assert_int_equal(files.items[1].size, 2);
    files_free(&files);
    place_remove(&place);
}

static void a_file_stays_what_it_is_when_it_is_renamed(void **state)
{
    struct file before, after, other;
    struct place place;
    char *path, *new;

    (void)state;
    place_make(&place);
    path = alloc_printf("%s/log", place.path);
    new = alloc_printf("%s/log.1", place.path);
    place_file(&place, "log", "x");
    assert_true(file_look(path, &before));
    assert_int_equal(rename(path, new), 0);
    assert_false(file_look(path, &after));
    place_file(&place, "log", "x");
    assert_true(file_look(new, &after));
    assert_true(file_look(path, &other));
    assert_true(identity_same(before.is, after.is));
    assert_false(identity_same(before.is, other.is));
    free(path);
    free(new);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_renamed_file_is_known_by_its_name),
        cmocka_unit_test(they_come_in_the_order_of_their_lines),
        cmocka_unit_test(a_file_stays_what_it_is_when_it_is_renamed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
