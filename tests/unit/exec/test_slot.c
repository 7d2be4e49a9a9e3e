/*
 * Plugins of every kind, through a real executor and its slots: this program
 * starts riposte-exec, which starts it again as the engine.
 */
#include "support.h"

#include <fcntl.h>
#include <sys/wait.h>

static struct engine *engine_of(void **state)
{
    return *state;
}

static const struct result *run(void **state, const char *step,
                                const char *script)
{
    start_shell(engine_of(state), step, script, LONG_MS, LONG_MS);
    return wait_result(engine_of(state), step);
}

/* ---- What a program sees ---------------------------------------------- */

static void status_and_both_streams_come_back(void **state)
{
    const struct result *result =
        run(state, "s1", "echo out; echo err >&2; exit 255");

    assert_int_equal(result->verdict, VERDICT_EXITED);
    assert_int_equal(result->code, 255);
    assert_string_equal(result->out, "out\n");
    assert_string_equal(result->err, "err\n");
    assert_null(result->text);
    assert_false(result->out_truncated || result->err_truncated);
    assert_true(result->micros > 0);
}

static void standard_streams_can_be_opened_by_name(void **state)
{
    const struct result *result =
        run(state, "n1", "echo a >/dev/stdout; echo b >/dev/stderr");

    assert_int_equal(result->code, 0);
    assert_string_equal(result->out, "a\n");
    assert_string_equal(result->err, "b\n");
}

static void a_signal_is_told_from_a_status(void **state)
{
    const struct result *result = run(state, "g1", "kill -SEGV $$");

    assert_int_equal(result->verdict, VERDICT_SIGNALLED);
    assert_int_equal(result->code, SIGSEGV);
}

static void arguments_and_environment_are_exactly_those_given(void **state)
{
    char *argv[] = {(char *)self(), (char *)"plugin",
                    (char *)"show", (char *)"$(id) \"';\n\x01\xff",
                    (char *)"",     NULL};
    char *env[] = {(char *)"A=1", (char *)"RIPOSTE_STEP=e1",
                   (char *)"ASAN_OPTIONS=detect_leaks=0", NULL};
    char *none[] = {NULL};
    struct job job = {.step = (char *)"e1",
                      .argv = argv,
                      .env = env,
                      .folder = (char *)"/usr/lib",
                      .timeout = LONG_MS};
    struct engine *engine = engine_of(state);
    const struct result *result;

    exec_client_start(engine->client, &job);
    result = wait_result(engine, "e1");
    assert_string_equal(result->out, "[$(id) \"';\n\x01\xff][]\n"
                                     "{A=1}{RIPOSTE_STEP=e1}"
                                     "{ASAN_OPTIONS=detect_leaks=0}\n"
                                     "/usr/lib\n");
    job.env = none;
    job.step = (char *)"e2";
    exec_client_start(engine->client, &job);
    result = wait_result(engine, "e2");
    assert_string_equal(result->out, "[$(id) \"';\n\x01\xff][]\n"
                                     "\n"
                                     "/usr/lib\n");
}

static void only_the_standard_descriptors_are_open(void **state)
{
    char *argv[] = {(char *)self(), (char *)"plugin", (char *)"descriptors",
                    NULL};
    struct engine *engine = engine_of(state);
    struct job job = {.step = (char *)"d1",
                      .argv = argv,
                      .env = (char **)support_env,
                      .folder = (char *)"/",
                      .timeout = LONG_MS};

    exec_client_start(engine->client, &job);
    assert_string_equal(wait_result(engine, "d1")->out, "0 1 2");
    job.step = (char *)"d2";
    job.input = (char *)"x";
    job.input_len = 1;
    exec_client_start(engine->client, &job);
    assert_string_equal(wait_result(engine, "d2")->out, "0 1 2");
}

/* Nothing of the slot's own peculiarities is handed down. Looked at are the
 * signals up to 28: what whoever started the tests did to 32 and 33, which
 * belong to the threads library, goes through. */
