#ifndef RIPOSTE_POLICY_POLICY_H
#define RIPOSTE_POLICY_POLICY_H

#include "base/every.h"
#include "base/hash.h"
#include "model/catalogue.h"
#include "model/json.h"

#include <stdint.h>

/*
 * A policy as declared: what its file returned, checked, with every action
 * bound. Loading runs the file once, in a sandbox of its own; nothing of that
 * Lua state is kept. Read-only afterwards; belongs to its set.
 */

/* What a policy may refer to. Owned by the set, outlives its policies. */
struct policy_world {
    const struct catalogue *catalogue;
    /* The text of policies/lib/NAME.lua; false where there is none. */
    bool (*module)(void *arg, const char *name, struct str *text);
    /* Whether the site has that list; lists are looked up as steps. */
    bool (*list)(void *arg, const char *name);
    /* Whether policies may bind an unavailable action of that plugin. */
    bool (*allowed_unavailable)(void *arg, const struct action *action);
    /* By which riposte.past finds alarms; NULL: by any. */
    const struct words *index;
    void *arg;
};

enum {
    POLICY_TEXT_MAX = 256 * 1024, /* a hand-written file is far smaller */
    POLICY_COUNT_MAX = 1000,      /* a threshold's: a key's row holds as many
                                     times, and is written anew with each */
};

struct policy_threshold {
    int64_t count;  /* 0: the policy has no threshold */
    int64_t within; /* ms */
    int64_t again;  /* ms */
    struct words by;
};

struct policy {
    char *name; /* owned */
    char *file; /* owned: for messages, "policies/x.lua" */
    char *text; /* owned: the file's bytes */
    size_t text_len;
    struct words tags;
    struct json_doc *doc;  /* owned */
    const struct json *on; /* in doc, with lines; NULL: matches nothing */
    bool listens;          /* `on` is for events (model/event.h), and for them
                              alone */
    struct policy_threshold threshold;
    char *every;      /* owned, as it was written; NULL: alarms start it */
    struct every due; /* what that means */
    /* SHA-256 over name, on and threshold: counts go on under a reload
     * where this stays the same. */
    char counter[HASH_HEX];
    const struct policy_world *world; /* the set's */
};

/* Returns NULL where the policy cannot be used; what is wrong is added to
 * problems, each with file and line. */
struct policy *policy_load(const struct policy_world *world, const char *file,
                           struct str text, struct problems *problems);
void policy_free(struct policy *policy); /* NULL is fine */

#endif
