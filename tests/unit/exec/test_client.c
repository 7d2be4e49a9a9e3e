/*
 * The client against an executor played by this test, on the other end of a
 * socket pair.
 */
#include "support.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static void make_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
}

static void say(int fd, const void *bytes, size_t len)
{
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
}

static void say_frame(int fd, struct buf *frame)
{
    say(fd, frame->data, frame->len);
    buf_free(frame);
}

static void say_hello(int fd, uint64_t incarnation)
{
    struct buf frame = {0};

    frame_hello(&frame, &(struct hello){incarnation});
    say_frame(fd, &frame);
}

static void say_result(int fd, const char *step)
{
    struct buf frame = {0};

    frame_result(&frame, &(struct result){.step = (char *)step,
                                          .verdict = VERDICT_EXITED});
    say_frame(fd, &frame);
}

static struct engine *open_pair(int *executor)
{
    int fds[2];

    make_pair(fds);
    say_hello(fds[1], 7);
    *executor = fds[1];
    return engine_open(fds[0]);
}

/* What the client has sent; the loop has to turn for that. */
static struct buf hear(struct engine *engine, int fd)
{
    struct buf heard = {0};
    ssize_t len;

    engine_turn(engine);
    while ((len = recv(fd, buf_room(&heard, 4096), 4096, MSG_DONTWAIT)) > 0)
        heard.len += (size_t)len;
    return heard;
}

/* ---- The hello -------------------------------------------------------- */

static void the_hello_is_taken_and_no_byte_more(void **state)
{
    int fds[2];
    struct engine *engine;

    (void)state;
    make_pair(fds);
    say_hello(fds[1], UINT64_C(0xfedcba9876543210));
    say_result(fds[1], "early");
    engine = engine_open(fds[0]);
    assert_true(exec_client_incarnation(engine->client) ==
                UINT64_C(0xfedcba9876543210));
    assert_int_equal(wait_result(engine, "early")->verdict, VERDICT_EXITED);
    engine_close(engine);
    close(fds[1]);
}