static void signals_mask_and_limits_are_as_promised(void **state)
{
    const struct result *result =
        run(state, "m1",
            "sed -nE 's/^(Sig(Blk|Ign)):.*(.{7})$/\\1 \\3/p' "
            "/proc/self/status; umask; ulimit -c; "
            "[ $$ = $(ps -o sid= -p $$) ] && echo own session");

    assert_string_equal(result->out, "SigBlk 0000000\n"
                                     "SigIgn 0000000\n"
                                     "0077\n0\nown session\n");
}

/* The program waits for a file that is made when its output was seen: so the
 * output must come while it runs. */
static void output_is_seen_while_the_program_runs(void **state)
{
    struct engine *engine = engine_of(state);
    char *folder = make_folder();
    char *seen = alloc_printf("%s/seen", folder);
    char *script = alloc_printf("echo first; echo oops >&2; "
                                "until [ -e %s ]; do sleep 0.01; done; "
                                "printf last",
                                seen);
    char *argv[4];
    struct job job = shell_job("live1", argv, script);
    const struct result *result;

    job.stream = true;
    exec_client_start(engine->client, &job);
    while (!engine->output[0].len || !engine->output[1].len)
        engine_turn(engine);
    assert_null(find_result(engine, "live1"));
    fclose(fopen(seen, "w"));
    result = wait_result(engine, "live1");
    assert_string_equal(engine->output[0].data, "first\nlast");
    assert_string_equal(engine->output[1].data, "oops\n");
    assert_string_equal(result->out, "first\nlast");
    assert_string_equal(result->err, "oops\n");
    run(state, "live2", "echo not streamed");
    assert_string_equal(engine->output[0].data, "first\nlast");
    free(script);
    free(seen);
    remove_folder(folder);
}

/* ---- Input ------------------------------------------------------------ */

static const struct result *run_with_input(struct engine *engine,
                                           const char *step, const char *script,
                                           const char *input, size_t len)
{
    char *argv[4];
    struct job job = shell_job(step, argv, script);

    job.input = (char *)input;
    job.input_len = len;
    exec_client_start(engine->client, &job);
    return wait_result(engine, step);
}

static void input_is_null_or_what_was_given(void **state)
{
    struct engine *engine = engine_of(state);
    char *much = alloc_bytes(900000);
    const struct result *result;

    result = run(state, "i1", "cat; readlink /proc/self/fd/0");
    assert_string_equal(result->out, "/dev/null\n");
    result = run_with_input(engine, "i2", "cat", "a\0b\n", 4);
    assert_int_equal(result->out_len, 4);
    assert_memory_equal(result->out, "a\0b\n", 4);
    result = run_with_input(engine, "i3", "cat; echo end", "", 0);
    assert_string_equal(result->out, "end\n");
    memset(much, 'x', 900000);
    result = run_with_input(engine, "i4", "wc -c", much, 900000);
    assert_string_equal(result->out, "900000\n");
    result = run_with_input(engine, "i5", "exit 3", much, 900000);
    assert_int_equal(result->verdict, VERDICT_EXITED);
    assert_int_equal(result->code, 3);
    result = run_with_input(engine, "i6", "exec <&-; sleep 0.1; echo on", much,
                            900000);
    assert_string_equal(result->out, "on\n");
    free(much);
}

/* ---- What does not start ---------------------------------------------- */

static const struct result *run_file(struct engine *engine, const char *step,
                                     const char *program, const char *folder)
{
    char *argv[] = {(char *)program, NULL};
    struct job job = {.step = (char *)step,
                      .argv = argv,
                      .env = (char **)support_env,
                      .folder = (char *)folder,
                      .timeout = LONG_MS};

    exec_client_start(engine->client, &job);
    return wait_result(engine, step);
}

