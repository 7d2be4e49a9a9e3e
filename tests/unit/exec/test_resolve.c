/*
 * Secrets of jobs, through a real executor and its slots: where they are
 * looked up, what secret_command may do to them, and what is shown of them.
 */
#include "support.h"

#include "exec/resolve.h"
#include "exec/store.h"

#include <fcntl.h>

static struct engine *engine_of(void **state)
{
    return *state;
}

enum { PLACES = 3 };

/* A job that has the secret "key" in its variable KEY, and maybe more. */
struct asking {
    char *argv[4];
    char *env[3];
    char *command[6];
    struct secret_reference secrets[PLACES];
    struct job job;
};

/* script: the job's, which has "$KEY"; command: a script that has the name of
 * the secret as $1, or NULL. */
static void fill(struct asking *asking, const char *step, const char *store,
                 const char *command, const char *script)
{
    *asking = (struct asking){0};
    asking->job = shell_job(step, asking->argv, script);
    asking->env[0] = support_env[0];
    asking->env[1] = (char *)"KEY=***";
    asking->secrets[0] =
        (struct secret_reference){SECRET_ENV, 1, false, (char *)"key"};
    asking->job.env = asking->env;
    asking->job.secrets = asking->secrets;
    asking->job.nsecrets = 1;
    asking->job.store = (char *)(uintptr_t)store;
    if (!command)
        return;
    asking->command[0] = (char *)"/bin/sh";
    asking->command[1] = (char *)"-c";
    asking->command[2] = (char *)(uintptr_t)command;
    asking->command[3] = (char *)"vault";
    asking->job.secret_command = asking->command;
}

static const struct result *ask(void **state, const char *step,
                                const char *store, const char *command,
                                const char *script)
{
    struct asking asking;

    fill(&asking, step, store, command, script);
    exec_client_start(engine_of(state)->client, &asking.job);
    return wait_result(engine_of(state), step);
}

static const char nowhere[] = "/nonexistent/secrets";
static const char length[] = "printf %s \"${#KEY}\"";

static void not_started(const struct result *result, const char *why)
{
    assert_int_equal(result->verdict, VERDICT_NOT_STARTED);
    assert_non_null(result->text);
    if (!strstr(result->text, why))
        fail_msg("\"%s\" does not say \"%s\"", result->text, why);
    assert_int_equal(result->out_len + result->err_len, 0);
}

/* ---- Where they come from ---------------------------------------------- */

static void the_store_comes_before_the_command(void **state)
{
    char *folder = make_folder();
    char *store = alloc_printf("%s/secrets", folder);
    const struct result *result;

    assert_int_equal(store_write(store, "key", str_of("from-store"), NULL), 0);
    result = ask(state, "w1", store, "echo from-command", length);
    assert_string_equal(result->out, "10");
    assert_int_equal(store_remove(store, "key", NULL), 0);
    result = ask(state, "w2", store, "echo from-command", length);
    assert_string_equal(result->out, "12");
    not_started(ask(state, "w3", store, NULL, length),
                "secret key is not set; riposte secret set key");
    rmdir(store);
    free(store);
    remove_folder(folder);
}

/* One that is refused is not looked for elsewhere. */
static void a_store_that_is_refused_ends_it(void **state)
{
    char *folder = make_folder();
    char *path = alloc_printf("%s/key", folder);

    assert_int_equal(store_write(folder, "key", str_of("from-store"), NULL), 0);
    assert_int_equal(chmod(path, 0644), 0);
    not_started(ask(state, "f1", folder, "echo from-command", length),
                "can be opened by others");
    free(path);
    remove_folder(folder);
}

static void every_place_gets_it_and_it_is_asked_for_once(void **state)
{
    char *folder = make_folder();
    char *log = alloc_printf("%s/log", folder);
    char *command = alloc_printf("echo \"$1\" >>%s; echo the-secret", log);
    struct asking asking;
    const struct result *result;

    fill(&asking, "e1", nowhere, command,
         "[ \"$KEY\" = \"$(cat)\" ] && echo \"same $KEY\"");
    asking.secrets[1] =
        (struct secret_reference){SECRET_STDIN, 0, false, (char *)"key"};
    asking.job.nsecrets = 2;
    exec_client_start(engine_of(state)->client, &asking.job);
    result = wait_result(engine_of(state), "e1");
    assert_string_equal(result->out, "same ***\n");
    assert_int_equal(count_lines(log), 1);
    free(command);
    free(log);
    remove_folder(folder);
}