static void no_hello(const void *bytes, size_t len, const char *text)
{
    struct exec_client_events events = {engine_result, NULL, engine_lost, NULL};
    struct exec_client *client = NULL;
    struct error error = {0};
    uv_loop_t loop;
    int fds[2];

    make_pair(fds);
    uv_loop_init(&loop);
    say(fds[1], bytes, len);
    close(fds[1]);
    assert_true(exec_client_open(&client, &loop, fds[0], &events, &error) < 0);
    assert_null(client);
    if (!strstr(error.text, text))
        fail_msg("'%s' lacks '%s'", error.text, text);
    assert_int_equal(fcntl(fds[0], F_GETFD), -1);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void what_is_no_hello_is_refused(void **state)
{
    (void)state;
    no_hello("", 0, "closed");
    no_hello("\0\0\0\012\3\1\1\2", 8, "closed");
    no_hello("\0\0\0\012\1\1\1\2\3\4\5\6\7\7", 14, "version 1");
    no_hello("GET / HTTP/1.1\r\n", 16, "bytes");
    no_hello("\0\0\0\012\3\4\1\2\3\4\5\6\7\7", 14, "hello frame");
    no_hello("\0\0\0\002\3\1\0\0\0\0\0\0\0\0", 14, "hello frame");
    no_hello("\0\0\0\013\3\1\1\2\3\4\5\6\7\7\7", 15, "another");
}

/* ---- What is sent ----------------------------------------------------- */

static void what_the_engine_says_arrives_in_order(void **state)
{
    char *argv[4];
    struct job job = shell_job("r1.1", argv, "exit 0");
    int executor;
    struct engine *engine = open_pair(&executor);
    struct buf heard, expected = {0};

    (void)state;
    exec_client_start(engine->client, &job);
    exec_client_cancel(engine->client, "r1.1");
    exec_client_forget(engine->client, "r1.1");
    frame_job(&expected, &job);
    frame_step(&expected, FRAME_CANCEL, "r1.1");
    frame_step(&expected, FRAME_FORGET, "r1.1");
    heard = hear(engine, executor);
    assert_int_equal(heard.len, expected.len);
    assert_memory_equal(heard.data, expected.data, heard.len);
    buf_free(&heard);
    buf_free(&expected);
    engine_close(engine);
    close(executor);
}

/* What no executor would take is answered here, later, and not sent. */
static void a_job_that_fits_no_frame_has_not_started(void **state)
{
    char *argv[4];
    struct job job = shell_job("big", argv, "exit 0");
    int executor;
    struct engine *engine = open_pair(&executor);
    struct buf heard = {0};
    struct buf frame = {0};
    struct str sent;
    const struct result *result;

    (void)state;
    frame_job(&frame, &job);
    job.input_len = (size_t)FRAME_MAX - frame.len;
    buf_free(&frame);
    job.input = alloc_zeroed(1, job.input_len + 1);
    exec_client_start(engine->client, &job); /* exactly FRAME_MAX */
    job.input_len++;
    exec_client_start(engine->client, &job);
    job.step = (char *)"relative";
    job.argv[0] = (char *)"sh";
    job.input_len = 0;
    exec_client_start(engine->client, &job);
    assert_int_equal(engine->len, 0);

    result = wait_result(engine, "big");
    assert_int_equal(result->verdict, VERDICT_NOT_STARTED);
    assert_non_null(strstr(result->text, "1048577 bytes"));
    result = wait_result(engine, "relative");
    assert_int_equal(result->verdict, VERDICT_NOT_STARTED);
    assert_non_null(strstr(result->text, "absolute"));
    assert_int_equal(engine->len, 2);
    while (heard.len < FRAME_MAX + 4) {
        struct buf more = hear(engine, executor);

        buf_add_str(&heard, buf_str(&more));
        buf_free(&more);
    }
    assert_int_equal(frame_next(buf_str(&heard), &sent, NULL), 1);
    assert_int_equal(sent.len, FRAME_MAX + 4);
    buf_free(&heard);
    free(job.input);
    engine_close(engine);
    close(executor);
}

static void a_refusal_is_not_said_to_a_client_that_was_closed(void **state)
{
    char *argv[4];
    struct job job = shell_job("r", argv, "exit 0");
    int executor;
    struct engine *engine = open_pair(&executor);

    (void)state;
    job.folder = (char *)"nowhere";
    exec_client_start(engine->client, &job);
    engine_close(engine);
    close(executor);
}

/* ---- The executor's end ----------------------------------------------- */

static void lost_after(const void *bytes, size_t len)
{
    int executor;
    struct engine *engine = open_pair(&executor);
    char *argv[4];
    struct job job = shell_job("late", argv, "exit 0");

    say_result(executor, "last");
    if (len)
        say(executor, bytes, len);
    else
        close(executor);
    while (!engine->lost)
        engine_turn(engine);
    assert_int_equal(engine->len, 1);
    exec_client_start(engine->client, &job);
    exec_client_cancel(engine->client, "late");
    job.folder = (char *)"nowhere";
    exec_client_start(engine->client, &job);
    engine_turn(engine);
    engine_turn(engine);
    assert_int_equal(engine->len, 1);
    engine_close(engine);
    if (len)
        close(executor);
}

static void results_before_the_end_are_heard_then_it_is_lost(void **state)
{
    (void)state;
    lost_after(NULL, 0);
    lost_after("\0\0\0\2\3\4xx", 8);         /* an empty result */
    lost_after("\xff\0\0\0", 4);             /* too long */
    lost_after("\0\0\0\7\3\3\0\0\0\1x", 11); /* no business of ours */
    lost_after("\0\0\0\2\3\xee", 6);         /* of no known type */
    lost_after("\0\0\0\2\3\6", 6);           /* empty output */
    lost_after("\0\0\0\2\1\4", 6);           /* of another version */
}

/* ---- Finding each other ----------------------------------------------- */

static void only_a_socket_from_the_parent_is_taken(void **state)
{
    static const char *const texts[] = {"",   "-1",  "1",          "x",
                                        "3x", "999", "99999999999"};

    (void)state;
    unsetenv("RIPOSTE_EXEC_FD");
    assert_int_equal(exec_client_inherited(), -1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        setenv("RIPOSTE_EXEC_FD", texts[i], 1);
        assert_int_equal(exec_client_inherited(), -1);
        assert_null(getenv("RIPOSTE_EXEC_FD"));
    }
}

/* In a child: takes the descriptor that `maker` made, and says with its exit
 * status how that went. */
static int inherit_in_child(int fd)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        char text[16];
        int signal = 0;

        snprintf(text, sizeof text, "%d", fd);
        setenv("RIPOSTE_EXEC_FD", text, 1);
        if (exec_client_inherited() != fd || getenv("RIPOSTE_EXEC_FD"))
            _exit(1);
        if (fcntl(fd, F_GETFD) != FD_CLOEXEC)
            _exit(2);
        prctl(PR_GET_PDEATHSIG, &signal);
        _exit(signal == SIGKILL ? 0 : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void the_engine_dies_with_its_executor(void **state)
{
    int fds[2];
    int status;

    (void)state;
    make_pair(fds);
    assert_int_equal(inherit_in_child(fds[0]), 0);
    /* The same, where the executor is not the parent any more. */
    if (fork() == 0)
        _exit(WIFSIGNALED(inherit_in_child(fds[0])) ? 0 : 1);
    assert_true(wait(&status) > 0);
    assert_int_equal(status, 0);
    close(fds[0]);
    close(fds[1]);
}

static void it_says_that_the_executor_is_missing(void **state)
{
    char *argv[] = {(char *)"riposte", (char *)"run", NULL};
    struct error error = {0};

    (void)state;
    assert_int_equal(exec_client_become("run", argv, &error), ERROR_SYSTEM);
    assert_non_null(strstr(error.text, "/tests/unit/exec/riposte-exec"));
}

/* A link to this program beside a script in the executor's place. */
static void it_starts_the_executor_beside_it(void **state)
{
    char *folder = make_folder();
    char *program = alloc_printf("%s/riposte", folder);
    char *executor = alloc_printf("%s/riposte-exec", folder);
    char *said = alloc_printf("%s/said", folder);
    char line[4096] = "";
    char *expected = alloc_printf("serve %s a b c d\n", program);
    FILE *file = fopen(executor, "w");
    int status;
    pid_t pid;

    (void)state;
    fprintf(file, "#!/bin/sh\necho \"$@\" >%s\n", said);
    fclose(file);
    chmod(executor, 0700);
    pid = fork();
    if (pid == 0) {
        execl("/bin/cp", "cp", self(), program, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    pid = fork();
    if (pid == 0) {
        execl(program, "riposte", "become", "a b", "c d", (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    file = fopen(said, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    assert_string_equal(line, expected);
    free(program);
    free(executor);
    free(said);
    free(expected);
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hello_is_taken_and_no_byte_more),
        cmocka_unit_test(what_is_no_hello_is_refused),
        cmocka_unit_test(what_the_engine_says_arrives_in_order),
        cmocka_unit_test(a_job_that_fits_no_frame_has_not_started),
        cmocka_unit_test(a_refusal_is_not_said_to_a_client_that_was_closed),
        cmocka_unit_test(results_before_the_end_are_heard_then_it_is_lost),
        cmocka_unit_test(only_a_socket_from_the_parent_is_taken),
        cmocka_unit_test(the_engine_dies_with_its_executor),
        cmocka_unit_test(it_says_that_the_executor_is_missing),
        cmocka_unit_test(it_starts_the_executor_beside_it),
    };

    if (argc > 1 && strcmp(argv[1], "become") == 0)
        return exec_client_become("serve", argv + 1, NULL) ? 1 : 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
