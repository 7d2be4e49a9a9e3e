#include "cli/install.h"

#include "base/alloc.h"
#include "cli/held.h"
#include "journal/lease.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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
    int64_t lease;   /* one that its actions hold; or 0 */
    int64_t waiting; /* a run that waits for its time and asks for it; or 0 */
};

/* Is it the plugin of that folder that the run waits to ask? */
static bool asks_for(const struct reading *reading, struct str request)
{
    struct json_doc *doc = json_parse(request, "journal", 0, NULL);
    const struct json *name =
        doc ? json_member(json_root(doc), "plugin") : NULL;
    char *text =
        name && name->type == JSON_TEXT ? str_copy(name->as.text) : NULL;
    const struct plugin *plugin =
        text ? catalogue_plugin(&reading->site->catalogue, text, NULL) : NULL;
    char *folder = plugin ? install_folder(plugin) : NULL;
    bool asks = folder && !strcmp(folder, reading->folder);

    free(folder);
    free(text);
    json_free(doc);
    return asks;
}

/* A manual run has no policy, and goes on only where it waits for its time. */
static int on_run(void *arg, const struct journal_run_row *row)
{
    struct reading *reading = arg;

    if (!row->policy && row->request.len && asks_for(reading, row->request)) {
        reading->waiting = row->run;
        return 0;
    }
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

static int on_lease(void *arg, const struct journal_lease *row)
{
    struct reading *reading = arg;
    const struct plugin *plugin =
        catalogue_plugin(&reading->site->catalogue, row->plugin, NULL);
    char *folder = plugin ? install_folder(plugin) : NULL;

    if (folder && !strcmp(folder, reading->folder))
        reading->lease = row->lease;
    free(folder);
    return 0;
}

static int check_runs(struct reading *reading, struct error *error)
{
    int status =
        journal_read_open_runs(reading->journal, on_run, reading, error);

    if (!status)
        status = journal_read_leases(reading->journal, false, on_lease, reading,
                                     error);
    for (size_t i = 0; i < reading->len; i++) {
        if (!status)
            status = check_run(reading, &reading->runs[i], error);
        free(reading->runs[i].policy);
        free(reading->runs[i].set);
    }
    free(reading->runs);
    if (!status && reading->lease)
        return error_set(error, ERROR_INVALID,
                         "lease l%" PRId64 " is undone with it; let that "
                         "happen first: riposte lease end l%" PRId64,
                         reading->lease, reading->lease);
    if (!status && reading->waiting)
        return error_set(error, ERROR_INVALID,
                         "run r%" PRId64 " waits for its time and needs it; "
                         "riposte cancel r%" PRId64 " calls it off",
                         reading->waiting, reading->waiting);
    return status;
}

int open_runs_free(const struct set *set, const char *folder,
                   struct error *error)
{
    struct reading reading = {.site = set, .folder = folder};
    struct held held;
    int status = held_open(&held, set->settings->state, error);

    if (status)
        return status == ERROR_NOT_FOUND ? 0 : status;
    reading.journal = held.journal;
    status = check_runs(&reading, error);
    held_close(&held);
    return status;
}