/* ---- What the command prints -------------------------------------------- */

static void what_the_command_prints_at_the_limit_and_beside_it(void **state)
{
    const struct result *result;

    result = ask(state, "l1", nowhere, "head -c 8192 /dev/zero | tr '\\0' x",
                 length);
    assert_string_equal(result->out, "8192");
    result = ask(state, "l2", nowhere,
                 "head -c 8192 /dev/zero | tr '\\0' x; echo", length);
    assert_string_equal(result->out, "8192");
    not_started(ask(state, "l3", nowhere, "head -c 8193 /dev/zero | tr '\\0' x",
                    length),
                "secret key has more than 8192 bytes");
    /* More than is kept of any output. */
    not_started(ask(state, "l4", nowhere,
                    "head -c 200000 /dev/zero | tr '\\0' x", length),
                "secret key has more than 8192 bytes");
    not_started(ask(state, "l5", nowhere, "exec yes", length),
                "/bin/sh does not stop printing");
}

static void a_command_that_prints_nothing_of_use(void **state)
{
    not_started(ask(state, "n1", nowhere, ":", length), "secret key is empty");
    not_started(ask(state, "n2", nowhere, "echo", length),
                "secret key is empty");
    not_started(ask(state, "n3", nowhere, "printf 'a\\0b'", length),
                "secret key holds a NUL");
    not_started(ask(state, "n4", nowhere, "printf -- -rf", length),
                "secret key begins with '-'");
}

/* What it says on the way is in no text. */
static void a_command_that_fails_tells_nothing(void **state)
{
    const struct result *result;

    result = ask(state, "x1", nowhere,
                 "echo the-secret; echo not-the-secret >&2; exit 3", length);
    not_started(result, "/bin/sh does not know it: exit status 3");
    assert_null(strstr(result->text, "the-secret"));
    result = ask(state, "x2", nowhere,
                 "echo the-secret; echo oh the-secret >&2; kill -9 $$", length);
    not_started(result, "/bin/sh was killed");
    assert_null(strstr(result->text, "the-secret"));
    result =
        ask(state, "x3", nowhere, "echo the-secret; echo oops >&2", length);
    assert_string_equal(result->out, "10");
    assert_int_equal(result->err_len, 0);
}

static void a_command_that_is_not_there(void **state)
{
    struct asking asking;

    fill(&asking, "m1", nowhere, ":", length);
    asking.command[0] = (char *)"/nonexistent/vault";
    exec_client_start(engine_of(state)->client, &asking.job);
    not_started(wait_result(engine_of(state), "m1"),
                "secret key: cannot start /nonexistent/vault");
}

/* ---- A command that does not end ---------------------------------------- */

/* Takes its 10 s: as it ignores TERM, and its grace is over, it is killed,
 * with the child that it has left in a session of its own. */
static void a_command_that_hangs_is_killed_with_its_children(void **state)
{
    char *folder = make_folder();
    char *child = alloc_printf("%s/child", folder);
    char *self_file = alloc_printf("%s/self", folder);
    char *command = alloc_printf(
        "trap '' TERM; setsid sh -c 'echo $$ >%s; exec sleep 600' & "
        "echo $$ >%s; while :; do sleep 600; done",
        child, self_file);

    not_started(ask(state, "h1", nowhere, command, length),
                "/bin/sh gave no answer within 10 s");
    wait_gone((pid_t)wait_number(child));
    wait_gone((pid_t)wait_number(self_file));
    /* Its slot is of use again. */
    assert_string_equal(
        ask(state, "h2", nowhere, "echo the-secret", length)->out, "10");
    free(command);
    free(child);
    free(self_file);
    remove_folder(folder);
}

/* What it leaves does not hold up the job, and is gone before that starts. */
static void a_command_that_leaves_a_child_has_answered(void **state)
{
    char *folder = make_folder();
    char *child = alloc_printf("%s/child", folder);
    char *command =
        alloc_printf("(setsid sh -c 'echo $$ >%s; exec sleep 600' &); "
                     "until [ -s %s ]; do sleep 0.01; done; echo the-secret",
                     child, child);
    char *script = alloc_printf(
        "kill -0 $(cat %s) 2>/dev/null && echo alive; printf %%s ${#KEY}",
        child);

    assert_string_equal(ask(state, "c1", nowhere, command, script)->out, "10");
    free(script);
    free(command);
    free(child);
    remove_folder(folder);
}

