#include "place.h"

#include "flow/lock.h"

#include <signal.h>
#include <sys/wait.h>

static void one_process_at_a_time(void **state)
{
    struct place place;
    struct error error = {0};
    char pid[32];
    int fd;

    (void)state;
    place_make(&place);
    assert_int_equal(lock_holder(place.path), 0);
    fd = lock_take(place.path, &error);
    assert_true(fd >= 0);
    assert_int_equal(lock_holder(place.path), getpid());
    assert_int_equal(lock_take(place.path, &error), ERROR_BUSY);
    snprintf(pid, sizeof pid, "process %d;", getpid());
    assert_non_null(strstr(error.text, pid));
    lock_release(fd);
    assert_int_equal(lock_holder(place.path), 0);
    fd = lock_take(place.path, &error);
    assert_true(fd >= 0);
    lock_release(fd);
    place_remove(&place);
}

/* However a process ends, its lock goes with it. */
static void a_killed_process_leaves_no_lock(void **state)
{
    struct place place;
    int ready[2], fd;
    pid_t child;
    char byte;

    (void)state;
    place_make(&place);
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (!child) {
        lock_take(place.path, NULL);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(lock_holder(place.path), child);
    assert_int_equal(lock_take(place.path, NULL), ERROR_BUSY);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(lock_holder(place.path), 0);
    fd = lock_take(place.path, NULL);
    assert_true(fd >= 0);
    lock_release(fd);
    close(ready[0]);
    close(ready[1]);
    place_remove(&place);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    struct error error = {0};

    (void)state;
    assert_int_equal(lock_take("/nonexistent/state", &error), ERROR_SYSTEM);
    assert_int_equal(lock_holder("/nonexistent/state"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_process_at_a_time),
        cmocka_unit_test(a_killed_process_leaves_no_lock),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