static void not_started_with(const struct result *result, const char *a,
                             const char *b)
{
    assert_int_equal(result->verdict, VERDICT_NOT_STARTED);
    assert_non_null(result->text);
    if (!strstr(result->text, a) || !strstr(result->text, b))
        fail_msg("'%s' lacks '%s' or '%s'", result->text, a, b);
}

static void what_cannot_start_says_why(void **state)
{
    struct engine *engine = engine_of(state);
    char *folder = make_folder();
    char *script = alloc_printf("%s/script", folder);
    FILE *file = fopen(script, "w");

    not_started_with(run_file(engine, "x1", "/no/such", "/"), "/no/such",
                     "no such file");
    not_started_with(run_file(engine, "x2", "/etc/passwd", "/"), "/etc/passwd",
                     "permission denied");
    not_started_with(run_file(engine, "x3", "/bin/true", "/no/folder"),
                     "/no/folder", "No such file");
    not_started_with(run_file(engine, "x4", "/bin/true", "/bin/true"),
                     "working folder", "Not a directory");
    assert_non_null(file);
    fputs("#!/no/interpreter\n", file);
    fclose(file);
    chmod(script, 0700);
    not_started_with(run_file(engine, "x5", script, "/"), script,
                     "interpreter");
    free(script);
    remove_folder(folder);
}

/* Linux takes arguments of 131,071 bytes (MAX_ARG_STRLEN less the NUL). */
static void arguments_at_the_limit_and_beyond(void **state)
{
    struct engine *engine = engine_of(state);
    char *big = alloc_bytes(131073);
    char *argv[] = {(char *)"/bin/true", big, NULL};
    struct job job = {.step = (char *)"a1",
                      .argv = argv,
                      .env = (char **)support_env,
                      .folder = (char *)"/",
                      .timeout = LONG_MS};

    memset(big, 'x', 131072);
    big[131071] = '\0';
    exec_client_start(engine->client, &job);
    assert_int_equal(wait_result(engine, "a1")->verdict, VERDICT_EXITED);
    big[131071] = 'x';
    big[131072] = '\0';
    job.step = (char *)"a2";
    exec_client_start(engine->client, &job);
    not_started_with(wait_result(engine, "a2"), "/bin/true", "too long");
    free(big);
}

/* ---- Time ------------------------------------------------------------- */

/* The script is timed out however often it is started. It gets more time each
 * time, until on this machine it was enough to say all that it has to say. */
static void timed_out(void **state, const char *step, const char *script,
                      uint64_t grace, const char *out)
{
    bool said = false;

    for (uint64_t ms = 100; !said; ms *= 2) {
        char *name = alloc_printf("%s.%d", step, (int)ms);
        const struct result *result;

        if (ms > BOUND_MS)
            fail_msg("%s never says %s", step, out);
        start_shell(engine_of(state), name, script, ms, grace);
        result = wait_result(engine_of(state), name);
        assert_int_equal(result->verdict, VERDICT_TIMED_OUT);
        said = !out || strcmp(result->out, out) == 0;
        free(name);
    }
}

static void a_sleeper_is_timed_out_by_term(void **state)
{
    timed_out(state, "t1",
              "trap 'echo told; exit 9' TERM; echo up; "
              "while :; do sleep 0.05; done",
              LONG_MS, "up\ntold\n");
}

static void nothing_escapes_its_timeout(void **state)
{
    timed_out(state, "u1", "trap '' TERM; echo no; sleep 1000", 100, "no\n");
    timed_out(state, "u2", "exec >&- 2>&-; sleep 1000", 100, "");
    timed_out(state, "u3", "kill -STOP $$", 100, "");
    timed_out(state, "u4", "while :; do printf x; sleep 0.02; done", 100, NULL);
    timed_out(state, "u5", "while :; do :; done", 100, "");
}

