#ifndef RIPOSTE_CLI_EXAMINE_H
#define RIPOSTE_CLI_EXAMINE_H

#include "base/buf.h"
#include "model/catalogue.h"

/* A plugin as plugin check, import and pack look at it. */

/* Reads a manifest into xml and parses it; what is wrong is added to
 * problems, an action that is unavailable here as a warning. NULL where it
 * cannot be used. */
struct plugin *examine_manifest(const char *file, const char *payload,
                                struct buf *xml, struct problems *problems);

/* Lays the overlay over the plugin that goes with its manifest. Returns the
 * overlay's path, which the caller frees, or NULL where there is none. */
char *examine_overlay(struct plugin *plugin, struct problems *problems);

/* Both, of whatever plugin_locate finds at path. NULL where any of it is an
 * error; then too, warnings are among the problems. */
struct plugin *examine_plugin(const char *path, struct buf *xml,
                              struct problems *problems);

#endif
