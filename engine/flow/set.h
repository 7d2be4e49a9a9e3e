#ifndef RIPOSTE_FLOW_SET_H
#define RIPOSTE_FLOW_SET_H

#include "flow/lists.h"
#include "flow/settings.h"
#include "model/catalogue.h"
#include "model/source.h"
#include "policy/match.h"
#include "policy/policy.h"

/*
 * The set: policies, their modules, sources, manifests, overlays, lists,
 * guards and settings in force together. Immutable once built, reference
 * counted (loop's thread). A set is a pure function of its files' bytes, so
 * that the journal can keep it and give it back: set_build never reads the
 * site's policies or manifests from the disk (it does look whether scripts and
 * interpreters are there).
 */
struct set_file {
    char *path; /* owned: relative to the site, or "builtin/…" */
    char *body; /* owned */
    size_t len;
};
struct set_files { /* sorted by path */
    struct set_file *items;
    size_t len, cap;
};
void set_files_add(struct set_files *files, const char *path, struct str body);
/* The same in the place of what has that path, if anything has. */
void set_files_put(struct set_files *files, const char *path, struct str body);
void set_files_free(struct set_files *files);
const struct set_file *set_files_find(const struct set_files *files,
                                      const char *path);

enum {
    SET_ALL = 0,
    SET_CATALOGUE = 1, /* leave the policies out: for act, ls, show */
    SET_ANYONES = 2,   /* whoever may write the files: for specs, which run
                          their author's code anyway */
    SET_PAST = 4, /* what was in force once, of which nothing is started: its
                     scripts and interpreters need not be there any more */
};

struct set {
    char hash[HASH_HEX]; /* over every file's path and bytes */
    char *site;          /* owned: absolute path of the site's folder */
    struct set_files files;
    struct settings *settings; /* owned */
    struct catalogue catalogue;
    struct lists *lists;     /* owned */
    struct guards *guards;   /* owned reference; NULL: no guards.lua */
    struct source **sources; /* owned, sorted by name */
    size_t nsources;
    struct source *schedule;  /* owned: of the alarms that the engine makes */
    struct source *events;    /* owned: and of those that tell people */
    struct policy **policies; /* owned, sorted by name */
    size_t npolicies;
    struct match *match;     /* owned; numbers index policies */
    struct match *listening; /* owned: the same of those that listen to
                                events, which match does not have */
    struct policy_world world;
    struct gate_site gate_site; /* for gate_ask; borrows from settings */
    bool past;                  /* SET_PAST */
    unsigned refs;
};

/* set_files.c: reads the site's files, and the program's own sources as
 * "builtin/sources/…"; a file that others may write is a problem and is not
 * read (permissions.h). For a plugin that is its manifest and the riposte.xml
 * that goes with it (plugin_overlay); overlays/FOLDER.xml, named after the
 * plugin's folder below plugins/, takes that one's place. Folders whose name
 * begins with '.' are passed over. */
void set_files_load(const char *site, int flags, struct set_files *files,
                    struct problems *problems);
/* The files of plugins/NAME alone, whatever NAME begins with. */
void set_files_add_plugin(const char *site, struct set_files *files,
                          const char *name, struct problems *problems);
enum {
    SET_TEXT_MAX = 256 * 1024, /* policies, modules, sources, XML: a file that
                                  a person writes is far smaller */
    SET_LIST_MAX = 32 * 1024 * 1024, /* a list of a million addresses has 16 */
    SET_TOTAL_MAX = 128 * 1024 * 1024, /* the journal keeps every set */
};

/* Reads the site's files (policies/, policies/lib/, plugins/, overlays/,
 * sources/, lists/, riposte.lua, guards.lua) and builds. Everything that is
 * wrong goes to problems; NULL where there was an error. Warnings alone do not
 * matter. */
struct set *set_load(const char *site, int flags, struct problems *problems);
/* Takes the files. */
struct set *set_build(const char *site, struct set_files *files, int flags,
                      struct problems *problems);
struct set *set_ref(struct set *set);
void set_unref(struct set *set); /* NULL is fine */

/* The source of the engine's own alarms: no file may declare it, and no
 * input be read as it. */
#define SET_SCHEDULE "schedule"
/* The policies that the alarm is for, as match_find. Events are for those that
 * listen to them, and those for nothing else, whatever an alarm says. */
size_t set_match(const struct set *set, const struct alarm *alarm,
                 const size_t **numbers, struct error *error);
/* Of an alarm that the journal has: the engine's own too. NULL and why. */
const struct source *set_decoder(const struct set *set, const char *name,
                                 struct error *error);

/* By name; NULL and the nearest name in error. */
const struct source *set_source(const struct set *set, const char *name,
                                struct error *error);
/* Of the sources of these forms (enum source_form) the one that fits a record
 * best, or NULL. */
const struct source *set_source_for(const struct set *set, struct str record,
                                    unsigned forms);
const struct policy *set_policy(const struct set *set, const char *name,
                                struct error *error);
/* Is that value on lists/NAME.txt at that time? Addresses by value and by
 * range, other values by their bytes. */
bool set_list_has(const struct set *set, const char *list, struct str value,
                  int64_t now);

#endif
