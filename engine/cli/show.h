#ifndef RIPOSTE_CLI_SHOW_H
#define RIPOSTE_CLI_SHOW_H

#include "base/buf.h"
#include "model/catalogue.h"

/* show_plugin.c: a plugin as one JSON object, or as text for people; both
 * print it. The buffer is the caller's, empty. */
void show_plugin_json(struct buf *buf, const struct plugin *plugin);
void show_plugin_text(struct buf *buf, const struct plugin *plugin);

/* show_lease.c: an exit status. */
struct args;
int show_lease(const struct args *args);

#endif