static void a_cancelled_job_says_so(void **state)
{
    struct engine *engine = engine_of(state);
    const struct result *result;

    start_shell(engine, "c1", "echo x; exec sleep 1000", LONG_MS, LONG_MS);
    exec_client_cancel(engine->client, "no such step");
    exec_client_cancel(engine->client, "c1");
    result = wait_result(engine, "c1");
    assert_int_equal(result->verdict, VERDICT_CANCELLED);
    exec_client_cancel(engine->client, "c1");
    assert_int_equal(run(state, "c2", "exit 4")->code, 4);
}

/* ---- Output ----------------------------------------------------------- */

static void output_at_the_kept_limit_and_beside_it(void **state)
{
    const struct result *result;

    result = run(state, "o1", "head -c 65536 /dev/zero");
    assert_int_equal(result->out_len, JOB_OUTPUT_KEPT);
    assert_false(result->out_truncated);
    result = run(state, "o2", "head -c 65537 /dev/zero >&2; echo x");
    assert_int_equal(result->err_len, JOB_OUTPUT_KEPT);
    assert_true(result->err_truncated);
    assert_int_equal(result->out_len, 2);
    assert_false(result->out_truncated);
    assert_int_equal(result->verdict, VERDICT_EXITED);
}

static void output_at_the_kill_limit_and_beside_it(void **state)
{
    const struct result *result;

    /* Both streams count together. */
    result = run(state, "k1",
                 "head -c 33554432 /dev/zero; head -c 33554432 /dev/zero >&2");
    assert_int_equal(result->verdict, VERDICT_EXITED);
    assert_true(result->out_truncated && result->err_truncated);
    result = run(state, "k2",
                 "head -c 33554432 /dev/zero; head -c 33554432 /dev/zero >&2; "
                 "echo; exec sleep 1000");
    assert_int_equal(result->verdict, VERDICT_OUTPUT_LIMIT);
    assert_int_equal(result->out_len, JOB_OUTPUT_KEPT);
}

static long high_water_kib(long pid)
{
    char path[64], line[256];
    long kib = -1;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/status", pid);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "VmHWM: %ld", &kib) == 1)
            break;
    }
    fclose(file);
    return kib;
}

static void a_flood_is_stopped_and_memory_stays_flat(void **state)
{
    const struct result *result = run(state, "f0", "echo $PPID");
    long slot = strtol(result->out, NULL, 10);
    long before = high_water_kib(slot);
    long executor = high_water_kib(getppid());

    result = run(state, "f1", "head -c 1073741824 /dev/zero; exit 1");
    assert_int_equal(result->verdict, VERDICT_OUTPUT_LIMIT);
    assert_int_equal(result->out_len, JOB_OUTPUT_KEPT);
    assert_in_range(high_water_kib(slot), 0, before + 4096);
    assert_in_range(high_water_kib(getppid()), 0, executor + 4096);
}

/* ---- Trees ------------------------------------------------------------ */

/* A daemon as daemons do: two forks, a session of its own, TERM ignored, the
 * output still open. It says its number in a file. */
static char *daemon_script(const char *file, const char *then)
{
    return alloc_printf("trap '' TERM; (setsid sh -c 'echo $$ >%s; exec sleep "
                        "1000' &); while [ ! -s %s ]; do sleep 0.01; done; %s",
                        file, file, then);
}

static void what_it_leaves_is_gone_when_it_ends(void **state)
{
    char *folder = make_folder();
    char *file = alloc_printf("%s/pid", folder);
    char *script = daemon_script(file, "echo left; exit 5");
    const struct result *result = run(state, "l1", script);

    assert_int_equal(result->verdict, VERDICT_EXITED);
    assert_int_equal(result->code, 5);
    assert_string_equal(result->out, "left\n");
    assert_false(is_alive((pid_t)wait_number(file)));
    free(script);
    free(file);
    remove_folder(folder);
}

