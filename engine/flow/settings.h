#ifndef RIPOSTE_FLOW_SETTINGS_H
#define RIPOSTE_FLOW_SETTINGS_H

#include "gate/gate.h"
#include "model/catalogue.h"
#include "model/json.h"

/*
 * riposte.lua: what a site sets. Every key, its type, default and meaning
 * stand in one table (settings.c), from which docs/settings.md is made.
 */
struct settings {
    struct words path;   /* PATH of actions */
    int64_t lanes;       /* actions running at once, in total */
    char *state;         /* owned: absolute path of the state folder */
    struct json_doc *doc;
    const struct json *env;               /* env[PLUGIN][NAME] = text */
    const struct json *allow_unavailable; /* "PLUGIN" or "PLUGIN/ACTION" */
};

/* data: the file's table, or NULL where there is no file. Takes doc. */
int settings_compile(struct settings **settings, struct json_doc *doc,
                     const char *site, const char *where,
                     struct problems *problems);
void settings_free(struct settings *settings);

#endif
