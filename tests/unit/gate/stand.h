#ifndef RIPOSTE_TESTS_GATE_STAND_H
#define RIPOSTE_TESTS_GATE_STAND_H

#include "../journal/place.h"
#include "gate/gate.h"

/*
 * A gate on a journal of its own, and an action by which a test can do what
 * it likes: the shell runs its Script; $0 is the Target, $1 the Key.
 */
struct stand {
    struct place place;
    struct gate *gate;
    struct gate_site site;
    struct plugin plugin;
    struct action action; /* with a target lane, a context action */
    struct param params[3];
    struct words env; /* of the site, for the plugin */
    int64_t run;
    unsigned step; /* of the latest ask */
    int lost;
};

enum { SCRIPT, TARGET, KEY };

/* One ask and what came of it. */
struct asked {
    struct gate_ask ask;
    struct stand *stand;
    int started, done;
    struct answer *answer;
    struct buf argv; /* as shown */
    unsigned rank;   /* the how-manieth to be done */
    unsigned *ranked;
};

static inline const struct words *stand_env(void *arg,
                                            const struct plugin *plugin)
{
    struct stand *stand = arg;

    assert_ptr_equal(plugin, &stand->plugin);
    return &stand->env;
}

static inline void stand_lost(void *arg, const struct error *error)
{
    struct stand *stand = arg;

    assert_non_null(error);
    stand->lost++;
}

static inline void stand_describe(struct stand *stand)
{
    static char *program[] = {"/bin/sh", "-c"};

    stand->plugin = (struct plugin){
        .name = "Test plugin", .slug = "test_plugin", .folder = "/usr"};
    stand->params[SCRIPT] =
        (struct param){.name = "Script", .type = TYPE_TEXT, .dash = true};
    stand->params[TARGET] = (struct param){.name = "Target", .type = TYPE_IP};
    stand->params[KEY] =
        (struct param){.name = "Key", .type = TYPE_TEXT, .encrypted = true};
    stand->action = (struct action){
        .plugin = &stand->plugin,
        .name = "Run",
        .command = "run",
        .params = stand->params,
        .nparams = 3,
        .kind = ACTION_CONTEXT,
        .timeout = 60 * 1000,
        .grace = 100,
        .target = TARGET,
        .concurrency = 8,
        .program = {.items = program, .len = 2},
    };
    stand->site = (struct gate_site){.path = "/usr/bin:/bin",
                                     .state = "/nowhere/state",
                                     .env = stand_env,
                                     .arg = stand};
}

/* fd: the executor's socket, or -1. */
static inline void stand_open(struct stand *stand, int fd)
{
    struct gate_config config;
    struct error error = {0};

    memset(stand, 0, sizeof *stand);
    stand_describe(stand);
    place_make(&stand->place);
    place_open(&stand->place);
    config = (struct gate_config){.loop = &stand->place.loop,
                                  .journal = stand->place.journal,
                                  .lost = stand_lost,
                                  .arg = stand};
    if (gate_new(&stand->gate, &config, fd, &error) < 0)
        fail_msg("%s", error.text);
    stand->run = 1;
    journal_write_set(config.journal, "set", NULL, 0, NULL, NULL);
    journal_write_match(
        config.journal,
        &(struct journal_match){
            .runs = &(struct journal_run){.run = 1, .set = "set"}, .nruns = 1},
        NULL, NULL);
}

static inline void stand_close(struct stand *stand)
{
    gate_free(stand->gate);
    place_shut(&stand->place);
    place_check_integrity(&stand->place);
    assert_int_equal(stand->place.fatals, 0);
    place_remove(&stand->place);
}

static inline void asked_started(void *arg, const struct argv *argv)
{
    struct asked *asked = arg;

    assert_non_null(argv);
    assert_int_equal(asked->done, 0);
    asked->started++;
}

static inline void asked_done(void *arg, struct answer *answer,
                              const struct argv *argv)
{
    struct asked *asked = arg;

    asked->done++;
    asked->answer = answer;
    asked->rank = asked->ranked ? (*asked->ranked)++ : 0;
    if (argv)
        gate_argv_write(argv, &asked->argv);
}

/* Fills an ask for the stand's action; NULL: not given. */
static inline void asked_make(struct asked *asked, struct stand *stand,
                              enum gate_mode mode, const char *script,
                              const char *target, const char *key)
{
    struct request *request = request_new(REQUEST_ACTION);
    const char *given[] = {script, target, key};

    memset(asked, 0, sizeof *asked);
    request->action = &stand->action;
    request->values = values_new(&stand->action);
    for (size_t i = 0; i < 3; i++)
        if (given[i])
            values_set(&request->values, i, str_of(given[i]));
    asked->stand = stand;
    asked->ask = (struct gate_ask){
        .run = stand->run,
        .step = ++stand->step,
        .mode = mode,
        .request = request,
        .site = &stand->site,
        .started = asked_started,
        .done = asked_done,
        .arg = asked,
    };
}

static inline void asked_free(struct asked *asked)
{
    request_free((struct request *)asked->ask.request);
    answer_free(asked->answer);
    buf_free(&asked->argv);
}

/* Asks; the answer never comes from inside gate_ask. */
static inline void asked_go(struct asked *asked)
{
    struct gate_need need = {0};

    assert_true(gate_ask(asked->stand->gate, &asked->ask, &need));
    assert_int_equal(asked->done, 0);
}

/* Runs the loop until it is answered. */
static inline void asked_wait(struct asked *asked)
{
    while (!asked->done)
        uv_run(&asked->stand->place.loop, UV_RUN_ONCE);
    assert_int_equal(asked->done, 1);
}

#endif