static void a_slot_ends_its_own_tree_and_no_other(void **state)
{
    struct engine *engine = engine_of(state);
    char *folder = make_folder();
    char *files[2] = {alloc_printf("%s/1", folder),
                      alloc_printf("%s/2", folder)};
    char *scripts[2] = {daemon_script(files[0], "sleep 1000"),
                        daemon_script(files[1], "sleep 1000")};
    pid_t pids[2];

    start_shell(engine, "w1", scripts[0], LONG_MS, 50);
    start_shell(engine, "w2", scripts[1], LONG_MS, 50);
    while (count_lines(files[0]) + count_lines(files[1]) < 2)
        engine_turn(engine);
    for (int i = 0; i < 2; i++)
        pids[i] = (pid_t)wait_number(files[i]);
    exec_client_cancel(engine->client, "w1");
    assert_int_equal(wait_result(engine, "w1")->verdict, VERDICT_CANCELLED);
    assert_false(is_alive(pids[0]));
    assert_true(is_alive(pids[1]));
    assert_null(find_result(engine, "w2"));
    exec_client_cancel(engine->client, "w2");
    assert_int_equal(wait_result(engine, "w2")->verdict, VERDICT_CANCELLED);
    assert_false(is_alive(pids[1]));
    for (int i = 0; i < 2; i++) {
        free(scripts[i]);
        free(files[i]);
    }
    remove_folder(folder);
}

/* Each process starts two, until there are 64, and each outlives its parent. */
static void a_tree_that_grows_while_it_is_killed(void **state)
{
    const struct result *result;

    start_shell(engine_of(state), "b1",
                "trap '' TERM; f() { [ $1 -gt 5 ] && exec sleep 1000; "
                "(setsid sh -c 'exec sleep 1000' &); (f $(($1+1)) &); "
                "(f $(($1+1)) &); }; f 0; sleep 1000",
                150, 0);
    result = wait_result(engine_of(state), "b1");
    assert_int_equal(result->verdict, VERDICT_TIMED_OUT);
    /* The shell itself. */
    result = run(state, "b2", "ps -o pid= --ppid $PPID | wc -l");
    assert_string_equal(result->out, "1\n");
}

static void orphans_are_waited_for_while_the_job_runs(void **state)
{
    const struct result *result =
        run(state, "z1",
            "i=0; while [ $i -lt 50 ]; do (true &); i=$((i+1)); done; "
            "i=0; while [ $i -lt 500 ]; do "
            "n=$(ps -o stat= --ppid $PPID | grep -c Z); "
            "[ $n = 0 ] && break; sleep 0.05; i=$((i+1)); done; echo $n");

    assert_string_equal(result->out, "0\n");
}

/* ---- Slots ------------------------------------------------------------ */

static void slots_are_reused(void **state)
{
    struct engine *engine = engine_of(state);
    long slots[100];
    size_t different = 0;

    for (int i = 0; i < 100; i++) {
        char step[32];
        long slot;
        size_t at = 0;

        snprintf(step, sizeof step, "reuse%d", i);
        slot = strtol(run(state, step, "echo $PPID")->out, NULL, 10);
        while (at < different && slots[at] != slot)
            at++;
        if (at == different)
            slots[different++] = slot;
    }
    assert_int_equal(different, 1);
    assert_false(engine->lost);
}

static size_t count_slots(void)
{
    pid_t pids[512];

    return children_of(getppid(), "--slot", pids, 512);
}

/* As many at once as POOL_SLOTS_MAX (pool.h), and one more. */
static void too_many_at_once_are_refused(void **state)
{
    enum { MAX = 128, KEPT = 8 };
    struct engine *engine = engine_of(state);
    char step[32];

    for (int i = 0; i <= MAX; i++) {
        snprintf(step, sizeof step, "many%d", i);
        start_shell(engine, step, "exec sleep 1000", LONG_MS, LONG_MS);
    }
    snprintf(step, sizeof step, "many%d", MAX);
    not_started_with(wait_result(engine, step), "too many", "128");
    assert_int_equal(count_slots(), MAX);
    for (int i = 0; i < MAX; i++) {
        snprintf(step, sizeof step, "many%d", i);
        exec_client_cancel(engine->client, step);
    }
    for (int i = 0; i < MAX; i++) {
        snprintf(step, sizeof step, "many%d", i);
        assert_int_equal(wait_result(engine, step)->verdict, VERDICT_CANCELLED);
    }
    for (int ms = 0; count_slots() > KEPT && ms < BOUND_MS; ms += POLL_MS)
        nap();
    assert_int_equal(count_slots(), KEPT);
}

