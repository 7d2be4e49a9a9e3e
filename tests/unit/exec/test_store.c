#include "exec/store.h"

#include "base/alloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY = 65534 };

/* A folder that does not exist yet, below one that does. */
struct place {
    char *above; /* owned */
    char *store; /* owned */
};

static int set_up(void **state)
{
    struct place *place = ALLOC(struct place);

    place->above = alloc_text("/tmp/riposte-store-XXXXXX");
    if (!mkdtemp(place->above))
        return -1;
    place->store = alloc_printf("%s/secrets", place->above);
    *state = place;
    return 0;
}

static char *path_of(const struct place *place, const char *name)
{
    return alloc_printf("%s/%s", place->store, name);
}

static void unlink_in(const char *folder)
{
    struct store_list list = {0};
    char *leftover = alloc_printf("%s/.key.new", folder);

    unlink(leftover);
    free(leftover);
    store_list(folder, &list, NULL);
    for (size_t i = 0; i < list.len; i++) {
        char *path = alloc_printf("%s/%s", folder, list.items[i].name);

        if (unlink(path) < 0)
            rmdir(path);
        free(path);
    }
    store_list_free(&list);
    rmdir(folder);
}

static int tear_down(void **state)
{
    struct place *place = *state;

    unlink(place->store); /* where it is a link, before it is followed */
    chmod(place->store, 0700);
    unlink_in(place->store);
    rmdir(place->above);
    free(place->above);
    free(place->store);
    free(place);
    return 0;
}

/* Past the store, as an editor or an attacker would. */
static void put(const struct place *place, const char *name, const char *text,
                size_t len, mode_t mode)
{
    char *path = path_of(place, name);
    int fd;

    mkdir(place->store, 0700);
    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    free(path);
}

static void holds(const struct place *place, const char *name, const char *want,
                  size_t len)
{
    struct error error = {0};
    char *value = NULL;

    if (store_read(place->store, name, STORE_OWN, &value, &error))
        fail_msg("%s", error.text);
    assert_int_equal(strlen(value), len);
    assert_memory_equal(value, want, len);
    free(value);
}

static void refuses(const struct place *place, enum store_trust trust,
                    int status, const char *why)
{
    struct error error = {0};
    char *value = NULL;

    assert_int_equal(store_read(place->store, "key", trust, &value, &error),
                     status);
    if (!strstr(error.text, why))
        fail_msg("\"%s\" does not say \"%s\"", error.text, why);
    assert_null(value);
}

/* Whatever its mode: the service manager guards it. */
static void system_takes(const struct place *place)
{
    char *value = NULL;

    assert_int_equal(
        store_read(place->store, "key", STORE_SYSTEM, &value, NULL), 0);
    free(value);
}

/* ---- What is stored ----------------------------------------------------- */

