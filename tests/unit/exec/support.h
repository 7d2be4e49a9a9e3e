#ifndef RIPOSTE_TESTS_UNIT_EXEC_SUPPORT_H
#define RIPOSTE_TESTS_UNIT_EXEC_SUPPORT_H

/*
 * For tests with a real executor: the test program starts riposte-exec, which
 * starts the test program again as its engine. Plugins are shell scripts.
 */

#include "base/alloc.h"
#include "exec/client.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* No assertion is about time; this only bounds a test that has failed. */
enum { BOUND_MS = 60 * 1000, POLL_MS = 10, LONG_MS = 600 * 1000 };

/* ---- Waiting ---------------------------------------------------------- */

static inline void nap(void)
{
    struct timespec pause = {0, POLL_MS * 1000000L};

    nanosleep(&pause, NULL);
}

static inline bool is_alive(pid_t pid)
{
    return kill(pid, 0) == 0 || errno != ESRCH;
}

static inline void wait_gone(pid_t pid)
{
    for (int ms = 0; is_alive(pid); ms += POLL_MS) {
        if (ms > BOUND_MS)
            fail_msg("process %d is still there", (int)pid);
        nap();
    }
}

/* The number that a plugin writes into a file, once its line is whole. */
static inline long wait_number(const char *path)
{
    for (int ms = 0; ms <= BOUND_MS; ms += POLL_MS) {
        char text[64] = "";
        FILE *file = fopen(path, "r");

        if (file) {
            if (!fgets(text, sizeof text, file))
                text[0] = '\0';
            fclose(file);
        }
        if (strchr(text, '\n'))
            return strtol(text, NULL, 10);
        nap();
    }
    fail_msg("nothing was written to %s", path);
    return -1;
}

static inline unsigned count_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    unsigned lines = 0;
    int c;

    while (file && (c = getc(file)) != EOF)
        lines += c == '\n';
    if (file)
        fclose(file);
    return lines;
}

/* The children of a process whose command line holds the text. */
static inline size_t children_of(pid_t parent, const char *text, pid_t *pids,
                                 size_t max)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    size_t count = 0;

    assert_non_null(proc);
    while ((entry = readdir(proc))) {
        char path[NAME_MAX + 32], line[512] = "", command[4096];
        const char *rest;
        FILE *file;
        size_t len = 0;

        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        file = fopen(path, "r");
        if (!file)
            continue;
        if (!fgets(line, sizeof line, file))
            line[0] = '\0';
        fclose(file);
        rest = strrchr(line, ')');
        if (!rest || strtol(rest + 4, NULL, 10) != parent)
            continue;
        snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        file = fopen(path, "r");
        if (file) {
            len = fread(command, 1, sizeof command, file);
            fclose(file);
        }
        if (memmem(command, len, text, strlen(text)) && count < max)
            pids[count++] = (pid_t)strtol(entry->d_name, NULL, 10);
    }
    closedir(proc);
    return count;
}

/* ---- The executor's program ------------------------------------------- */

static inline const char *self(void)
{
    static char path[PATH_MAX];

    if (!path[0] && readlink("/proc/self/exe", path, sizeof path - 1) < 0)
        abort();
    return path;
}

/* riposte-exec of the build that this program is of. */
static inline const char *executor_path(void)
{
    static char path[PATH_MAX];
    const char *build = getenv("RIPOSTE_BUILD");
    const char *tests = strstr(self(), "/tests/unit/");

    if (build)
        snprintf(path, sizeof path, "%s/riposte-exec", build);
    else
        snprintf(path, sizeof path, "%.*s/riposte-exec",
                 tests ? (int)(tests - self()) : 0, self());
    return path;
}

/* ---- The engine's side ------------------------------------------------ */

struct engine {
    uv_loop_t loop;
    uv_timer_t bound;
    struct exec_client *client;
    struct result *results; /* copies, in the order of arrival */
    size_t len, cap;
    struct buf output[2]; /* of jobs with stream set */
    bool lost;
};