static void a_job_is_cancelled_while_its_secret_is_looked_up(void **state)
{
    char *folder = make_folder();
    char *file = alloc_printf("%s/asked", folder);
    char *command = alloc_printf("echo $$ >%s; exec sleep 600", file);
    struct asking asking;

    fill(&asking, "k1", nowhere, command, length);
    exec_client_start(engine_of(state)->client, &asking.job);
    while (access(file, F_OK) < 0)
        engine_turn(engine_of(state));
    exec_client_cancel(engine_of(state)->client, "k1");
    not_started(wait_result(engine_of(state), "k1"),
                "cancelled while secret key was looked up");
    wait_gone((pid_t)wait_number(file));
    free(command);
    free(file);
    remove_folder(folder);
}

/* ---- What is shown of them ----------------------------------------------- */

/* The program ends well, but its stdout is still open somewhere else: what is
 * the front of a secret may have been going on. */
static void output_that_a_stranger_holds_open_has_broken_off(void **state)
{
    char *folder = make_folder();
    char *pid = alloc_printf("%s/pid", folder);
    char *go = alloc_printf("%s/go", folder);
    char *script = alloc_printf("echo $$ >%s; until [ -e %s ]; do sleep 0.01; "
                                "done; printf 'x the-sec'",
                                pid, go);
    struct asking asking;
    char path[64];
    int held, fd;

    fill(&asking, "b1", nowhere, "echo the-secret", script);
    exec_client_start(engine_of(state)->client, &asking.job);
    while (access(pid, F_OK) < 0)
        engine_turn(engine_of(state));
    snprintf(path, sizeof path, "/proc/%ld/fd/1", wait_number(pid));
    held = open(path, O_WRONLY | O_CLOEXEC);
    fd = open(go, O_WRONLY | O_CREAT, 0600);
    assert_true(held >= 0 && fd >= 0);
    close(fd);
    assert_string_equal(wait_result(engine_of(state), "b1")->out, "x ***");
    close(held);
    free(script);
    free(pid);
    free(go);
    remove_folder(folder);
}

static void encoded_by_real_programs_it_is_hidden(void **state)
{
    const struct result *result =
        ask(state, "o1", nowhere, "printf %s 'a/b \"c\" \\d'",
            "printf 'user:%s' \"$KEY\" | base64; "
            "python3 -c 'import json, os, urllib.parse as u; k ="
            " os.environ[\"KEY\"]; print(json.dumps({\"k\": k}), u.quote(k), "
            "u.quote_plus(k), u.quote(k, safe=\"\"))'");

    assert_int_equal(result->code, 0);
    assert_non_null(strstr(result->out, "dXNlcj"));
    assert_non_null(strstr(result->out, "{\"k\": \"***\"} *** *** ***\n"));
    assert_null(strstr(result->out, "YS9iICJjIiBcZ"));
    assert_null(strstr(result->out, "hL2IgImMiIFxk"));
    assert_null(strstr(result->out, "vYiAiYyIgXG"));
}

static int open_engine(void **state)
{
    *state = engine_open(exec_client_inherited());
    return 0;
}

static int close_engine(void **state)
{
    engine_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_store_comes_before_the_command),
        cmocka_unit_test(a_store_that_is_refused_ends_it),
        cmocka_unit_test(every_place_gets_it_and_it_is_asked_for_once),
        cmocka_unit_test(what_the_command_prints_at_the_limit_and_beside_it),
        cmocka_unit_test(a_command_that_prints_nothing_of_use),
        cmocka_unit_test(a_command_that_fails_tells_nothing),
        cmocka_unit_test(a_command_that_is_not_there),
        cmocka_unit_test(a_command_that_hangs_is_killed_with_its_children),
        cmocka_unit_test(a_command_that_leaves_a_child_has_answered),
        cmocka_unit_test(a_job_is_cancelled_while_its_secret_is_looked_up),
        cmocka_unit_test(output_that_a_stranger_holds_open_has_broken_off),
        cmocka_unit_test(encoded_by_real_programs_it_is_hidden),
    };

    unsetenv("CREDENTIALS_DIRECTORY");
    if (!getenv("RIPOSTE_EXEC_FD")) {
        execl(executor_path(), executor_path(), "run", self(), (char *)NULL);
        fprintf(stderr, "cannot start %s: build it first\n", executor_path());
        return 1;
    }
    return cmocka_run_group_tests(tests, open_engine, close_engine);
}