static void a_killed_slot_takes_its_tree_along(void **state)
{
    struct engine *engine = engine_of(state);
    char *folder = make_folder();
    char *files[3] = {alloc_printf("%s/daemon", folder),
                      alloc_printf("%s/slot", folder),
                      alloc_printf("%s/other", folder)};
    char *then = alloc_printf("echo $PPID >%s; sleep 1000", files[1]);
    char *script = daemon_script(files[0], then);
    char *other = daemon_script(files[2], "sleep 1000");
    pid_t slot;

    start_shell(engine, "lost1", script, LONG_MS, LONG_MS);
    start_shell(engine, "lost2", other, LONG_MS, 50);
    while (!count_lines(files[1]) || !count_lines(files[2]))
        engine_turn(engine);
    slot = (pid_t)wait_number(files[1]);
    assert_int_equal(kill(slot, SIGKILL), 0);
    assert_int_equal(wait_result(engine, "lost1")->verdict, VERDICT_LOST);
    assert_false(is_alive((pid_t)wait_number(files[0])));
    assert_true(is_alive((pid_t)wait_number(files[2])));
    exec_client_cancel(engine->client, "lost2");
    assert_int_equal(wait_result(engine, "lost2")->verdict, VERDICT_CANCELLED);
    assert_false(is_alive((pid_t)wait_number(files[2])));
    for (int i = 0; i < 3; i++)
        free(files[i]);
    free(then);
    free(script);
    free(other);
    remove_folder(folder);
}

static void a_step_is_started_once_however_often_it_is_sent(void **state)
{
    struct engine *engine = engine_of(state);
    char *folder = make_folder();
    char *file = alloc_printf("%s/runs", folder);
    char *script = alloc_printf("echo run >>%s; sleep 0.1", file);

    for (int i = 0; i < 3; i++)
        start_shell(engine, "once", script, LONG_MS, LONG_MS);
    while (!find_result(engine, "once"))
        engine_turn(engine);
    start_shell(engine, "once", script, LONG_MS, LONG_MS);
    assert_int_equal(run(state, "after", "exit 0")->verdict, VERDICT_EXITED);
    assert_int_equal(count_lines(file), 1);
    exec_client_forget(engine->client, "once");
    start_shell(engine, "once", script, LONG_MS, LONG_MS);
    for (size_t before = engine->len; engine->len == before;)
        engine_turn(engine);
    assert_int_equal(count_lines(file), 2);
    exec_client_forget(engine->client, "once");
    free(script);
    free(file);
    remove_folder(folder);
}

static void what_is_awaited_is_not_started(void **state)
{
    struct engine *engine = engine_of(state);

    exec_client_await(engine->client, "never sent");
    not_started_with(wait_result(engine, "never sent"), "had not", "sent");
    start_shell(engine, "awaited", "sleep 0.1", LONG_MS, LONG_MS);
    exec_client_await(engine->client, "awaited");
    assert_int_equal(wait_result(engine, "awaited")->verdict, VERDICT_EXITED);
    exec_client_forget(engine->client, "awaited");
}

/* Results that nobody commits are refused at POOL_STEPS_MAX (pool.h). All
 * steps before this were forgotten. */
