#include "exec/tree.h"

#include "support.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Starts a shell below this process. The scripts write the numbers of their
 * processes into files of the folder. */
static pid_t start(const char *folder, const char *script)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (chdir(folder) == 0)
            execl("/bin/sh", "/bin/sh", "-c", script, (char *)NULL);
        _exit(127);
    }
    assert_true(pid > 0);
    return pid;
}

static pid_t number_in(const char *folder, const char *name)
{
    char *path = alloc_printf("%s/%s", folder, name);
    long number = wait_number(path);

    free(path);
    return (pid_t)number;
}

/* Rounds of killing until nothing is left, as the users of this do it. */
static unsigned end_all(const struct tree_spares *spares)
{
    unsigned rounds = 0;

    do {
        tree_reap(spares);
        if (++rounds * POLL_MS > BOUND_MS)
            fail_msg("something is left");
        nap();
    } while (tree_signal(SIGKILL, spares));
    return rounds;
}

static const char DAEMONS[] =
    "(setsid sh -c 'echo $$ >one; (setsid sh -c \"echo \\$\\$ >two; exec sleep "
    "1000\" &); exec sleep 1000' &); exec sleep 1000";

static void without_children_it_is_empty(void **state)
{
    (void)state;
    assert_true(tree_empty());
    assert_int_equal(tree_signal(SIGKILL, NULL), 0);
    tree_reap(NULL);
    assert_true(tree_empty());
}

static void daemons_do_not_escape(void **state)
{
    char *folder = make_folder();
    pid_t pid = start(folder, DAEMONS);
    pid_t one = number_in(folder, "one");
    pid_t two = number_in(folder, "two");

    (void)state;
    assert_false(tree_empty());
    end_all(NULL);
    assert_true(tree_empty());
    assert_false(is_alive(pid) || is_alive(one) || is_alive(two));
    remove_folder(folder);
}

static bool is_spared(void *arg, pid_t pid)
{
    return pid == *(pid_t *)arg;
}

static void what_is_spared_lives_and_what_is_below_it(void **state)
{
    char *folders[2] = {make_folder(), make_folder()};
    char *below = "sh -c 'echo $$ >one; exec sleep 1000' & sleep 1000";
    pid_t pids[2] = {start(folders[0], below), start(folders[1], below)};
    struct tree_spares spares = {is_spared, &pids[1]};
    pid_t ones[2] = {number_in(folders[0], "one"),
                     number_in(folders[1], "one")};

    (void)state;
    end_all(&spares);
    assert_false(is_alive(pids[0]) || is_alive(ones[0]));
    assert_true(is_alive(pids[1]) && is_alive(ones[1]));
    assert_false(tree_empty());

    /* Dead, it is still not for tree_reap to wait for. */
    kill(pids[1], SIGKILL);
    assert_int_equal(
        waitid(P_PID, (id_t)pids[1], &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    tree_reap(&spares);
    assert_int_equal(waitpid(pids[1], NULL, 0), pids[1]);
    end_all(&spares);
    assert_true(tree_empty());
    remove_folder(folders[0]);
    remove_folder(folders[1]);
}

static void term_reaches_what_is_stopped(void **state)
{
    char *folder = make_folder();
    int status;
    pid_t pid = start(folder, "trap 'exit 7' TERM; echo $$ >one; "
                              "kill -STOP $$; sleep 1000");

    (void)state;
    number_in(folder, "one");
    waitpid(pid, &status, WUNTRACED);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(tree_signal(SIGTERM, NULL), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    remove_folder(folder);
}

static void *live_on(void *arg)
{
    for (;;)
        pause();
    return arg;
}

/* A process whose first thread has ended looks dead in /proc. */
static void a_process_without_its_first_thread_is_killed(void **state)
{
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        pthread_t thread;

        pthread_create(&thread, NULL, live_on, NULL);
        pthread_exit(NULL);
    }
    for (int ms = 0; ms < 300; ms += POLL_MS) {
        tree_reap(NULL);
        nap();
    }
    assert_false(tree_empty());
    end_all(NULL);
    assert_true(tree_empty());
}

/* Its name is a process's own choice. */
static void a_name_cannot_hide_a_process(void **state)
{
    char *folder = make_folder();
    pid_t pid;
    pid_t child;

    (void)state;
    pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NAME, "x) S 1 1 1 (y");
        child = start(folder, "echo $$ >one; sleep 1000");
        waitpid(child, NULL, 0);
        _exit(0);
    }
    child = number_in(folder, "one");
    end_all(NULL);
    assert_false(is_alive(child));
    assert_true(tree_empty());
    remove_folder(folder);
}

/* Each process forks and ends at once, a hundred at a time. */
static void a_crowd_that_never_stands_still_is_caught(void **state)
{
    char *folder = make_folder();

    (void)state;
    start(folder, "f() { (trap '' TERM; f &) ; exit; }; "
                  "i=0; while [ $i -lt 20 ]; do (f &); i=$((i+1)); done; "
                  "echo 1 >one");
    number_in(folder, "one");
    end_all(NULL);
    assert_true(tree_empty());
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_children_it_is_empty),
        cmocka_unit_test(daemons_do_not_escape),
        cmocka_unit_test(what_is_spared_lives_and_what_is_below_it),
        cmocka_unit_test(term_reaches_what_is_stopped),
        cmocka_unit_test(a_process_without_its_first_thread_is_killed),
        cmocka_unit_test(a_name_cannot_hide_a_process),
        cmocka_unit_test(a_crowd_that_never_stands_still_is_caught),
    };

    if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