static void what_is_written_is_read(void **state)
{
    struct place *place = *state;
    struct error error = {0};
    struct stat info;
    char *path = path_of(place, "key");

    refuses(place, STORE_OWN, ERROR_NOT_FOUND, "No such file");
    assert_int_equal(store_write(place->store, "key", str_of("one\n"), &error),
                     0);
    holds(place, "key", "one", 3);
    system_takes(place);
    assert_int_equal(stat(place->store, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(store_write(place->store, "key", str_of("two"), &error),
                     0);
    holds(place, "key", "two", 3);
    assert_int_equal(store_remove(place->store, "key", &error), 0);
    refuses(place, STORE_OWN, ERROR_NOT_FOUND, "No such file");
    assert_int_equal(store_remove(place->store, "key", &error),
                     ERROR_NOT_FOUND);
    free(path);
}

static void values_at_the_limit_and_beside_it(void **state)
{
    struct place *place = *state;
    char *most = alloc_bytes(SECRET_VALUE_MAX + 3);
    struct str value = {most, SECRET_VALUE_MAX};
    struct error error = {0};

    memset(most, 'x', SECRET_VALUE_MAX + 3);
    assert_int_equal(store_write(place->store, "key", value, &error), 0);
    holds(place, "key", most, SECRET_VALUE_MAX);
    value.len++;
    assert_int_equal(store_write(place->store, "key", value, &error),
                     ERROR_LIMIT);
    most[SECRET_VALUE_MAX] = '\n'; /* the line end does not count */
    assert_int_equal(store_write(place->store, "key", value, &error), 0);
    holds(place, "key", most, SECRET_VALUE_MAX);
    most[SECRET_VALUE_MAX] = 'x';
    put(place, "key", most, SECRET_VALUE_MAX + 1, 0600);
    refuses(place, STORE_OWN, ERROR_LIMIT, "8192");
    most[SECRET_VALUE_MAX] = '\n';
    put(place, "key", most, SECRET_VALUE_MAX + 1, 0600);
    holds(place, "key", most, SECRET_VALUE_MAX);
    /* A third byte, which is not even read. */
    most[SECRET_VALUE_MAX + 1] = '\n';
    put(place, "key", most, SECRET_VALUE_MAX + 2, 0600);
    refuses(place, STORE_OWN, ERROR_LIMIT, "8192");
    put(place, "key", most, SECRET_VALUE_MAX + 3, 0600);
    refuses(place, STORE_OWN, ERROR_LIMIT, "8192");
    free(most);
}

static void one_line_end_is_dropped_and_no_more(void **state)
{
    struct place *place = *state;

    put(place, "key", "a\n", 2, 0600);
    holds(place, "key", "a", 1);
    put(place, "key", "a\n\n", 3, 0600);
    holds(place, "key", "a\n", 2);
    put(place, "key", " a\tb\r\nc ", 8, 0400);
    holds(place, "key", " a\tb\r\nc ", 8);
}

static void what_is_no_value_is_refused_and_the_old_one_stays(void **state)
{
    static const struct str none[] = {
        {"", 0}, {"\n", 1}, {"a\0b", 3}, {"\0", 1}};
    struct place *place = *state;
    struct error error = {0};

    assert_int_equal(store_write(place->store, "key", str_of("old"), &error),
                     0);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(store_write(place->store, "key", none[i], &error),
                         ERROR_INVALID);
        holds(place, "key", "old", 3);
        put(place, "other", none[i].data, none[i].len, 0600);
        assert_int_equal(
            store_read(place->store, "other", STORE_OWN, NULL, &error),
            ERROR_INVALID);
    }
}

static void names_that_are_paths_are_none(void **state)
{
    static const char *const names[] = {"", ".", "..", ".key", "../x", "a/b"};
    struct place *place = *state;
    struct error error = {0};
    char *value = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(
            store_write(place->store, names[i], str_of("x"), &error),
            ERROR_INVALID);
        assert_int_equal(
            store_read(place->store, names[i], STORE_SYSTEM, &value, &error),
            ERROR_INVALID);
        assert_int_equal(store_remove(place->store, names[i], &error),
                         ERROR_INVALID);
    }
    assert_int_not_equal(access(place->store, F_OK), 0);
}

/* ---- Who else could have had a hand in it ------------------------------- */

static void modes_that_let_others_in_are_refused(void **state)
{
    struct place *place = *state;

    for (mode_t bit = 1; bit <= 0100; bit <<= 1) {
        put(place, "key", "secret", 6, 0400 | bit);
        if (bit & 0077)
            refuses(place, STORE_OWN, ERROR_INVALID, "chmod 600");
        else
            holds(place, "key", "secret", 6);
        system_takes(place);
    }
    put(place, "key", "secret", 6, 0600);
    for (mode_t bit = 1; bit <= 0100; bit <<= 1) {
        assert_int_equal(chmod(place->store, 0700 | bit), 0);
        if (bit & 0022)
            refuses(place, STORE_OWN, ERROR_INVALID, "chmod 700");
        else
            holds(place, "key", "secret", 6);
    }
}

static void owners_that_are_others_are_refused(void **state)
{
    struct place *place = *state;
    char *path = path_of(place, "key");

    if (geteuid() != 0) { /* nobody else can give a file away */
        free(path);
        skip();
    }
    put(place, "key", "secret", 6, 0600);
    assert_int_equal(chown(path, NOBODY, NOBODY), 0);
    refuses(place, STORE_OWN, ERROR_INVALID, "somebody else");
    assert_int_equal(chown(path, 0, 0), 0);
    assert_int_equal(chown(place->store, NOBODY, NOBODY), 0);
    refuses(place, STORE_OWN, ERROR_INVALID, "own it");
    assert_int_equal(
        store_write(place->store, "key", str_of("x"), &(struct error){0}),
        ERROR_INVALID);
    assert_int_equal(chown(place->store, 0, 0), 0);
    free(path);
}

