#ifndef RIPOSTE_CLI_LIST_H
#define RIPOSTE_CLI_LIST_H

#include "cli/command.h"
#include "flow/list_edit.h"

/* What `riposte list add` and `list remove` share: changes the list named by
 * the arguments, tells a serve that works on the site, and says what came of
 * it. edit: its until, reason and remove. Returns the exit status. */
int list_change(const struct args *args, struct list_edit *edit);

#endif
