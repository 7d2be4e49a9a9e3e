#include "cli/install.h"

#include "base/alloc.h"
#include "flow/lock.h"
#include "journal/journal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct open_run {
    int64_t number;
    char *policy, *set; /* owned */
};

struct reading {
    struct journal *journal;
    const struct set *site;
    const char *folder;
    struct open_run *runs; /* owned */
    size_t len, cap;
};

/* A manual run has no policy and nothing that could go on. */
static int on_run(void *arg, const struct journal_run_row *row)
{
    struct reading *reading = arg;

    if (!row->policy)
        return 0;
    reading->runs = alloc_grown(reading->runs, reading->len, &reading->cap,
                                sizeof *reading->runs);
    reading->runs[reading->len++] = (struct open_run){
        row->run, alloc_text(row->policy), alloc_text(row->set)};
    return 0;
}

static int on_file(void *arg, const char *path, struct str body)
{
    set_files_add(arg, path, body);
    return 0;
}

/* Is the run's policy among what would not load? */
static int check_policy(const struct open_run *run, const struct set *set,
                        const struct problems *fresh, struct error *error)
{
    const struct policy *policy =
        set ? set_policy(set, run->policy, NULL) : NULL;

    for (size_t i = 0; policy && i < fresh->len; i++)
        if (!strcmp(fresh->items[i].error.where, policy->file))
            return error_at(error, ERROR_INVALID, policy->file, 0, 0,
                            "run r%" PRId64 " of policy %s is open and needs "
                            "it; let it end first, with riposte run or serve",
                            run->number, run->policy);
    return 0;
}

static int check_run(const struct reading *reading, const struct open_run *run,
                     struct error *error)
{
    struct set_files files = {0};
    struct problems fresh = {0};
    struct set *set;
    int status =
        journal_read_set(reading->journal, run->set, on_file, &files, error);

    if (status) {
        set_files_free(&files);
        return status;
    }
    set = install_try_stored(reading->site->site, &files, reading->folder,
                             &fresh);
    status = check_policy(run, set, &fresh, error);
    problems_free(&fresh);
    set_unref(set);
    return status;
}

static int check_runs(struct reading *reading, struct error *error)
{
    int status =
        journal_read_open_runs(reading->journal, on_run, reading, error);

    for (size_t i = 0; i < reading->len; i++) {
        if (!status)
            status = check_run(reading, &reading->runs[i], error);
        free(reading->runs[i].policy);
        free(reading->runs[i].set);
    }
    free(reading->runs);
    return status;
}

/* Nothing is written, so nothing can fail to be. */
static void on_fatal(void *arg, const struct error *error)
{
    (void)arg;
    (void)error;
}

static int read_journal(const struct set *set, const char *path,
                        const char *folder, struct error *error)
{
    struct reading reading = {.site = set, .folder = folder};
    struct journal_config config = {.path = path, .fatal = on_fatal};
    uv_loop_t loop;
    int status;

    uv_loop_init(&loop);
    config.loop = &loop;
    status = journal_open(&reading.journal, &config, error);
    if (!status) {
        status = check_runs(&reading, error);
        journal_close(reading.journal);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return status;
}

int open_runs_free(const struct set *set, const char *folder,
                   struct error *error)
{
    const char *state = set->settings->state;
    char *path = alloc_printf("%s/journal.db", state);
    int lock = -1, status = 0;

    if (!access(path, F_OK)) {
        lock = lock_take(state, error);
        status = lock < 0 ? lock : read_journal(set, path, folder, error);
    }
    lock_release(lock);
    free(path);
    return status;
}
