#ifndef RIPOSTE_CLI_SHOW_H
#define RIPOSTE_CLI_SHOW_H

#include "base/buf.h"
#include "cli/desk.h"
#include "model/catalogue.h"

/* show_plugin.c: a plugin as one JSON object, or as text for people; both
 * print it. The buffer is the caller's, empty. */
void show_plugin_json(struct buf *buf, const struct plugin *plugin);
void show_plugin_text(struct buf *buf, const struct plugin *plugin);

/* show_run.c, show_approval.c, show_lease.c: what is said of one of them. */
extern const struct desk_work show_run_work, show_approval_work,
    show_lease_work;

/* show_digest.c: an alarm or a set by how its id begins; DESK_PASS where there
 * is none. */
extern const struct desk_work show_digest_work;
bool show_is_digest(const char *text);

#endif
