#include "flow/flow_inner.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "journal/in_force.h"
#include "model/json_out.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool chosen(const char *const *only, const char *name)
{
    for (; only && *only; only++)
        if (!strcmp(*only, name))
            return true;
    return !only;
}

struct home *home_find(const struct flow *flow, const char *hash)
{
    struct home *home = flow->homes;

    while (home && strcmp(home->set->hash, hash) != 0)
        home = home->next;
    return home;
}

struct home *home_new(struct flow *flow, struct set *set)
{
    struct home *home = ALLOC(struct home);

    home->set = set_ref(set);
    home->hosts = alloc_zeroed(set->npolicies + 1, sizeof(struct host *));
    home->chosen = alloc_zeroed(set->npolicies + 1, sizeof *home->chosen);
    for (size_t i = 0; i < set->npolicies; i++)
        home->chosen[i] = chosen(flow->config.only, set->policies[i]->name);
    home->next = flow->homes;
    flow->homes = home;
    return home;
}

/* A run may not refer to a set that the journal does not have. */
void home_record(struct flow *flow, struct home *home)
{
    const struct set_files *files = &home->set->files;
    struct journal_file *rows;

    if (home->recorded)
        return;
    home->recorded = true;
    rows = alloc_zeroed(files->len + 1, sizeof *rows);
    for (size_t i = 0; i < files->len; i++)
        rows[i] = (struct journal_file){
            files->items[i].path, {files->items[i].body, files->items[i].len}};
    journal_write_set(flow->config.journal, home->set->hash, rows, files->len,
                      NULL, NULL);
    free(rows);
}

void home_in_force(struct flow *flow)
{
    struct buf only = {0};
    struct json_out out = {.buf = &only};

    if (flow->in_force)
        return;
    flow->in_force = true;
    home_record(flow, flow->home);
    if (flow->config.only) {
        json_open(&out, '[');
        for (size_t i = 0; flow->config.only[i]; i++)
            json_put_text(&out, flow->config.only[i]);
        json_close(&out, ']');
    }
    journal_write_in_force(flow->config.journal,
                           &(struct journal_in_force){
                               .set = flow->home->set->hash,
                               .only = buf_str(&only),
                               .since = clock_now(),
                           });
    buf_free(&only);
}

/* No run starts in it any more. */
static void host_free(struct host *host)
{
    policy_state_free(host->state);
    free(host);
}

/* Frees the states in which no run lives. */
static void drop_hosts(struct home *home)
{
    for (size_t i = 0; i < home->set->npolicies; i++) {
        struct host *host = home->hosts[i];

        if (!host || host->runs)
            continue;
        home->hosts[i] = NULL;
        host_free(host);
    }
}

void home_free(struct flow *flow, struct home *home)
{
    struct home **at = &flow->homes;

    drop_hosts(home);
    while (*at != home)
        at = &(*at)->next;
    *at = home->next;
    set_unref(home->set);
    free(home->hosts);
    free(home->chosen);
    free(home);
}

/* States of a set that is no longer in force stay while runs live in them. */
void home_drop(struct flow *flow, struct home *home)
{
    if (home == flow->home)
        return;
    drop_hosts(home);
    if (!home->runs)
        home_free(flow, home);
}

struct host *home_host(struct home *home, size_t index, struct error *error)
{
    struct host *host = home->hosts[index];

    if (host)
        return host;
    host = ALLOC(struct host);
    host->home = home;
    host->index = index;
    if (policy_state_new(&host->state, home->set->policies[index], &run_events,
                         error)) {
        free(host);
        return NULL;
    }
    return home->hosts[index] = host;
}

void host_join(struct host *host, struct run *run)
{
    assert(!run->host);
    run->host = host;
    run->neighbour = host->runs;
    host->runs = run;
}

void host_leave(struct run *run)
{
    struct run **at;

    if (!run->host)
        return;
    for (at = &run->host->runs; *at != run; at = &(*at)->neighbour)
        assert(*at);
    *at = run->neighbour;
    run->host = NULL;
    run->neighbour = NULL;
}

void host_retire(struct host *host)
{
    host->retired = true;
    if (host->home->hosts[host->index] == host)
        host->home->hosts[host->index] = NULL;
}

/* Runs start over in another state and are fed what they were answered: now,
 * or with their next answer. */
static void move_out(struct flow *flow, struct host *host, bool now)
{
    host_retire(host);
    while (host->runs) {
        struct run *run = host->runs;

        host_leave(run);
        for (size_t i = 0; i < run->nsteps; i++)
            run->steps[i].awaited = false;
        if (now)
            flow_add_task(flow, run, 0);
    }
}

void host_settle(struct flow *flow, struct host *host)
{
    if (policy_state_spent(host->state))
        move_out(flow, host, true);
    else if (policy_state_full(host->state))
        move_out(flow, host, false);
    if (!host->runs && (host->retired || host->home != flow->home)) {
        host_retire(host);
        host_free(host);
    }
}
