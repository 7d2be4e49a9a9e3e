#ifndef RIPOSTE_TESTS_GATE_GUARDED_H
#define RIPOSTE_TESTS_GATE_GUARDED_H

#include "stand.h"

#include "gate/guards.h"

/* A gate with guards, and its action as a remediation of a catalogue. */
struct guarded {
    struct stand stand;
    struct plugin *plugins[1];
    struct catalogue catalogue;
};

static inline int no_list(void *arg, const char *name, guards_entry_fn each,
                          void *each_arg, struct error *error)
{
    (void)arg, (void)each, (void)each_arg;
    return error_set(error, ERROR_NOT_FOUND, "there is no lists/%s.txt", name);
}

static inline struct guards *guarded_compile(struct guarded *guarded,
                                             const char *text,
                                             struct problems *problems)
{
    struct guards_world world = {.catalogue = &guarded->catalogue,
                                 .list = no_list};
    struct error error = {0};
    struct json_doc *doc = json_parse(str_of(text), "guards", 1, &error);
    struct guards *guards;

    if (!doc)
        fail_msg("%s", error.text);
    guards = guards_compile(json_root(doc), "guards.lua", &world, problems);
    json_free(doc);
    return guards;
}

static inline void guarded_set(struct guarded *guarded, const char *text)
{
    struct problems problems = {0};
    struct guards *guards = guarded_compile(guarded, text, &problems);

    if (problems.len)
        fail_msg("%s", problems.items[0].error.text);
    gate_set_guards(guarded->stand.gate, guards);
    guards_unref(guards);
}

static inline void guarded_open(struct guarded *guarded, int fd,
                                const char *text)
{
    struct stand *stand = &guarded->stand;

    stand_open(stand, fd);
    stand->action.kind = ACTION_REMEDIATION;
    stand->plugin.name = "Plugin";
    stand->plugin.actions = &stand->action;
    stand->plugin.nactions = 1;
    guarded->plugins[0] = &stand->plugin;
    guarded->catalogue = (struct catalogue){guarded->plugins, 1, 1};
    guarded_set(guarded, text);
}

#endif
