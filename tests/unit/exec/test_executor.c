/*
 * The executor and its engine: this program starts riposte-exec with itself
 * as the engine, in one of several roles.
 */
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- Starting one ----------------------------------------------------- */

static pid_t start(const char *mode, const char *role, const char *folder)
{
    pid_t pid = fork();

    if (pid == 0) {
        execl(executor_path(), executor_path(), mode, self(), "engine", role,
              folder, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

/* The exit status of the executor, which must not be ended by a signal. */
static int status_of(pid_t pid)
{
    int status = 0;

    for (int ms = 0; waitpid(pid, &status, WNOHANG) == 0; ms += POLL_MS) {
        if (ms > BOUND_MS)
            fail_msg("executor %d does not end", (int)pid);
        nap();
    }
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int run(const char *mode, const char *role, const char *folder)
{
    return status_of(start(mode, role, folder));
}

static char *path_in(const char *folder, const char *name)
{
    return alloc_printf("%s/%s", folder, name);
}

static long number_in(const char *folder, const char *name)
{
    char *path = path_in(folder, name);
    long number = wait_number(path);

    free(path);
    return number;
}

static unsigned lines_in(const char *folder, const char *name)
{
    char *path = path_in(folder, name);
    unsigned lines = count_lines(path);

    free(path);
    return lines;
}

/* A plugin of the role "hang" and what it started, and the engine. */
static void all_gone(const char *folder)
{
    wait_gone((pid_t)number_in(folder, "plugin"));
    wait_gone((pid_t)number_in(folder, "daemon"));
    wait_gone((pid_t)number_in(folder, "slot"));
    wait_gone((pid_t)number_in(folder, "engine"));
}

/* ---- The engine's end ------------------------------------------------- */

static void the_exit_status_is_the_engines(void **state)
{
    (void)state;
    assert_int_equal(run("run", "exit0", "-"), 0);
    assert_int_equal(run("run", "exit69", "-"), 69);
    assert_int_equal(run("serve", "exit69", "-"), 69);
}

static void
an_engine_that_is_asked_to_end_gives_128_and_the_signal(void **state)
{
    (void)state;
    assert_int_equal(run("run", "int", "-"), 128 + SIGINT);
    assert_int_equal(run("serve", "term", "-"), 128 + SIGTERM);
}

static void a_normal_end_leaves_nothing_running(void **state)
{
    char *folder = make_folder();

    (void)state;
    assert_int_equal(run("run", "hang-exit3", folder), 3);
    all_gone(folder);
    remove_folder(folder);
}

static void a_crash_under_run_ends_what_runs(void **state)
{
    char *folder = make_folder();
    pid_t pid = start("run", "hang", folder);

    (void)state;
    number_in(folder, "ready");
    assert_int_equal(kill((pid_t)number_in(folder, "engine"), SIGKILL), 0);
    assert_int_equal(status_of(pid), 70);
    all_gone(folder);
    remove_folder(folder);
}

static void nonsense_from_the_engine_ends_it(void **state)
{
    (void)state;
    assert_int_equal(run("run", "garbage", "-"), 70);
}

static void an_engine_that_cannot_start(void **state)
{
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        execl(executor_path(), executor_path(), "serve", "/no/such", NULL);
        _exit(127);
    }
    assert_int_equal(status_of(pid), 70);
}

/* ---- The executor's end ----------------------------------------------- */

static void killed_it_takes_everything_along(void **state)
{
    char *folder = make_folder();
    pid_t pid = start("serve", "hang", folder);
    int status;

    (void)state;
    number_in(folder, "ready");
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    all_gone(folder);
    remove_folder(folder);
}

static void signals_are_forwarded_but_int(void **state)
{
    char *folder = make_folder();
    pid_t pid = start("serve", "signals", folder);

    (void)state;
    number_in(folder, "ready");
    kill(pid, SIGINT);
    kill(pid, SIGHUP);
    assert_int_equal(number_in(folder, "hup"), SIGHUP);
    kill(pid, SIGTERM);
    assert_int_equal(status_of(pid), 20 + SIGTERM);
    remove_folder(folder);
}

/* ---- A second engine -------------------------------------------------- */

static void a_crashed_engine_under_serve_finds_its_results(void **state)
{
    char *folder = make_folder();

    (void)state;
    assert_int_equal(run("serve", "crash-once", folder), 0);
    assert_int_equal(lines_in(folder, "engines"), 2);
    assert_int_equal(lines_in(folder, "short"), 1);
    assert_int_equal(lines_in(folder, "long"), 1);
    remove_folder(folder);
}

enum { BURST = 60 };

static void jobs_of_a_crashed_engine_run_once(void **state)
{
    char *folder = make_folder();

    (void)state;
    assert_int_equal(run("serve", "burst", folder), 0);
    for (int i = 0; i < BURST; i++) {
        char name[32];

        snprintf(name, sizeof name, "b%d", i);
        assert_int_equal(lines_in(folder, name), 1);
    }
    remove_folder(folder);
}

static void six_crashes_in_a_minute_are_too_many(void **state)
{
    char *folder = make_folder();

    (void)state;
    assert_int_equal(run("serve", "crash", folder), 70);
    assert_int_equal(lines_in(folder, "engines"), 1 + 5);
    remove_folder(folder);
}

/* Killed first, it cannot hear of the TERM; another would never end. */
static void a_term_that_a_dying_engine_missed_ends_it(void **state)
{
    char *folder = make_folder();
    pid_t pid = start("serve", "hang", folder);
    pid_t engine;

    (void)state;
    number_in(folder, "ready");
    engine = (pid_t)number_in(folder, "engine");
    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(kill(engine, SIGKILL), 0);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_int_equal(status_of(pid), 128 + SIGTERM);
    all_gone(folder);
    remove_folder(folder);
}

/* ---- A slot that was stopped ------------------------------------------ */

/* Takes its time, so it is started first and looked at last. */
static int start_stopper(void **state)
{
    pid_t *pid = ALLOC(pid_t);

    *pid = start("run", "stopper", "-");
    *state = pid;
    return 0;
}

static void a_stopped_slot_is_found_out(void **state)
{
    assert_int_equal(status_of(*(pid_t *)*state), 0);
}

static int end_stopper(void **state)
{
    free(*state);
    return 0;
}

/* ---- Standard descriptors and usage ----------------------------------- */

static void closed_standard_descriptors_do_no_harm(void **state)
{
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        close(0);
        execl(executor_path(), executor_path(), "run", "/bin/sh", "-c",
              "[ $(readlink /proc/$$/fd/0) = /dev/null ] && exit 9", NULL);
        _exit(127);
    }
    assert_int_equal(status_of(pid), 9);
}

static void the_users_descriptors_reach_the_engine(void **state)
{
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        int fd = open("/etc/hostname", O_RDONLY);

        dup2(fd, 3);
        execl(executor_path(), executor_path(), "run", "/bin/sh", "-c",
              "[ $(readlink /proc/$$/fd/3) = /etc/hostname ] && exit 9", NULL);
        _exit(127);
    }
    assert_int_equal(status_of(pid), 9);
}

static void a_wrong_command_line_is_told(void **state)
{
    (void)state;
    assert_int_equal(run("walk", "exit0", "-"), 2);
}

/* ---- The roles of the engine ------------------------------------------ */

static void write_number(const char *folder, const char *name, long number)
{
    char *path = path_in(folder, name);
    FILE *file = fopen(path, "a");

    fprintf(file, "%ld\n", number);
    fclose(file);
    free(path);
}

static struct engine *open_engine(void)
{
    return engine_open(exec_client_inherited());
}

/* A job that ignores TERM, has a daemon, and never ends. Returns once all
 * that is there. */
static struct engine *start_hanging(const char *folder)
{
    struct engine *engine = open_engine();
    char *script = alloc_printf(
        "cd %s; trap '' TERM; (setsid sh -c 'echo $$ >daemon; exec sleep 1000' "
        "&); echo $PPID >slot; echo $$ >plugin; sleep 1000",
        folder);

    write_number(folder, "engine", getpid());
    start_shell(engine, "hang", script, LONG_MS, LONG_MS);
    while (!lines_in(folder, "plugin") || !lines_in(folder, "daemon"))
        engine_turn(engine);
    write_number(folder, "ready", 1);
    free(script);
    return engine;
}

static int hang(const char *folder)
{
    struct engine *engine = start_hanging(folder);

    while (!engine->lost)
        engine_turn(engine);
    return 98;
}

static int hang_and_exit(const char *folder)
{
    engine_close(start_hanging(folder));
    return 3;
}

static int send_garbage(void)
{
    int fd = exec_client_inherited();

    if (write(fd, "GET / HTTP/1.1\r\n\r\n", 18) != 18)
        return 1;
    pause();
    return 98;
}

static int take_signals(const char *folder)
{
    sigset_t set;
    int number;

    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    write_number(folder, "ready", 1);
    sigwait(&set, &number);
    write_number(folder, "hup", number);
    sigwait(&set, &number);
    return 20 + number;
}

static bool is_first(const char *folder)
{
    write_number(folder, "engines", getpid());
    return lines_in(folder, "engines") == 1;
}

static void start_writer(struct engine *engine, const char *folder,
                         const char *step, const char *seconds)
{
    char *script = alloc_printf("echo run >>%s/%s; sleep %s; echo %s", folder,
                                step, seconds, step);

    start_shell(engine, step, script, LONG_MS, LONG_MS);
    free(script);
}

static int check(const struct result *result, const char *out)
{
    return result->verdict == VERDICT_EXITED && strcmp(result->out, out) == 0;
}

/* One job has ended when the first engine crashes, one is running. */
static int crash_once(const char *folder)
{
    struct engine *engine = open_engine();
    bool first = is_first(folder);
    bool good;

    start_writer(engine, folder, "short", "0");
    start_writer(engine, folder, "long", "0.5");
    if (first) {
        while (!find_result(engine, "short") || !lines_in(folder, "long"))
            engine_turn(engine);
        write_number(folder, "incarnation",
                     (long)exec_client_incarnation(engine->client));
        abort();
    }
    good = check(wait_result(engine, "short"), "short\n") &&
           check(wait_result(engine, "long"), "long\n") &&
           number_in(folder, "incarnation") ==
               (long)exec_client_incarnation(engine->client);
    engine_close(engine);
    return good ? 0 : 1;
}

/* The first engine is dead before anybody has read much of what it sent. */
static int burst(const char *folder)
{
    struct engine *engine = open_engine();
    bool first = is_first(folder);
    char names[BURST][16];

    for (int i = 0; i < BURST; i++) {
        snprintf(names[i], sizeof names[i], "b%d", i);
        start_writer(engine, folder, names[i], "0");
    }
    if (first)
        abort();
    for (int i = 0; i < BURST; i++)
        wait_result(engine, names[i]);
    engine_close(engine);
    return 0;
}

static int crash(const char *folder)
{
    is_first(folder);
    abort();
}

/* On a slow machine the time may be over before the script has begun. */
static int stop_a_slot(void)
{
    struct engine *engine = open_engine();
    bool lost = false, early = true;

    for (uint64_t ms = 100; early && ms < BOUND_MS; ms *= 2) {
        char *step = alloc_printf("s%d", (int)ms);
        enum verdict verdict;

        start_shell(engine, step, "kill -STOP $PPID; exit 0", ms, ms);
        verdict = wait_result(engine, step)->verdict;
        lost = verdict == VERDICT_LOST;
        early = verdict == VERDICT_TIMED_OUT;
        free(step);
    }
    engine_close(engine);
    return lost ? 0 : 1;
}

static int be_engine(const char *role, const char *folder)
{
    struct rlimit no_core = {0, 0};

    setrlimit(RLIMIT_CORE, &no_core);
    if (strncmp(role, "exit", 4) == 0)
        return (int)strtol(role + 4, NULL, 10);
    if (strcmp(role, "int") == 0)
        return raise(SIGINT);
    if (strcmp(role, "term") == 0)
        return raise(SIGTERM);
    if (strcmp(role, "hang") == 0)
        return hang(folder);
    if (strcmp(role, "hang-exit3") == 0)
        return hang_and_exit(folder);
    if (strcmp(role, "garbage") == 0)
        return send_garbage();
    if (strcmp(role, "signals") == 0)
        return take_signals(folder);
    if (strcmp(role, "crash-once") == 0)
        return crash_once(folder);
    if (strcmp(role, "burst") == 0)
        return burst(folder);
    if (strcmp(role, "crash") == 0)
        return crash(folder);
    if (strcmp(role, "stopper") == 0)
        return stop_a_slot();
    return 99;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exit_status_is_the_engines),
        cmocka_unit_test(
            an_engine_that_is_asked_to_end_gives_128_and_the_signal),
        cmocka_unit_test(a_normal_end_leaves_nothing_running),
        cmocka_unit_test(a_crash_under_run_ends_what_runs),
        cmocka_unit_test(nonsense_from_the_engine_ends_it),
        cmocka_unit_test(an_engine_that_cannot_start),
        cmocka_unit_test(killed_it_takes_everything_along),
        cmocka_unit_test(signals_are_forwarded_but_int),
        cmocka_unit_test(a_crashed_engine_under_serve_finds_its_results),
        cmocka_unit_test(jobs_of_a_crashed_engine_run_once),
        cmocka_unit_test(six_crashes_in_a_minute_are_too_many),
        cmocka_unit_test(a_term_that_a_dying_engine_missed_ends_it),
        cmocka_unit_test(closed_standard_descriptors_do_no_harm),
        cmocka_unit_test(the_users_descriptors_reach_the_engine),
        cmocka_unit_test(a_wrong_command_line_is_told),
        cmocka_unit_test(a_stopped_slot_is_found_out),
    };

    if (argc > 3 && strcmp(argv[1], "engine") == 0)
        return be_engine(argv[2], argv[3]);
    return cmocka_run_group_tests(tests, start_stopper, end_stopper);
}