static void unforgotten_results_have_a_limit(void **state)
{
    enum { MAX = 1024, AT_ONCE = 32 };
    struct engine *engine = engine_of(state);
    size_t before = engine->len;
    char step[32];

    for (size_t i = 0; i < MAX + AT_ONCE; i++) {
        snprintf(step, sizeof step, "kept%zu", i);
        start_shell(engine, step, "exit 0", LONG_MS, LONG_MS);
        while (i >= AT_ONCE && engine->len - before < i - AT_ONCE)
            engine_turn(engine);
    }
    while (engine->len - before < MAX + AT_ONCE)
        engine_turn(engine);
    for (size_t i = 0; i < MAX + AT_ONCE; i++) {
        const struct result *result;

        snprintf(step, sizeof step, "kept%zu", i);
        result = find_result(engine, step);
        if (i < MAX)
            assert_int_equal(result->verdict, VERDICT_EXITED);
        else
            not_started_with(result, "too many results", "forgotten");
        exec_client_forget(engine->client, step);
    }
    assert_int_equal(run(state, "kept", "exit 0")->verdict, VERDICT_EXITED);
}

/* ---- This program as a plugin, and as an engine ----------------------- */

static int show(char **words)
{
    char folder[PATH_MAX];

    for (; *words; words++)
        printf("[%s]", *words);
    putchar('\n');
    for (char **env = environ; *env; env++)
        printf("{%s}", *env);
    printf("\n%s\n", getcwd(folder, sizeof folder));
    return 0;
}

static int descriptors(void)
{
    const char *blank = "";

    for (int fd = 0; fd < 4096; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            continue;
        printf("%s%d", blank, fd);
        blank = " ";
    }
    return 0;
}

static int be_plugin(char **argv)
{
    return strcmp(argv[2], "show") == 0 ? show(argv + 3) : descriptors();
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_and_both_streams_come_back),
        cmocka_unit_test(standard_streams_can_be_opened_by_name),
        cmocka_unit_test(a_signal_is_told_from_a_status),
        cmocka_unit_test(arguments_and_environment_are_exactly_those_given),
        cmocka_unit_test(only_the_standard_descriptors_are_open),
        cmocka_unit_test(signals_mask_and_limits_are_as_promised),
        cmocka_unit_test(output_is_seen_while_the_program_runs),
        cmocka_unit_test(input_is_null_or_what_was_given),
        cmocka_unit_test(what_cannot_start_says_why),
        cmocka_unit_test(arguments_at_the_limit_and_beyond),
        cmocka_unit_test(a_sleeper_is_timed_out_by_term),
        cmocka_unit_test(nothing_escapes_its_timeout),
        cmocka_unit_test(a_cancelled_job_says_so),
        cmocka_unit_test(output_at_the_kept_limit_and_beside_it),
        cmocka_unit_test(output_at_the_kill_limit_and_beside_it),
        cmocka_unit_test(a_flood_is_stopped_and_memory_stays_flat),
        cmocka_unit_test(what_it_leaves_is_gone_when_it_ends),
        cmocka_unit_test(a_slot_ends_its_own_tree_and_no_other),
        cmocka_unit_test(a_tree_that_grows_while_it_is_killed),
        cmocka_unit_test(orphans_are_waited_for_while_the_job_runs),
        cmocka_unit_test(slots_are_reused),
        cmocka_unit_test(too_many_at_once_are_refused),
        cmocka_unit_test(a_killed_slot_takes_its_tree_along),
        cmocka_unit_test(a_step_is_started_once_however_often_it_is_sent),
        cmocka_unit_test(what_is_awaited_is_not_started),
        cmocka_unit_test(unforgotten_results_have_a_limit),
    };

    if (argc > 2 && strcmp(argv[1], "plugin") == 0)
        return be_plugin(argv);
    if (!getenv("RIPOSTE_EXEC_FD")) {
        execl(executor_path(), executor_path(), "run", self(), (char *)NULL);
        fprintf(stderr, "cannot start %s: build it first\n", executor_path());
        return 1;
    }
    return cmocka_run_group_tests(tests, open_engine, close_engine);
}
