#include "stand.h"

#include <limits.h>

/*
 * Jobs in the real executor. This program starts riposte-exec, which starts
 * it again as its engine; there is one executor, so the tests share a gate.
 */

static struct stand *fresh(void **state)
{
    struct stand *stand = *state;

    if (!stand->gate) {
        print_message("riposte-exec is not built\n");
        skip();
    }
    stand->action.concurrency = 8;
    return stand;
}

static struct answer *run(struct asked *asked, struct stand *stand,
                          const char *script)
{
    asked_make(asked, stand, GATE_LIVE, script, "192.0.2.7", "hunter2");
    asked_go(asked);
    asked_wait(asked);
    assert_int_equal(asked->started, 1);
    return asked->answer;
}

static void values_arrive_as_they_are(void **state)
{
    struct stand *stand = fresh(state);
    struct asked asked;
    struct answer *answer =
        run(&asked, stand, "printf '%s|' \"$0\" \"${#1}\"; printf $1; pwd");

    assert_int_equal(answer->status, STEP_EXECUTED);
    assert_true(answer->exited);
    assert_int_equal(answer->exit, 0);
    assert_string_equal(answer->out, "192.0.2.7|7|***/usr\n");
    assert_string_equal(answer->err, "");
    assert_true(answer->seconds > 0);
    asked_free(&asked);
}

static void the_environment_is_ours_alone(void **state)
{
    static char *env[] = {"COLOUR=blue", "LANG=de_DE.UTF-8",
                          "RIPOSTE_STEP=r0.0"};
    struct stand *stand = fresh(state);
    struct asked asked;
    struct answer *answer;
    char *want;

    setenv("SECRET_OF_THE_ENGINE", "x", 1);
    setenv("TMPDIR", "/var/tmp", 1);
    stand->env = (struct words){.items = env, .len = 3};
    stand->params[TARGET].via = VIA_ENV;
    stand->params[TARGET].via_name = "FW_TARGET";
    answer = run(&asked, stand, "env | grep -v ^PWD= | sort");
    stand->params[TARGET].via = VIA_ARGV;
    stand->env = (struct words){0};
    want = alloc_printf("COLOUR=blue\nFW_TARGET=192.0.2.7\n"
                        "LANG=de_DE.UTF-8\nPATH=/usr/bin:/bin\n"
                        "RIPOSTE_STATE=/nowhere/state/test_plugin\n"
                        "RIPOSTE_STEP=r1.%u-%s\nTMPDIR=/var/tmp\n",
                        asked.ask.step, journal_id(stand->place.journal));
    assert_string_equal(answer->out, want);
    free(want);
    asked_free(&asked);
}

static void state_is_shared_with_nobody(void **state)
{
    struct stand *stand = fresh(state);
    struct asked asked;
    struct answer *answer;

    stand->plugin.slug = "secrets";
    answer = run(&asked, stand, "printf %s $RIPOSTE_STATE");
    stand->plugin.slug = "test_plugin";
    assert_string_equal(answer->out, "/nowhere/state/plugin-secrets");
    asked_free(&asked);
}

static void a_value_may_go_to_stdin(void **state)
{
    struct stand *stand = fresh(state);
    struct asked asked;
    struct answer *answer;

    stand->params[KEY].via = VIA_STDIN;
    answer = run(&asked, stand, "read -r key; printf \"${#key} $#\"");
    stand->params[KEY].via = VIA_ARGV;
    assert_string_equal(answer->out, "7 0");
    assert_string_equal(asked.argv.data,
                        "[\"run\",\"read -r key; printf \\\"${#key} "
                        "$#\\\"\",\"192.0.2.7\"]");
    asked_free(&asked);
}

static void failures_are_told_apart(void **state)
{
    static char *missing[] = {"/nowhere/program"};
    struct stand *stand = fresh(state);
    struct words program = stand->action.program;
    struct asked asked;
    struct answer *answer = run(&asked, stand, "echo no >&2; exit 3");

    assert_int_equal(answer->status, STEP_FAILED);
    assert_int_equal(answer->exit, 3);
    assert_string_equal(answer->err, "no\n");
    asked_free(&asked);

    answer = run(&asked, stand, "kill -9 $$");
    assert_int_equal(answer->status, STEP_FAILED);
    assert_int_equal(answer->signal, 9);
    asked_free(&asked);

    stand->action.program = (struct words){.items = missing, .len = 1};
    answer = run(&asked, stand, "true");
    stand->action.program = program;
    assert_int_equal(answer->status, STEP_NOT_STARTED);
    asked_free(&asked);

    asked_make(&asked, stand, GATE_LIVE, "trap '' TERM; sleep 600", NULL, NULL);
    ((struct request *)asked.ask.request)->timeout = 100;
    asked_go(&asked);
    asked_wait(&asked);
    assert_int_equal(asked.answer->status, STEP_TIMED_OUT);
    asked_free(&asked);
}

static void dry_runs_context_actions(void **state)
{
    struct stand *stand = fresh(state);
    struct asked asked;

    asked_make(&asked, stand, GATE_DRY, "echo ran", NULL, NULL);
    asked_go(&asked);
    asked_wait(&asked);
    assert_int_equal(asked.answer->status, STEP_EXECUTED);
    assert_string_equal(asked.answer->out, "ran\n");
    asked_free(&asked);
}

