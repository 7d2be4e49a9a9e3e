#ifndef RIPOSTE_CLI_PROGRESS_H
#define RIPOSTE_CLI_PROGRESS_H

#include "flow/engine.h"

/*
 * A line on stderr, where that is a terminal, that says how far it is: alarms,
 * runs open, actions running, alarms a second.
 */
struct progress;

/* NULL where stderr is no terminal; the others take NULL. */
struct progress *progress_new(struct engine *engine);
void progress_hide(struct progress *progress);  /* until it is drawn again */
void progress_close(struct progress *progress); /* freed by the loop */

#endif