/* None of them is waited for, followed or read. */
static void what_is_no_regular_file_is_refused(void **state)
{
    struct place *place = *state;
    char *path = path_of(place, "key");
    char *real = path_of(place, "real");

    put(place, "real", "secret", 6, 0600);
    assert_int_equal(symlink(real, path), 0);
    refuses(place, STORE_OWN, ERROR_SYSTEM, "symbolic links");
    refuses(place, STORE_SYSTEM, ERROR_SYSTEM, "symbolic links");
    unlink(path);
    assert_int_equal(symlink("/dev/zero", path), 0);
    refuses(place, STORE_OWN, ERROR_SYSTEM, "symbolic links");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    refuses(place, STORE_OWN, ERROR_INVALID, "no regular file");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    refuses(place, STORE_OWN, ERROR_INVALID, "no regular file");
    rmdir(path);
    free(path);
    free(real);
}

static void a_folder_that_is_a_link_is_refused(void **state)
{
    struct place *place = *state;
    struct error error = {0};
    struct store_list list = {0};

    assert_int_equal(symlink(".", place->store), 0);
    refuses(place, STORE_OWN, ERROR_SYSTEM, "");
    assert_int_equal(store_write(place->store, "key", str_of("x"), &error),
                     ERROR_SYSTEM);
    assert_int_equal(store_remove(place->store, "key", &error), ERROR_SYSTEM);
    assert_int_equal(store_list(place->store, &list, &error), ERROR_SYSTEM);
}

/* ---- A writer that was killed ------------------------------------------- */

static void what_a_killed_writer_left_goes_with_the_next_change(void **state)
{
    struct place *place = *state;
    struct error error = {0};
    struct store_list list = {0};
    char *left = path_of(place, ".key.new");

    put(place, ".key.new", "half of a sec", 13, 0600);
    assert_int_equal(store_list(place->store, &list, &error), 0);
    assert_int_equal(list.len, 0);
    store_list_free(&list);
    assert_int_equal(store_write(place->store, "key", str_of("new"), &error),
                     0);
    holds(place, "key", "new", 3);
    assert_int_not_equal(access(left, F_OK), 0);
    put(place, ".key.new", "half of a sec", 13, 0600);
    assert_int_equal(store_remove(place->store, "key", &error), 0);
    assert_int_not_equal(access(left, F_OK), 0);
    /* Also where nothing but that is left of it. */
    put(place, ".key.new", "half of a sec", 13, 0600);
    assert_int_equal(store_remove(place->store, "key", &error),
                     ERROR_NOT_FOUND);
    assert_int_not_equal(access(left, F_OK), 0);
    free(left);
}

/* ---- Looking ------------------------------------------------------------- */

static void a_list_is_sorted_and_has_names_alone(void **state)
{
    struct place *place = *state;
    struct error error = {0};
    struct store_list list = {0};
    char *stranger = path_of(place, "no name");

    assert_int_equal(store_list(place->store, &list, &error), 0);
    assert_int_equal(list.len, 0);
    put(place, "b", "2", 1, 0600);
    put(place, "a", "1", 1, 0600);
    put(place, "no name", "3", 1, 0600);
    assert_int_equal(store_list(place->store, &list, &error), 0);
    assert_int_equal(list.len, 2);
    assert_string_equal(list.items[0].name, "a");
    assert_string_equal(list.items[1].name, "b");
    assert_true(list.items[0].time > 0);
    store_list_free(&list);
    unlink(stranger);
    free(stranger);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(what_is_written_is_read),
        EACH(values_at_the_limit_and_beside_it),
        EACH(one_line_end_is_dropped_and_no_more),
        EACH(what_is_no_value_is_refused_and_the_old_one_stays),
        EACH(names_that_are_paths_are_none),
        EACH(modes_that_let_others_in_are_refused),
        EACH(owners_that_are_others_are_refused),
        EACH(what_is_no_regular_file_is_refused),
        EACH(a_folder_that_is_a_link_is_refused),
        EACH(what_a_killed_writer_left_goes_with_the_next_change),
        EACH(a_list_is_sorted_and_has_names_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