static inline void engine_result(void *arg, const struct result *result)
{
    struct engine *engine = arg;
    struct result copy = *result;

    copy.step = alloc_text(result->step);
    copy.text = alloc_text(result->text);
    copy.out = alloc_copy(result->out, result->out_len);
    copy.err = alloc_copy(result->err, result->err_len);
    engine->results = alloc_grown(engine->results, engine->len, &engine->cap,
                                  sizeof *engine->results);
    engine->results[engine->len++] = copy;
}

static inline void engine_lost(void *arg, const struct error *error)
{
    struct engine *engine = arg;

    (void)error;
    engine->lost = true;
}

static inline void engine_output(void *arg, const struct output *output)
{
    struct engine *engine = arg;

    buf_add(&engine->output[output->stream - 1], output->bytes, output->len);
}

static inline void engine_tick(uv_timer_t *timer)
{
    (void)timer; /* it only makes uv_run return */
}

static inline struct engine *engine_open(int fd)
{
    struct engine *engine = ALLOC(struct engine);
    struct exec_client_events events = {engine_result, engine_output,
                                        engine_lost, engine};
    struct error error = {0};

    assert_int_equal(uv_loop_init(&engine->loop), 0);
    uv_timer_init(&engine->loop, &engine->bound);
    uv_timer_start(&engine->bound, engine_tick, POLL_MS, POLL_MS);
    if (exec_client_open(&engine->client, &engine->loop, fd, &events, &error))
        fail_msg("%s", error.text);
    return engine;
}

static inline void engine_close(struct engine *engine)
{
    exec_client_close(engine->client);
    uv_close((uv_handle_t *)&engine->bound, NULL);
    uv_run(&engine->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&engine->loop), 0);
    for (size_t i = 0; i < engine->len; i++)
        result_clear(&engine->results[i]);
    free(engine->results);
    buf_free(&engine->output[0]);
    buf_free(&engine->output[1]);
    free(engine);
}

static inline void engine_turn(struct engine *engine)
{
    uv_run(&engine->loop, UV_RUN_ONCE);
}

static inline const struct result *find_result(const struct engine *engine,
                                               const char *step)
{
    for (size_t i = 0; i < engine->len; i++) {
        if (strcmp(engine->results[i].step, step) == 0)
            return &engine->results[i];
    }
    return NULL;
}

/* Waits for the result and has it forgotten. It lives until the next one. */
static inline const struct result *wait_result(struct engine *engine,
                                               const char *step)
{
    uint64_t begun = uv_hrtime();

    while (!find_result(engine, step)) {
        assert_false(engine->lost);
        if ((uv_hrtime() - begun) / 1000000 > BOUND_MS)
            fail_msg("no result for %s", step);
        engine_turn(engine);
    }
    exec_client_forget(engine->client, step);
    return find_result(engine, step);
}

static char *const support_env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};

static inline struct job shell_job(const char *step, char **argv,
                                   const char *script)
{
    argv[0] = (char *)"/bin/sh";
    argv[1] = (char *)"-c";
    argv[2] = (char *)script;
    argv[3] = NULL;
    return (struct job){.step = (char *)step,
                        .argv = argv,
                        .env = (char **)support_env,
                        .folder = (char *)"/",
                        .timeout = LONG_MS,
                        .grace = LONG_MS};
}

static inline void start_shell(struct engine *engine, const char *step,
                               const char *script, uint64_t timeout,
                               uint64_t grace)
{
    char *argv[4];
    struct job job = shell_job(step, argv, script);

    job.timeout = timeout;
    job.grace = grace;
    exec_client_start(engine->client, &job);
}

/* A folder of its own for one test, below the build's temporary files. */
static inline char *make_folder(void)
{
    char *folder = alloc_text("/tmp/riposte-exec-XXXXXX");

    assert_non_null(mkdtemp(folder));
    return folder;
}

/* Removes the folder with the files in it, and frees its name. */
static inline void remove_folder(char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
    rmdir(folder);
    free(folder);
}

#endif
