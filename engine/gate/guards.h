#ifndef RIPOSTE_GATE_GUARDS_H
#define RIPOSTE_GATE_GUARDS_H

#include "base/error.h"
#include "model/catalogue.h"
#include "model/json.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * guards.lua: what a site never lets be done, how often it lets things be
 * done, what a person has to agree to, and who these persons are. Part of the
 * set, immutable, reference counted (loop's thread).
 */
struct guards;

/* A level of an approval: so many people of a group have to say yes. */
struct guards_level {
    char *group; /* owned; NULL: anybody who may decide */
    unsigned quorum;
};

/* Why a person has to decide before an action can start. The caller zeroes
 * it and ends it with gate_need_clear. */
struct gate_need {
    /* The rules that ask for it, each with its place and what it says, such
     * as "budget guards.lua:12: 20 of Host Firewall / Block address in 1h".
     * gate_ask.answered takes exactly these texts; a rule that was changed
     * since has another one, and asks again. */
    struct words rules;
    char *why;                   /* owned: all of it in words */
    struct guards_level *levels; /* owned: to be passed in this order */
    size_t nlevels;              /* at least 1 */
    int64_t within;              /* ms: the shortest of the rules */
    char *argv;   /* owned: the command line as JSON, secrets as *** */
    char *target; /* owned: canonical text of the action's Target, or NULL */
};
void gate_need_clear(struct gate_need *need);

enum {
    GUARDS_WITHIN_MS = 30 * 60 * 1000, /* of an approval whose rule names no
                                          time: a colleague is found by then */
    GUARDS_QUORUM_MAX = 100,   /* people; more have never agreed on anything */
    GUARDS_COUNT_MAX = 100000, /* of a budget: each start of its window is
                                  remembered; who starts more needs no budget */
    GUARDS_WINDOW_DAYS_MAX = 31, /* of a budget: what was started is kept for
                                    as long, so that another window can be
                                    counted at once */
};

/* What guards.lua speaks of, beside itself. */
typedef int (*guards_entry_fn)(void *arg, struct str value, unsigned line,
                               int64_t until);
struct guards_world {
    const struct catalogue *catalogue;
    /* Calls each with every entry of lists/NAME.txt, until it returns
     * negative, which is returned; ERROR_NOT_FOUND and the nearest name where
     * there is no such list. */
    int (*list)(void *arg, const char *name, guards_entry_fn each,
                void *each_arg, struct error *error);
    /* Is there a policy of that name? Else negative and the nearest one. NULL
     * where policies are not known. */
    int (*policy)(void *arg, const char *name, struct error *error);
    void *arg;
};

/* data: the file's table. Everything that is wrong goes to problems; guards
 * come back even so, and are not to be used then. */
struct guards *guards_compile(const struct json *data, const char *where,
                              const struct guards_world *world,
                              struct problems *problems);
struct guards *guards_ref(struct guards *guards);
void guards_unref(struct guards *guards); /* NULL is fine */

/* Does the site name groups of people at all? guards may be NULL: the site
 * has no guards.lua. */
bool guards_has_people(const struct guards *guards);
/* Is there a group of that name? Fills the error with the nearest. */
int guards_group(const struct guards *guards, const char *group,
                 struct error *error);
/* Is that person in the group, or (NULL) in any? user: the name, or NULL where
 * the uid has none. */
bool guards_member(const struct guards *guards, const char *group,
                   const char *user, int64_t uid);

/* Is the text of a rule, as of gate_need, a budget's? */
bool guards_is_budget(const char *rule);

#endif
