#include "exec/wire.h"

#include "support.h"

#include <sys/socket.h>

/* One end is a wire; the other is a descriptor of the test's. */
struct ends {
    uv_loop_t loop;
    struct wire *wire;
    int other;
    struct buf steps; /* of the frames that came, each with a blank */
    unsigned ended;
    bool with_error;
    const char *refuse; /* the step at which the receiver says no */
    const char *close;  /* or closes */
};

static int on_frame(void *arg, struct str frame, struct error *error)
{
    struct ends *ends = arg;
    char *step;

    assert_int_equal(frame_read_step(frame, &step, error), 0);
    buf_printf(&ends->steps, "%s ", step);
    if (ends->close && strcmp(step, ends->close) == 0)
        wire_close(ends->wire);
    if (ends->refuse && strcmp(step, ends->refuse) == 0) {
        free(step);
        return error_set(error, ERROR_INVALID, "refused");
    }
    free(step);
    return 0;
}

static void on_ended(void *arg, const struct error *error)
{
    struct ends *ends = arg;

    ends->ended++;
    ends->with_error = error != NULL;
}

static struct ends *open_ends(void)
{
    struct ends *ends = ALLOC(struct ends);
    int fds[2];

    assert_int_equal(uv_loop_init(&ends->loop), 0);
    assert_int_equal(wire_pair(fds, NULL), 0);
    ends->other = fds[1];
    assert_int_equal(wire_open(&ends->wire, &ends->loop, fds[0],
                               &(struct wire_events){on_frame, on_ended, ends},
                               NULL),
                     0);
    return ends;
}

static void close_ends(struct ends *ends)
{
    if (ends->other >= 0)
        close(ends->other);
    wire_close(ends->wire);
    uv_run(&ends->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&ends->loop), 0);
    buf_free(&ends->steps);
    free(ends);
}

static void turn(struct ends *ends)
{
    for (int i = 0; i < 5; i++)
        uv_run(&ends->loop, UV_RUN_NOWAIT);
}

static void say(struct ends *ends, const char *bytes, size_t len)
{
    assert_int_equal(send(ends->other, bytes, len, 0), (ssize_t)len);
}

static void say_steps(struct ends *ends, const char *a, const char *b,
                      const char *c)
{
    struct buf buf = {0};

    frame_step(&buf, FRAME_CANCEL, a);
    frame_step(&buf, FRAME_FORGET, b);
    frame_step(&buf, FRAME_CANCEL, c);
    say(ends, buf.data, buf.len);
    buf_free(&buf);
}

static void has_heard(struct ends *ends, const char *steps)
{
    assert_string_equal(ends->steps.data ? ends->steps.data : "", steps);
}

static void frames_come_whole_however_they_are_cut(void **state)
{
    struct ends *ends = open_ends();
    struct buf buf = {0};

    (void)state;
    say_steps(ends, "a", "", "c");
    turn(ends);
    has_heard(ends, "a  c ");
    frame_step(&buf, FRAME_CANCEL, "byte");
    frame_step(&buf, FRAME_CANCEL, "wise");
    for (size_t i = 0; i < buf.len; i++) {
        say(ends, buf.data + i, 1);
        turn(ends);
    }
    has_heard(ends, "a  c byte wise ");
    assert_int_equal(ends->ended, 0);
    buf_free(&buf);
    close_ends(ends);
}

static void the_end_is_said_once_and_after_the_frames(void **state)
{
    struct ends *ends = open_ends();

    (void)state;
    say_steps(ends, "a", "b", "c");
    close(ends->other);
    ends->other = -1;
    turn(ends);
    has_heard(ends, "a b c ");
    assert_int_equal(ends->ended, 1);
    assert_false(ends->with_error);
    close_ends(ends);
}

static void nonsense_ends_it(void **state)
{
    struct ends *ends = open_ends();

    (void)state;
    say(ends, "\0\0\0\1\1", 5);
    say_steps(ends, "a", "b", "c");
    turn(ends);
    has_heard(ends, "");
    assert_int_equal(ends->ended, 1);
    assert_true(ends->with_error);
    close_ends(ends);
}

static void a_refused_frame_ends_it(void **state)
{
    struct ends *ends = open_ends();

    (void)state;
    ends->refuse = "b";
    say_steps(ends, "a", "b", "c");
    turn(ends);
    has_heard(ends, "a b ");
    assert_int_equal(ends->ended, 1);
    assert_true(ends->with_error);
    say_steps(ends, "d", "e", "f");
    turn(ends);
    has_heard(ends, "a b ");
    close_ends(ends);
}

static void closed_inside_a_frame_it_says_no_more(void **state)
{
    struct ends *ends = open_ends();

    (void)state;
    ends->close = "a";
    say_steps(ends, "a", "b", "c");
    turn(ends);
    has_heard(ends, "a ");
    assert_int_equal(ends->ended, 0);
    /* The wire is freed by now, which close_ends must not touch. */
    ends->close = NULL;
    close(ends->other);
    assert_int_equal(uv_loop_close(&ends->loop), 0);
    buf_free(&ends->steps);
    free(ends);
}

static void what_a_dead_process_left_is_drained_at_once(void **state)
{
    struct ends *ends = open_ends();

    (void)state;
    for (int i = 0; i < 60; i++)
        say_steps(ends, "a", "b", "c");
    close(ends->other);
    ends->other = -1;
    wire_drain(ends->wire);
    assert_int_equal(ends->steps.len, 60 * strlen("a b c "));
    close_ends(ends);
}

static void what_does_not_fit_the_socket_is_sent_later(void **state)
{
    struct ends *ends = open_ends();
    char *step = alloc_zeroed(1, 900001);
    size_t expected = 0, heard = 0;
    struct buf bytes = {0};

    (void)state;
    memset(step, 'x', 900000);
    for (int i = 0; i < 5; i++) {
        struct buf frame = {0};

        frame_step(&frame, FRAME_CANCEL, step);
        expected += frame.len;
        wire_send(ends->wire, &frame);
        assert_null(frame.data);
    }
    while (heard < expected) {
        ssize_t len =
            recv(ends->other, buf_room(&bytes, 65536), 65536, MSG_DONTWAIT);

        if (len > 0)
            heard += (size_t)len;
        turn(ends);
    }
    assert_int_equal(heard, expected);
    free(step);
    buf_free(&bytes);
    close_ends(ends);
}

static void sending_to_nobody_does_no_harm(void **state)
{
    struct ends *ends = open_ends();
    struct buf frame = {0};

    (void)state;
    close(ends->other);
    ends->other = -1;
    for (int i = 0; i < 3; i++) {
        frame_step(&frame, FRAME_CANCEL, "a");
        wire_send(ends->wire, &frame);
        turn(ends);
    }
    assert_int_equal(ends->ended, 1);
    assert_false(ends->with_error);
    close_ends(ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_whole_however_they_are_cut),
        cmocka_unit_test(the_end_is_said_once_and_after_the_frames),
        cmocka_unit_test(nonsense_ends_it),
        cmocka_unit_test(a_refused_frame_ends_it),
        cmocka_unit_test(closed_inside_a_frame_it_says_no_more),
        cmocka_unit_test(what_a_dead_process_left_is_drained_at_once),
        cmocka_unit_test(what_does_not_fit_the_socket_is_sent_later),
        cmocka_unit_test(sending_to_nobody_does_no_harm),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
