#ifndef RIPOSTE_FLOW_SETTINGS_INNER_H
#define RIPOSTE_FLOW_SETTINGS_INNER_H

#include "flow/settings.h"

/* What settings.c and settings_journal.c share. */

/* "wants …", at the value's line. Returns ERROR_INVALID. */
int settings_wrong(const struct json *value, struct error *error,
                   const char *wanted);
/* Is it a text that can be a C string? */
bool settings_plain(const struct json *value);

/* settings_journal.c: what the journal keeps. */
void settings_preset_journal(struct settings *settings);
int settings_take_keep(struct settings *settings, const struct json *value,
                       const char *site, struct error *error);
int settings_take_index(struct settings *settings, const struct json *value,
                        const char *site, struct error *error);

#endif
