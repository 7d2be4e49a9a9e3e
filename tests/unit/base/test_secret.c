#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void names_at_the_limit_and_beside_it(void **state)
{
    char most[SECRET_NAME_MAX + 2];
    struct error error = {0};

    (void)state;
    memset(most, 'x', sizeof most);
    assert_false(secret_name_fits((struct str){most, 0}));
    assert_true(secret_name_fits((struct str){most, 1}));
    assert_true(secret_name_fits((struct str){most, SECRET_NAME_MAX}));
    assert_false(secret_name_fits((struct str){most, SECRET_NAME_MAX + 1}));
    assert_false(secret_name_fits((struct str){0}));
    assert_int_equal(secret_name_check((struct str){most, 1}, &error), 0);
    assert_int_equal(secret_name_check((struct str){most, 65}, &error),
                     ERROR_INVALID);
    assert_non_null(strstr(error.text, "1 to 64"));
}

/* Every byte there is, in front, inside and at the end. */
static void names_are_of_few_characters(void **state)
{
    static const char fit[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        bool fits = byte && strchr(fit, byte);
        char name[] = {(char)byte, 'x'};

        assert_int_equal(secret_name_fits((struct str){name, 2}),
                         fits && byte != '.');
        assert_int_equal(secret_name_fits((struct str){name, 1}),
                         fits && byte != '.');
        name[0] = 'x';
        name[1] = (char)byte;
        assert_int_equal(secret_name_fits((struct str){name, 2}), fits);
    }
    assert_false(secret_name_fits(str_of("..")));
    assert_false(secret_name_fits(str_of("a/../b")));
}

/* What a process with such a limit has after it closed up; -1: it failed. */
static long core_limit_after(rlim_t most)
{
    int status = 0;
    pid_t pid = fork();

    if (!pid) {
        struct rlimit limit = {most, most};

        if (setrlimit(RLIMIT_CORE, &limit) < 0)
            _exit(98);
        if (secret_close_up() < 0 || getrlimit(RLIMIT_CORE, &limit) < 0 ||
            limit.rlim_cur != limit.rlim_max || limit.rlim_max > 1 ||
            prctl(PR_GET_DUMPABLE) != 0)
            _exit(99);
        _exit((int)limit.rlim_max);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* 1, for which the kernel starts no program with a core either; where that
 * is above what the process may have, 0. */
static void who_closed_up_leaves_no_core(void **state)
{
    struct rlimit now;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_CORE, &now), 0);
    assert_int_equal(core_limit_after(0), 0);
    if (now.rlim_max < 1)
        return;
    assert_int_equal(core_limit_after(1), 1);
    assert_int_equal(core_limit_after(now.rlim_max), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_at_the_limit_and_beside_it),
        cmocka_unit_test(names_are_of_few_characters),
        cmocka_unit_test(who_closed_up_leaves_no_core),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
