#ifndef RIPOSTE_CLI_RUNS_H
#define RIPOSTE_CLI_RUNS_H

#include "cli/command.h"
#include "cli/held.h"
#include "model/json_out.h"

/*
 * Runs as the journal has them: what ls runs, show RUN and cancel share. The
 * journal is one process's at a time, so while an engine works they find it
 * busy.
 */

/* Opens the journal of the command line's site, which need not load. */
int runs_open(struct held *held, const struct args *args, struct error *error);

/* What became of it: an outcome; "waiting" (for its time), or "open". */
const char *runs_outcome(const struct journal_history_row *row);
/* "waiting, due at …" or the outcome, with the reason where there is one. */
void runs_put_outcome(struct buf *buf, const struct journal_history_row *row);
/* Its policy, or the plugin and action of a manual run. */
void runs_put_what(struct buf *buf, const struct journal_history_row *row);
/* The members of the JSON line of a run; see docs/commands.md. */
void runs_put_json(struct json_out *out, const struct journal_history_row *row);

/* show_run.c: the lines above its steps. */
void runs_put_text(struct buf *buf, const struct journal_history_row *row);

#endif
