#ifndef RIPOSTE_FLOW_SETTINGS_H
#define RIPOSTE_FLOW_SETTINGS_H

#include "flow/settings_intake.h"
#include "flow/settings_roles.h"
#include "gate/gate.h"
#include "journal/journal.h"
#include "model/catalogue.h"
#include "model/json.h"

/*
 * riposte.lua: what a site sets. Every key, its type, default and meaning
 * stand in one table (settings.c), and in docs/settings.md, whose completeness
 * a test checks against it.
 */
enum {
    SETTINGS_COMMAND_MAX = 64, /* words; a person writes them */
    SETTINGS_LANES_MAX = 1024, /* two processes each: more would want more
                                  descriptors than a process usually may have */
    SETTINGS_INDEX_MAX = JOURNAL_KEYS_MAX,
    SETTINGS_VERIFY_LEAST = 1000, /* ms: below it to start a program takes as
                                     long as to wait for it */
    SETTINGS_VERIFY_DAYS = 31,    /* what is looked at less often is not kept
                                     an eye on */
};

/* The variables of one plugin's actions. */
struct settings_env {
    char *plugin;       /* owned: its name */
    unsigned line;      /* in riposte.lua */
    struct words words; /* NAME=value */
};

/* An entry of allow_unavailable: "PLUGIN" or "PLUGIN/ACTION". */
struct settings_allow {
    char *name; /* owned */
    unsigned line;
};

/* What the journal keeps of what is over. */
struct settings_keep {
    int64_t days;
    int64_t size; /* bytes: from then on the oldest goes, however old */
};
enum {
    SETTINGS_DAYS_MAX = 36500,
    SETTINGS_SIZE_MIN = 16 * 1024 * 1024, /* below it tables that never go
                                             would be a good part of it */
};

/* An entry of verify: of which leases Verify is asked by a timer. */
struct settings_verify {
    char *plugin; /* owned, or NULL: any */
    char *action; /* owned: "PLUGIN / ACTION", or NULL: any */
    unsigned line;
    int64_t every; /* ms; 0: no timer */
    bool restore;  /* drift is put right */
};

struct settings {
    char *path;                  /* owned: $PATH of actions */
    int64_t lanes;               /* actions running at once, in total */
    char *state;                 /* owned: absolute path of the state folder */
    char *secrets;               /* owned: and that of its secrets */
    struct words secret_command; /* program and its words; none: no command */
    struct settings_env *env;    /* owned */
    size_t nenv;
    struct settings_allow *allow; /* owned */
    size_t nallow;
    bool watch;         /* serve loads the site anew when it changes */
    char *control;      /* owned: absolute path of the control socket */
    struct roles roles; /* who may do what on it */
    struct settings_keep keep;
    struct settings_verify *verify; /* owned: the first that fits counts */
    size_t nverify;
    struct words index; /* fields by which riposte.past finds alarms */
    struct intake_entries intake;
};

struct setting {
    const char *name;
    const char *type;
    const char *preset;
    const char *help;
    int (*take)(struct settings *settings, const struct json *value,
                const char *site, struct error *error);
};
extern const struct setting settings_table[];
extern const size_t settings_count;

/* data: the file's table, or NULL where there is no file. Problems are added
 * to the list; settings are returned even so, with defaults for what is
 * wrong. site: absolute path. */
struct settings *settings_compile(const struct json *data, const char *site,
                                  const char *where, struct problems *problems);
void settings_free(struct settings *settings); /* NULL is fine */

/* Reports plugins and actions that settings name and the catalogue lacks. */
void settings_check(const struct settings *settings,
                    const struct catalogue *catalogue, const char *where,
                    struct problems *problems);

/* The variables of that plugin's actions, or NULL. */
const struct words *settings_env(const struct settings *settings,
                                 const struct plugin *plugin);
/* What is to be done about leases of that action, or NULL: nothing. */
const struct settings_verify *settings_verify(const struct settings *settings,
                                              const char *plugin,
                                              const char *action);
/* May policies bind that action although it is unavailable? */
bool settings_allows(const struct settings *settings,
                     const struct action *action);

#endif
