#ifndef RIPOSTE_FLOW_SETTINGS_INNER_H
#define RIPOSTE_FLOW_SETTINGS_INNER_H

#include "flow/settings.h"

/* What the files of settings share. */

/* settings_value.c */
/* "wants …", at the value's line. Returns ERROR_INVALID. */
int settings_wrong(const struct json *value, struct error *error,
                   const char *wanted);
/* Is it a text that can be a C string? */
bool settings_plain(const struct json *value);

/* WHAT "KEY", and the nearest of the names. Returns ERROR_INVALID. */
int settings_unknown(const struct json *item, const char *what,
                     const char *const *names, size_t count,
                     struct error *error);

/* settings_verify.c */
int settings_take_verify(struct settings *settings, const struct json *value,
                         const char *site, struct error *error);
void settings_check_verify(const struct settings *settings,
                           const struct catalogue *catalogue, const char *where,
                           struct problems *problems);
void settings_free_verify(struct settings *settings);

/* settings_journal.c: what the journal keeps. */
void settings_preset_journal(struct settings *settings);
int settings_take_keep(struct settings *settings, const struct json *value,
                       const char *site, struct error *error);
int settings_take_index(struct settings *settings, const struct json *value,
                        const char *site, struct error *error);

#endif
