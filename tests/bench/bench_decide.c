#include "base/alloc.h"
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * How many alarms a second `riposte run --no-journal` decides, from a file,
 * with 1 and with 1,000 policies of which one alarm in a hundred concerns
 * one; beside parsing the same file with simdjson alone. The whole process is
 * timed, less the time that it takes over an empty file.
 */

enum { ALARMS = 50 * 1000, ROUNDS = 5, RATES = 3 };

extern char **environ;
size_t dom_parse(const char *data, size_t len); /* dom.cc */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static void write_file(const char *folder, const char *name, struct str text)
{
    char *path = alloc_printf("%s/%s", folder, name);
    FILE *file = fopen(path, "w");

    if (!file || fwrite(text.data, 1, text.len, file) != text.len ||
        fclose(file))
        die(path);
    free(path);
}

/* Alarms of about 1 KB; one in 100 names the rule of a policy. */
static void make_alarms(struct buf *buf)
{
    for (int i = 0; i < ALARMS; i++) {
        buf_printf(buf,
                   "{\"AlarmId\":\"%d\",\"AlarmRuleName\":\"%s %d\","
                   "\"AlarmDate\":\"2026-11-24T05:50:21.000Z\","
                   "\"SIP\":\"198.51.%d.%d\",\"DIP\":\"10.0.0.%d\","
                   "\"DPort\":22,\"agent\":{\"id\":\"%03d\",\"name\":\"web\"},"
                   "\"rule\":{\"level\":%d,\"groups\":[\"ssh\",\"pci\"]},"
                   "\"Message\":\"",
                   i, i % 100 ? "other" : "rule", i % 1000, i / 250 % 250,
                   i % 250, i % 250, i % 1000, i % 15);
        for (int word = 0; word < 90; word++)
            buf_printf(buf, "word%d ", word);
        buf_add_text(buf, "\"}\n");
    }
}

static char *make_site(int policies)
{
    char *site = alloc_text("/tmp/riposte-bench-XXXXXX");

    if (!mkdtemp(site))
        die(site);
    for (int i = 0; i < policies; i++) {
        char *name = alloc_printf("p%d.lua", i);
        char *text = alloc_printf("return { name = \"p%d\", on = { "
                                  "AlarmRuleName = \"rule %d\" },\n"
                                  "run = function() end }\n",
                                  i, i * (1000 / policies));
        char *folder = alloc_printf("%s/policies", site);

        mkdir(folder, 0700);
        write_file(folder, name, str_of(text));
        free(folder);
        free(text);
        free(name);
    }
    return site;
}

/* Seconds that `riposte run` takes over the file. */
static double run_seconds(const char *site, const char *file)
{
    const char *build = getenv("RIPOSTE_BUILD");
    char *program = alloc_printf("%s/riposte", build ? build : "build");
    char *argv[] = {program,      "run",      "--site",  (char *)site,
                    "--json",     "--source", "generic", "--no-journal",
                    (char *)file, NULL};
    posix_spawn_file_actions_t actions;
    double start = now();
    int status;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid, program, &actions, NULL, argv, environ))
        die(program);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        die("riposte run failed");
    posix_spawn_file_actions_destroy(&actions);
    free(program);
    return now() - start;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void remove_site(char *site)
{
    char *argv[] = {"rm", "-rf", site, NULL};
    pid_t pid;

    if (posix_spawnp(&pid, "rm", NULL, NULL, argv, environ) == 0)
        waitpid(pid, NULL, 0);
    free(site);
}

int main(void)
{
    char *sites[] = {make_site(1), make_site(1000)};
    char *file = alloc_printf("%s/alarms.ndjson", sites[0]);
    double rates[RATES][ROUNDS];
    struct buf alarms = {0};

    make_alarms(&alarms);
    write_file(sites[0], "alarms.ndjson", buf_str(&alarms));
    for (int round = 0; round < ROUNDS; round++) {
        double start = now();

        if (dom_parse(alarms.data, alarms.len) != ALARMS)
            die("parsing alone");
        rates[0][round] = ALARMS / (now() - start);
        for (int i = 0; i < 2; i++)
            rates[1 + i][round] = ALARMS / (run_seconds(sites[i], file) -
                                            run_seconds(sites[i], "/dev/null"));
    }
    printf("deciding alarms of %zu bytes, medians of %d\n", alarms.len / ALARMS,
           ROUNDS);
    for (int i = 0; i < RATES; i++) {
        static const char *const names[RATES] = {
            "simdjson alone", "run, 1 policy", "run, 1,000 policies"};

        qsort(rates[i], ROUNDS, sizeof rates[i][0], by_size);
        printf("  %-20s %10.0f alarms/s  ratio %.3f\n", names[i],
               rates[i][ROUNDS / 2],
               rates[i][ROUNDS / 2] / rates[0][ROUNDS / 2]);
    }
    buf_free(&alarms);
    free(file);
    remove_site(sites[0]);
    remove_site(sites[1]);
    return 0;
}
