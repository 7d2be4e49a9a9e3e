#include "flow/engine.h"

#include "base/alloc.h"
#include "flow/lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EXIT_STATUS_LOST = 70, /* sysexits.h: the engine cannot go on */
};

struct engine {
    struct engine_config config;
    uv_loop_t loop;
    int lock; /* -1: the journal is volatile */
    struct journal *journal;
    struct gate *gate;
    struct flow *flow;
    bool failed; /* fatal was called */
};

static void fail(struct engine *engine, const struct error *error)
{
    if (!engine->failed && engine->config.fatal)
        engine->config.fatal(engine->config.events.arg, EXIT_STATUS_LOST,
                             error);
    engine->failed = true;
}

static void journal_failed(void *arg, const struct error *error)
{
    fail(arg, error);
}

static void journal_full(void *arg, bool full)
{
    struct engine *engine = arg;

    if (engine->flow && !engine->failed)
        flow_full(engine->flow, full);
}

static void executor_lost(void *arg, const struct error *error)
{
    fail(arg, error);
}

static int make_state(const char *state, struct error *error)
{
    if (!mkdir(state, 0700) || errno == EEXIST)
        return 0;
    return error_at(error, ERROR_SYSTEM, state, 0, 0,
                    "the state folder cannot be made: %s", strerror(errno));
}

static int open_lock(struct engine *engine, struct error *error)
{
    const char *state = engine->config.set->settings->state;
    int err;

    if (engine->config.volatile_journal)
        return 0;
    err = make_state(state, error);
    if (err)
        return err;
    engine->lock = lock_take(state, error);
    return engine->lock < 0 ? engine->lock : 0;
}

static int open_journal(struct engine *engine, struct error *error)
{
    const struct engine_config *config = &engine->config;
    char *path =
        config->volatile_journal
            ? alloc_text(":memory:")
            : alloc_printf("%s/journal.db", config->set->settings->state);
    int err = journal_open(&engine->journal,
                           &(struct journal_config){
                               .path = path,
                               .loop = &engine->loop,
                               .fatal = journal_failed,
                               .full = journal_full,
                               .arg = engine,
                           },
                           error);

    free(path);
    return err;
}

static int open_gate(struct engine *engine, struct error *error)
{
    int fd = engine->config.fd;

    engine->config.fd = -1; /* the gate takes it, also where it fails */
    return gate_new(&engine->gate,
                    &(struct gate_config){
                        .loop = &engine->loop,
                        .journal = engine->journal,
                        .total = (unsigned)engine->config.set->settings->lanes,
                        .lost = executor_lost,
                        .arg = engine,
                    },
                    fd, error);
}

static int open_flow(struct engine *engine, struct error *error)
{
    const struct engine_config *config = &engine->config;
    char *quarantine = config->volatile_journal
                           ? NULL
                           : alloc_printf("%s/quarantine.ndjson",
                                          config->set->settings->state);
    int err = flow_new(&engine->flow,
                       &(struct flow_config){
                           .loop = &engine->loop,
                           .journal = engine->journal,
                           .gate = engine->gate,
                           .set = config->set,
                           .mode = config->mode,
                           .only = config->only,
                           .quarantine = quarantine,
                           .events = config->events,
                       },
                       error);

    free(quarantine);
    if (!err && config->recover)
        err = flow_recover(engine->flow, error);
    return err;
}

int engine_open(struct engine **engine, const struct engine_config *config,
                struct error *error)
{
    struct engine *new = ALLOC(struct engine);
    int err;

    new->config = *config;
    new->lock = -1;
    uv_loop_init(&new->loop);
    err = open_lock(new, error);
    if (!err)
        err = open_journal(new, error);
    if (!err)
        err = open_gate(new, error);
    if (!err)
        err = open_flow(new, error);
    if (!err)
        *engine = new;
    else
        engine_close(new);
    return err;
}

void engine_close(struct engine *engine)
{
    engine->failed = true;
    if (engine->flow)
        flow_free(engine->flow);
    if (engine->gate)
        gate_free(engine->gate);
    if (engine->config.fd >= 0)
        close(engine->config.fd);
    journal_close(engine->journal);
    while (uv_run(&engine->loop, UV_RUN_DEFAULT))
        ;
    uv_loop_close(&engine->loop);
    lock_release(engine->lock);
    free(engine);
}

uv_loop_t *engine_loop(struct engine *engine)
{
    return &engine->loop;
}

struct flow *engine_flow(struct engine *engine)
{
    return engine->flow;
}

struct journal *engine_journal(struct engine *engine)
{
    return engine->journal;
}

struct gate *engine_gate(struct engine *engine)
{
    return engine->gate;
}

int64_t engine_holder(const char *state)
{
    return lock_holder(state);
}
