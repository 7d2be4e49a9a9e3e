#ifndef RIPOSTE_MODEL_CATALOGUE_H
#define RIPOSTE_MODEL_CATALOGUE_H

#include "base/error.h"
#include "base/str.h"
#include "model/timeformat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The catalogue: every action of every loaded plugin, read from manifests
 * (actions.xml, SmartResponse's RemediationVersion1 vocabulary) and overlays
 * (riposte.xml). Read-only once a set holds it.
 */

/* Words of a command line; both levels owned. */
struct words {
    char **items;
    size_t len;
};
void words_add(struct words *words, const char *word); /* copies */
struct words words_copy(const struct words *words);
void words_free(struct words *words);

enum value_type { /* the order of type_names */
                  TYPE_UNTYPED,
                  TYPE_TEXT,
                  TYPE_IP,
                  TYPE_CIDR,
                  TYPE_HOST,
                  TYPE_USER,
                  TYPE_PORT,
                  TYPE_INT,
                  TYPE_HASH,
                  TYPE_URL,
                  TYPE_EMAIL,
                  TYPE_PATH,
                  TYPE_ENUM,
                  TYPE_FLAG,
                  TYPE_COUNT,
};
extern const char *const type_names[TYPE_COUNT];

enum param_default { DEFAULT_NONE, DEFAULT_STATIC, DEFAULT_FIELD };
enum param_via { VIA_ARGV, VIA_ENV, VIA_STDIN };

struct param {
    char *name;        /* owned: as displayed, trimmed */
    char *slug;        /* owned: NULL where another input has the same slug */
    char *switch_text; /* owned: as it stands in the manifest */
    struct words switch_words; /* split once, by the C runtime's rules */
    bool constant;  /* a ConstantParameter: its words and nothing else */
    bool encrypted; /* inside an EncryptedParameter */
    bool numbered;  /* false: Order is no number, so it comes last */
    long order;
    unsigned line; /* in its manifest */

    enum param_default preset;
    char *static_value;       /* owned; with DEFAULT_STATIC */
    char *field;              /* owned: element name; with DEFAULT_FIELD */
    struct time_format *time; /* owned: of a date, or NULL: RFC 3339 in UTC */
    char *unfit; /* owned: what its action cannot run for, or NULL */

    /* From the overlay. */
    enum value_type type;
    bool required;
    bool dash; /* a value may begin with '-' */
    bool has_min, has_max;
    int64_t min, max;
    struct words values; /* the choices of an enum */
    enum param_via via;
    char *via_name; /* owned: the variable, with VIA_ENV */
    char *secret; /* owned: the secret it is where nothing is given, or NULL */
};

enum action_kind { ACTION_CONTEXT, ACTION_REMEDIATION };

struct action {
    const struct plugin *plugin; /* who owns it */
    char *name;                  /* owned, trimmed */
    char *slug;                  /* owned */
    char *command;               /* owned, trimmed: as in the manifest */
    struct param *params;        /* owned: on the command line's order */
    size_t nparams;
    unsigned line;

    /* From the overlay, or the defaults without one. */
    enum action_kind kind;
    int64_t timeout;             /* ms */
    int64_t grace;               /* ms between TERM and KILL */
    const struct action *undo;   /* of the same plugin, or NULL */
    const struct action *verify; /* of the same plugin, or NULL */
    long target;                 /* index of a param, or -1 */
    bool stderr_fails;  /* anything on stderr is a failure (the default) */
    bool empty_omitted; /* an empty value leaves Switch and value out */
    int *success;       /* owned: exit statuses that are success */
    size_t nsuccess;
    unsigned concurrency;
    char *profile; /* owned, or NULL */

    /* From catalogue_resolve. */
    struct words program; /* absolute path, then the interpreter's words */
    char *unavailable;    /* owned: why it cannot run here, or NULL */
};

struct plugin {
    char *name;             /* owned, trimmed */
    char *slug;             /* owned */
    char *guid;             /* owned, or NULL */
    long version;           /* 1 where the manifest says nothing */
    bool vendor;            /* IsLogRhythmPlugin */
    char *where;            /* owned: the manifest's path, for messages */
    char *folder;           /* owned: absolute path of the payload folder */
    struct action *actions; /* owned */
    size_t nactions;
};

struct catalogue {
    struct plugin **plugins; /* owned, sorted by name */
    size_t len, cap;
};

/* Defaults, and why. */
enum {
    ACTION_TIMEOUT_MS = 60 * 1000, /* slow look-ups over the network */
    ACTION_GRACE_MS = 5 * 1000,    /* time to clean up after TERM */
    ACTION_CONCURRENCY = 8,        /* one hung action leaves 56 of 64 */
};

/* manifest.c: reads one actions.xml. Problems (file, line, column) are added
 * to the list, warnings among them. Returns NULL where it cannot be used. */
struct plugin *manifest_parse(struct str xml, const char *where,
                              const char *folder, struct problems *problems);

/* The name that a plugin's folder has where nobody says otherwise: its slug,
 * with '-'. The caller frees it. */
char *plugin_folder_name(const char *name);

/* overlay.c: lays one riposte.xml over a plugin. Returns 0 or negative; then
 * some of it may have been laid, so the plugin is not to be used. */
int overlay_apply(struct plugin *plugin, struct str xml, const char *where,
                  struct problems *problems);

void plugin_free(struct plugin *plugin); /* NULL is fine */

/* Takes the plugin, also where it refuses it: two of one name. */
int catalogue_add(struct catalogue *catalogue, struct plugin *plugin,
                  struct error *error);
void catalogue_free(struct catalogue *catalogue);

/* By trimmed exact name. Where there is none: NULL, and the error names the
 * nearest. */
const struct plugin *catalogue_plugin(const struct catalogue *catalogue,
                                      const char *name, struct error *error);
const struct action *plugin_action(const struct plugin *plugin,
                                   const char *name, struct error *error);
/* By "PLUGIN / ACTION", with or without the blanks. */
const struct action *catalogue_action(const struct catalogue *catalogue,
                                      const char *name, struct error *error);
/* An input (never a constant) by display name or slug. */
const struct param *action_param(const struct action *action, const char *name,
                                 struct error *error);
size_t action_index(const struct action *action, const struct param *param);

/* program.c: one line of the interpreter table: the last part of a Command,
 * without case, and what to start instead (empty: refused, with a reason). */
struct interpreter {
    const char *command;
    const char *program; /* found on PATH, or NULL: refused */
    const char *words[4];
};
extern const struct interpreter interpreter_table[];
extern const size_t interpreter_count;
/* The line for a Command, or NULL. */
const struct interpreter *interpreter_find(const char *command);
/* The first executable of that name in the folders of path (as in $PATH), or
 * NULL. The result belongs to the caller. */
char *program_on_path(const char *path, const char *name);

/* Finds every action's program: in the payload folder, in the interpreter
 * table, on path (as in $PATH). What is missing becomes `unavailable`. */
void catalogue_resolve(struct catalogue *catalogue, const char *path);
void plugin_resolve(struct plugin *plugin, const char *path);

/* locate.c: finds the manifest below a folder: Plugin/config/actions.xml
 * (payload Plugin/bin), Plugin/bin/actions.xml, actions.xml; names without
 * case; or a file itself. Both results are owned by the caller. */
int plugin_locate(const char *path, char **manifest, char **payload,
                  struct error *error);
/* The path of the riposte.xml that goes with a manifest: beside it, or, where
 * it is …/config/actions.xml, in …/bin, where it comes with a package. NULL
 * where there is none. The caller frees it. */
char *plugin_overlay(const char *manifest);

#endif