/* Waits until a file is there; the test decides when. */
static void hold(struct asked *asked, struct stand *stand, const char *target)
{
    char script[200];

    snprintf(script, sizeof script,
             "until [ -e %s/go ]; do sleep 0.02; done; echo gone",
             stand->place.folder);
    asked_make(asked, stand, GATE_LIVE, script, target, NULL);
    asked_go(asked);
}

static void release(struct stand *stand)
{
    char path[96];
    FILE *file;

    snprintf(path, sizeof path, "%s/go", stand->place.folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void unrelease(struct stand *stand)
{
    char path[96];

    snprintf(path, sizeof path, "%s/go", stand->place.folder);
    assert_int_equal(unlink(path), 0);
}

static void a_hung_action_delays_no_other(void **state)
{
    struct stand *stand = fresh(state);
    struct action quick = stand->action;
    struct asked hung[12], other;

    for (size_t i = 0; i < 12; i++)
        hold(&hung[i], stand, NULL);
    quick.name = "Quick";
    asked_make(&other, stand, GATE_LIVE, "echo quick", NULL, NULL);
    ((struct request *)other.ask.request)->action = &quick;
    asked_go(&other);
    asked_wait(&other);
    assert_string_equal(other.answer->out, "quick\n");
    assert_int_equal(gate_running(stand->gate), 8);
    assert_int_equal(gate_waiting(stand->gate), 4);
    release(stand);
    for (size_t i = 0; i < 12; i++) {
        asked_wait(&hung[i]);
        assert_string_equal(hung[i].answer->out, "gone\n");
        asked_free(&hung[i]);
    }
    asked_free(&other);
    unrelease(stand);
}

/* Any spelling of an address is one target. */
static void one_target_at_a_time(void **state)
{
    static const char *const same[] = {"192.0.2.7", "::ffff:192.0.2.7",
                                       "::FFFF:C000:207"};
    struct stand *stand = fresh(state);
    struct asked held[3], other;
    unsigned ranked = 0;

    for (size_t i = 0; i < 3; i++) {
        hold(&held[i], stand, same[i]);
        held[i].ranked = &ranked;
    }
    asked_make(&other, stand, GATE_LIVE, "true", "192.0.2.8", NULL);
    asked_go(&other);
    asked_wait(&other);
    assert_int_equal(gate_running(stand->gate), 1);
    release(stand);
    for (size_t i = 0; i < 3; i++) {
        asked_wait(&held[i]);
        assert_int_equal(held[i].rank, i);
        asked_free(&held[i]);
    }
    asked_free(&other);
    unrelease(stand);
}

static void everybody_gets_his_own_answer(void **state)
{
    enum { MANY = 150 };
    struct stand *stand = fresh(state);
    struct asked *asked = alloc_zeroed(MANY, sizeof *asked);
    char script[32];

    stand->action.concurrency = 100; /* past the total of 64 */
    for (int i = 0; i < MANY; i++) {
        snprintf(script, sizeof script, "exit %d", i);
        asked_make(&asked[i], stand, GATE_LIVE, script, NULL, NULL);
        asked_go(&asked[i]);
    }
    assert_int_equal(gate_running(stand->gate), 64);
    for (int i = 0; i < MANY; i++) {
        asked_wait(&asked[i]);
        assert_int_equal(asked[i].answer->exit, i);
        assert_int_equal(asked[i].started, 1);
        asked_free(&asked[i]);
    }
    assert_int_equal(gate_running(stand->gate), 0);
    assert_int_equal(gate_waiting(stand->gate), 0);
    free(asked);
}

/* Becomes the executor, which starts this program again; comes back where it
 * is not built. */
static void become_executor(void)
{
    const char *build = getenv("RIPOSTE_BUILD");
    char self[PATH_MAX], path[PATH_MAX + 32];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    if (len < 0)
        return;
    self[len] = '\0';
    if (build)
        snprintf(path, sizeof path, "%s/riposte-exec", build);
    else /* from BUILD/tests/unit/gate/test_job */
        snprintf(path, sizeof path, "%.*s/../../../riposte-exec",
                 (int)(strrchr(self, '/') - self), self);
    execl(path, path, "run", self, (char *)NULL);
}

static struct stand shared;

static int open_shared(void **state)
{
    int fd = exec_client_inherited();

    *state = &shared;
    if (fd >= 0)
        stand_open(&shared, fd);
    else
        stand_describe(&shared);
    return 0;
}

static int close_shared(void **state)
{
    struct stand *stand = *state;

    if (stand->gate)
        stand_close(stand);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_arrive_as_they_are),
        cmocka_unit_test(the_environment_is_ours_alone),
        cmocka_unit_test(state_is_shared_with_nobody),
        cmocka_unit_test(a_value_may_go_to_stdin),
        cmocka_unit_test(failures_are_told_apart),
        cmocka_unit_test(dry_runs_context_actions),
        cmocka_unit_test(a_hung_action_delays_no_other),
        cmocka_unit_test(one_target_at_a_time),
        cmocka_unit_test(everybody_gets_his_own_answer),
    };

    if (!getenv("RIPOSTE_EXEC_FD"))
        become_executor();
    return cmocka_run_group_tests(tests, open_shared, close_shared);
}
