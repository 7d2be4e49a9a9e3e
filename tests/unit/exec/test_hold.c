#include "exec/hold.h"

#include "base/error.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void
a_folder_is_held_by_one_until_its_last_descriptor_closes(void **state)
{
    char folder[] = "/tmp/riposte-hold-XXXXXX";
    int first, other;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(hold_take(folder), 0);
    first = hold_inherited();
    assert_true(first >= 0);
    assert_int_equal(fcntl(first, F_GETFD), FD_CLOEXEC);
    assert_int_equal(hold_take(folder), ERROR_BUSY);
    other = dup(first);
    close(first);
    assert_int_equal(hold_take(folder), ERROR_BUSY);
    close(other);
    assert_int_equal(hold_take(folder), 0);
    close(hold_inherited());
    rmdir(folder);
}

static void it_is_handed_on_to_what_is_executed(void **state)
{
    char folder[] = "/tmp/riposte-hold-XXXXXX";
    const char *number;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(hold_take(folder), 0);
    number = getenv("RIPOSTE_HOLD_FD");
    fd = number ? (int)strtol(number, NULL, 10) : -1;
    assert_int_equal(fcntl(fd, F_GETFD), 0);
    assert_int_equal(hold_inherited(), fd);
    assert_null(getenv("RIPOSTE_HOLD_FD"));
    close(fd);
    rmdir(folder);
}

static void what_is_no_descriptor_is_none(void **state)
{
    static const char *const numbers[] = {"", "x", "3", "-1", "17x", "999999"};

    (void)state;
    unsetenv("RIPOSTE_HOLD_FD");
    assert_int_equal(hold_inherited(), -1);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        setenv("RIPOSTE_HOLD_FD", numbers[i], 1);
        assert_int_equal(hold_inherited(), -1);
        assert_null(getenv("RIPOSTE_HOLD_FD"));
    }
}

static void what_is_no_folder_cannot_be_held(void **state)
{
    (void)state;
    assert_int_equal(hold_take("/nowhere"), ERROR_SYSTEM);
    assert_int_equal(hold_take("/dev/null"), ERROR_SYSTEM);
    assert_null(getenv("RIPOSTE_HOLD_FD"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_folder_is_held_by_one_until_its_last_descriptor_closes),
        cmocka_unit_test(it_is_handed_on_to_what_is_executed),
        cmocka_unit_test(what_is_no_descriptor_is_none),
        cmocka_unit_test(what_is_no_folder_cannot_be_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
