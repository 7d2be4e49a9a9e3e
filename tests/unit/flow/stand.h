#ifndef RIPOSTE_TESTS_FLOW_STAND_H
#define RIPOSTE_TESTS_FLOW_STAND_H

#include "place.h"

#include "flow/engine.h"
#include "model/framing.h"

/*
 * An engine on a site, without an executor: in a dry run remediations are
 * answered "Dry run", anything else "Not started". What it says is kept as
 * lines of text.
 */
struct stand {
    struct place place;
    struct engine *engine;
    struct flow *flow;
    struct set *set;
    struct buf said;
    int fatals;
    bool until_idle; /* stop the loop when the flow is idle */
};

static inline void stand_begun(void *arg, const struct flow_run *run)
{
    struct stand *stand = arg;

    buf_printf(&stand->said, "%s begins %s\n", run->run,
               run->policy ? run->policy : "-");
}

static inline void stand_step(void *arg, const struct flow_step *step)
{
    struct stand *stand = arg;
    const struct request *request = step->request;

    buf_printf(&stand->said, "%s.%u %s: %s", step->run, step->step,
               request->action->plugin->name, request->action->name);
    for (size_t i = 0; i < request->values.len; i++)
        if (request->values.items[i].given)
            buf_printf(&stand->said, " %s", request->values.items[i].text);
    buf_printf(&stand->said, " = %s%s\n",
               step_status_names[step->answer->status],
               step->replayed ? ", replayed" : "");
}

static inline void stand_run(void *arg, const struct flow_run *run)
{
    struct stand *stand = arg;

    buf_printf(&stand->said, "%s is %s%s%s\n", run->run,
               run_outcome_names[run->outcome], run->error ? ": " : "",
               run->error ? run->error : "");
}

static inline void stand_refused(void *arg, const char *where, unsigned line,
                                 const char *reason)
{
    struct stand *stand = arg;

    buf_printf(&stand->said, "%s:%u refused: %s\n", where, line, reason);
}

static inline void stand_changed(void *arg)
{
    struct stand *stand = arg;

    if (stand->until_idle && flow_idle(stand->flow))
        uv_stop(engine_loop(stand->engine));
}

static inline void stand_fatal(void *arg, int status, const struct error *error)
{
    struct stand *stand = arg;

    stand->fatals++;
    print_message("# fatal %d: %s\n", status, error->text);
    uv_stop(engine_loop(stand->engine));
}

static inline void stand_open_as(struct stand *stand, enum gate_mode mode,
                                 const char *const *only)
{
    struct error error = {0};
    struct engine_config config = {
        .mode = mode,
        .fd = -1,
        .recover = true,
        .only = only,
        .events = {.begun = stand_begun,
                   .step = stand_step,
                   .run = stand_run,
                   .refused = stand_refused,
                   .changed = stand_changed,
                   .arg = stand},
        .fatal = stand_fatal,
    };

    stand->set = place_load(&stand->place);
    config.set = stand->set;
    if (engine_open(&stand->engine, &config, &error))
        fail_msg("%s", error.text);
    stand->flow = engine_flow(stand->engine);
}

static inline void stand_open(struct stand *stand)
{
    stand_open_as(stand, GATE_DRY, NULL);
}

static inline void stand_close(struct stand *stand)
{
    engine_close(stand->engine);
    set_unref(stand->set);
    stand->engine = NULL;
    stand->flow = NULL;
    assert_int_equal(stand->fatals, 0);
}

/* Runs the loop until the flow is idle. */
static inline void stand_work(struct stand *stand)
{
    stand->until_idle = true;
    while (!flow_idle(stand->flow) && !stand->fatals)
        uv_run(engine_loop(stand->engine), UV_RUN_DEFAULT);
    stand->until_idle = false;
}

/* Offers text as an input named `where`, from its start. */
static inline void stand_offer(struct stand *stand, const char *source,
                               const char *text, const char *where)
{
    struct framing *framing = framing_new(SOURCE_JSON);
    const struct source *decoder = set_source(stand->set, source, NULL);
    struct record record;

    assert_non_null(decoder);
    framing_push(framing, str_of(text));
    while (framing_next(framing, true, &record))
        flow_offer(stand->flow, &(struct flow_record){
                                    .source = decoder,
                                    .bytes = record.bytes,
                                    .digest = framing_digest(framing),
                                    .offset = record.offset,
                                    .where = where,
                                    .line = record.line,
                                });
    framing_free(framing);
}

/* What was said since the last call has to be exactly this. */
static inline void stand_said(struct stand *stand, const char *want)
{
    buf_add_byte(&stand->said, '\0');
    assert_string_equal(stand->said.data, want);
    buf_free(&stand->said);
}

/* Does what was said since the last call hold these words? */
static inline bool stand_has_said(struct stand *stand, const char *words)
{
    bool found;

    buf_add_byte(&stand->said, '\0');
    found = strstr(stand->said.data, words) != NULL;
    if (!found)
        print_message("# said: %s\n", stand->said.data);
    stand->said.len--;
    return found;
}

static inline int stand_setup(void **state)
{
    struct stand *stand = ALLOC(struct stand);

    place_make(&stand->place);
    *state = stand;
    return 0;
}

static inline int stand_teardown(void **state)
{
    struct stand *stand = *state;

    buf_free(&stand->said);
    place_remove(&stand->place);
    free(stand);
    return 0;
}

#define STAND_TEST(name)                                                       \
    cmocka_unit_test_setup_teardown(name, stand_setup, stand_teardown)

#endif
