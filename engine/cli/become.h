#ifndef RIPOSTE_CLI_BECOME_H
#define RIPOSTE_CLI_BECOME_H

#include "cli/command.h"

/* Becomes riposte-exec, which starts this program again as its engine ("run"
 * or "serve"), once nothing of an earlier one is left on the site. Returns an
 * exit status where that cannot be. */
int become_executor(const struct args *args, const char *mode);

#endif
