#ifndef RIPOSTE_GATE_GUARDS_INNER_H
#define RIPOSTE_GATE_GUARDS_INNER_H

#include "base/buf.h"
#include "gate/guards.h"
#include "gate/never.h"

/*
 * What a site's guards are, for the gate alone. Actions are told by their
 * names, not by pointers, since a run of an older set asks, too.
 */
struct guards_person {
    char *name; /* owned; NULL: a uid */
    int64_t uid;
};

struct guards_group {
    char *name;                   /* owned */
    struct guards_person *people; /* owned */
    size_t len;
};

/* Which actions a rule is about. */
struct guards_scope {
    char *plugin; /* owned; NULL: any */
    char *action; /* owned; NULL: any remediation */
    char *policy; /* owned; NULL: any, or none */
};
/* By names alone; the kind of the action is not looked at. */
bool guards_name(const struct guards_scope *scope, const char *plugin,
                 const char *action, const char *policy);
bool guards_concern(const struct guards_scope *scope,
                    const struct action *action, const char *policy);

enum budget_per { /* the order of budget_per_names */
                  PER_ALL,
                  PER_ACTION,
                  PER_POLICY,
                  PER_PLUGIN,
                  PER_TARGET,
                  PER_PREFIX,
                  PER_COUNT
};
extern const char *const budget_per_names[PER_COUNT];

struct guards_budget {
    unsigned line;
    struct guards_scope scope;
    enum budget_per per;
    unsigned ipv4, ipv6; /* PER_PREFIX: bits; 0: does not count those */
    int64_t count;
    int64_t within; /* ms */
    bool refuse;    /* over it: refused, not put to a person */
    char *group;    /* owned: who decides, or NULL: anybody who may */
    char *text;     /* owned: the rule, see gate_need.rules */
};

struct guards_approve {
    unsigned line;
    struct guards_scope scope;
    struct guards_level *levels; /* owned */
    size_t nlevels;              /* at least 1 */
    int64_t within;              /* ms */
    char *reason;                /* owned, or NULL */
    char *text;                  /* owned, as of a budget */
};

struct guards {
    unsigned refs;
    char *where;                 /* owned: "guards.lua" */
    struct guards_group *groups; /* owned */
    size_t ngroups;
    struct never *never;           /* owned */
    struct guards_budget *budgets; /* owned */
    size_t nbudgets;
    struct guards_approve *approves; /* owned */
    size_t napproves;
};

/* ---- reading ----------------------------------------------------------- */

struct guards_reading {
    struct guards *guards;
    const struct guards_world *world;
    struct problems *problems;
};

/* A problem of guards.lua at that line. Returns false. */
bool guards_wrong(const struct guards_reading *reading, unsigned line,
                  const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Is it a table whose keys are all among those? */
bool guards_keys(const struct guards_reading *reading, const struct json *table,
                 const char *what, const char *const *keys, size_t count);
#define GUARDS_KEYS(...)                                                       \
    (const char *const[]){__VA_ARGS__},                                        \
        sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)
bool guards_list(const struct guards_reading *reading, const struct json *value,
                 const char *what);
bool guards_whole(const struct json *value, int64_t min, int64_t max);
/* A text without NUL, or NULL: it is not there, or (false) no text. The
 * caller frees it. */
bool guards_text(const struct guards_reading *reading, const struct json *table,
                 const char *key, char **text);
bool guards_duration(const struct guards_reading *reading,
                     const struct json *table, int64_t max, int64_t *ms);
/* action, plugin and policy of a rule; *text: how it is called. */
bool guards_scope_read(const struct guards_reading *reading,
                       const struct json *rule, struct guards_scope *scope,
                       const struct action **action, struct buf *text);
bool guards_group_read(const struct guards_reading *reading,
                       const struct json *rule, char **group);

/* Each takes the value of its key. */
void guards_read_people(struct guards_reading *reading,
                        const struct json *people);
void guards_read_never(struct guards_reading *reading,
                       const struct json *never);
void guards_read_budgets(struct guards_reading *reading,
                         const struct json *budgets);
void guards_read_approve(struct guards_reading *reading,
                         const struct json *approve);

#endif
