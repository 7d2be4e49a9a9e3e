#include "base/alloc.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void bytes_are_added_behind(void **state)
{
    struct buf buf = {0};

    (void)state;
    assert_int_equal(buf_str(&buf).len, 0);
    assert_non_null(buf_str(&buf).data);
    buf_add_text(&buf, "ab");
    buf_add_byte(&buf, '\0');
    buf_add_str(&buf, str_of("cd"));
    buf_printf(&buf, "-%d-%s", 7, "x");
    buf_add(&buf, NULL, 0);
    assert_int_equal(buf.len, 9);
    assert_memory_equal(buf.data, "ab\0cd-7-x", 10);
    buf_free(&buf);
    assert_null(buf.data);
}

static void it_grows_past_any_size(void **state)
{
    struct buf buf = {0};

    (void)state;
    for (int i = 0; i < 100000; i++)
        buf_add_byte(&buf, (char)('a' + i % 26));
    assert_int_equal(buf.len, 100000);
    assert_int_equal(buf.data[99999], 'a' + 99999 % 26);
    assert_int_equal(buf.data[100000], '\0');
    buf_free(&buf);
}

static void the_front_can_be_taken_away(void **state)
{
    struct buf buf = {0};

    (void)state;
    buf_consume(&buf, 0);
    buf_add_text(&buf, "abcdef");
    buf_consume(&buf, 2);
    assert_string_equal(buf.data, "cdef");
    buf_consume(&buf, 4);
    assert_int_equal(buf.len, 0);
    buf_free(&buf);
}

static void the_bytes_can_be_handed_over(void **state)
{
    struct buf buf = {0};
    char *text;

    (void)state;
    text = buf_take(&buf);
    assert_string_equal(text, "");
    free(text);
    memcpy(buf_room(&buf, 3), "abc", 3);
    buf.len += 3;
    buf_add_byte(&buf, 'd');
    text = buf_take(&buf);
    assert_string_equal(text, "abcd");
    assert_int_equal(buf.len, 0);
    free(text);
}

static void arrays_double_from_eight(void **state)
{
    size_t cap = 0;
    int *items = NULL;

    (void)state;
    for (size_t len = 0; len < 17; len++) {
        items = alloc_grown(items, len, &cap, sizeof *items);
        items[len] = (int)len;
    }
    assert_int_equal(cap, 32);
    assert_int_equal(items[16], 16);
    free(items);
}

/* The status of a process that asks for too much, and says so to nobody. */
static int status_of(void (*ask)(void))
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        ask();
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void ask_a_product(void)
{
    alloc_zeroed(SIZE_MAX / 2, 3);
}

static void ask_a_buffer(void)
{
    struct buf buf = {0};

    buf_add_byte(&buf, 'x');
    buf_room(&buf, SIZE_MAX - 1);
}

static void sizes_that_overflow_end_the_process(void **state)
{
    (void)state;
    assert_int_equal(status_of(ask_a_product), 70);
#ifndef __SANITIZE_ADDRESS__ /* whose malloc ends the process itself */
    assert_int_equal(status_of(ask_a_buffer), 70);
#else
    (void)ask_a_buffer;
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_added_behind),
        cmocka_unit_test(it_grows_past_any_size),
        cmocka_unit_test(the_front_can_be_taken_away),
        cmocka_unit_test(the_bytes_can_be_handed_over),
        cmocka_unit_test(arrays_double_from_eight),
        cmocka_unit_test(sizes_that_overflow_end_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
